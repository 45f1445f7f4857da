"""What a scan found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from barehull.advisories.model import Database, Status
from barehull.advisories.severity import Severity
from barehull.inventory.model import Component, Inventory


@dataclass(frozen=True, slots=True, order=True)
class Vulnerability:
    """One vulnerability, counted once: its preferred identifier (a CVE where there is one) and its aliases."""

    id: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """`component` is affected by `vulnerability`, says `advisory`. `fixed_version` is "" when no fix is known.

    `status` is the distribution's word on it, "" where it has none. `known_exploited` says that CISA's catalog lists
    it; `epss` is the probability that it will be exploited within 30 days (FIRST's EPSS), None where there is none.
    """

    vulnerability: Vulnerability
    component: Component
    advisory: str
    fixed_version: str = ""
    severity: Severity = Severity()  # noqa: RUF009 -- frozen
    status: Status = ""
    known_exploited: bool = False
    epss: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Undecided:
    """Whether `subject` (a purl, or a path for a file that nobody owns) is vulnerable could not be told: `reason`.

    `reason` begins with a stable keyword and a colon; `scan/undecided.py` has them all. `identity` is what makes it the
    same on both sides of a comparison (purl with version; path and content digest). `ecosystem` is what an accepted
    coverage names, "" where only `subject` itself can be accepted.

    A "fixed-only" or "partial" one speaks of many components at once: `subject` is the ecosystem, `components` are
    their purls. It cancels component by component; `beyond` says what is left of it.
    """

    subject: str
    reason: str
    identity: str
    ecosystem: str = ""
    components: tuple[str, ...] = ()

    def beyond(self, others: Iterable[Undecided]) -> Undecided | None:
        """What is undecided here and in none of `others` (the other image's): itself, a part of it, or None."""
        same = [other for other in others if other.identity == self.identity]
        if not same:
            return self
        left = tuple(sorted(set(self.components).difference(*(other.components for other in same))))
        return replace(self, components=left) if left else None


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
