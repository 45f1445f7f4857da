"""What a scan found."""

from __future__ import annotations

from dataclasses import dataclass

from barehull.advisories.model import Database
from barehull.inventory.model import Component, Inventory


@dataclass(frozen=True, slots=True, order=True)
class Vulnerability:
    """One vulnerability, counted once: its preferred identifier (a CVE where there is one) and its aliases."""

    id: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """`component` is affected by `vulnerability`, says `advisory`. `fixed_version` is "" when no fix is known."""

    vulnerability: Vulnerability
    component: Component
    advisory: str
    fixed_version: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Undecided:
    """Whether `subject` (a purl, or a path for a file that nobody owns) is vulnerable could not be told: `reason`.

    `reason` begins with a stable keyword and a colon, e.g. "no-coverage: ...", "version-unparsable: ...",
    "unowned-elf: ...", "modified-file: ...". `identity` is what makes it the same on both sides of a
    comparison (purl with version; path and content digest). `ecosystem` is what an accepted coverage names.
    """

    subject: str
    reason: str
    identity: str
    ecosystem: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """One inventory judged with one database."""

    inventory: Inventory
    database: Database
    matches: tuple[Match, ...]
    undecided: tuple[Undecided, ...]

    @property
    def vulnerabilities(self) -> tuple[Vulnerability, ...]:
        """The distinct vulnerabilities, sorted."""
        return tuple(sorted({match.vulnerability for match in self.matches}))
