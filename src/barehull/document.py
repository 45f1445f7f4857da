"""Document: the one frozen value that every report shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from barehull.core.outcome import Failed, Unknown

if TYPE_CHECKING:  # a build shows proofs only, and need not wait for the rest
    from barehull.advisories.model import Coverage, Database
    from barehull.advisories.severity import Level
    from barehull.compare.model import Comparison, Verdict
    from barehull.inventory.model import Inventory
    from barehull.lock import LockedBase
    from barehull.proof.run import Proof
    from barehull.scan.model import Match, Scan

SCHEMA = "barehull/report/1"
State = Literal["passed", "failed", "undecided"]
LEVELS: tuple[Level, ...] = ("critical", "high", "medium", "low", "none", "unknown")  # as reports are sorted


@dataclass(frozen=True, slots=True)
class Side:
    """One image in numbers: where it is, and what was found in it."""

    reference: str
    scan: Scan

    @property
    def inventory(self) -> Inventory:
        """What is in the image."""
        return self.scan.inventory

    @property
    def size(self) -> int:
        """Bytes of the compressed layers."""
        return self.scan.inventory.compressed_size

    @property
    def by_level(self) -> dict[Level, int]:
        """How many vulnerabilities there are of each level, each counted once, by the worst that is said of it."""
        return count_by_level(self.scan.matches)


@dataclass(frozen=True, slots=True)
class Document:
    """What was done and found. `kind` says by which command; `created` is ISO 8601 UTC.

    `old` and `comparison` are None where nothing is replaced; `proofs` are empty where none were asked for.
    `lock_digest` is the SHA-256 of the lock, "" without one; `run` the command line that runs the image. `base` is the
    image that it is built on, None where it is composed.
    """

    kind: Literal["release", "scan", "compare"]
    tool_version: str
    created: str
    name: str
    new: Side
    old: Side | None
    comparison: Comparison | None
    verdict: Verdict
    proofs: tuple[Proof, ...] = ()
    lock_digest: str = ""
    run: str = ""
    base: LockedBase | None = None

    @property
    def database(self) -> Database:
        """The one database that all scans were made with."""
        return self.new.scan.database

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """How far the data reaches, for the ecosystems that are in the images."""
        sides = [self.new, *([self.old] if self.old else [])]
        there = {component.ecosystem for side in sides for component in side.inventory.components}
        return tuple(reach for reach in self.database.coverage if reach.ecosystem in there)

    @property
    def state(self) -> State:
        """The whole: a failed proof or verdict fails, an unknown one leaves it undecided."""
        states = (self.verdict.state, state_of(self.proofs))
        return "failed" if "failed" in states else "undecided" if "undecided" in states else "passed"


def state_of(proofs: tuple[Proof, ...]) -> State:
    """What proofs alone come to."""
    if any(isinstance(proof.outcome, Failed) for proof in proofs):
        return "failed"
    return "undecided" if any(isinstance(proof.outcome, Unknown) for proof in proofs) else "passed"


def count_by_level(matches: Iterable[Match]) -> dict[Level, int]:
    """The distinct vulnerabilities of `matches` by level, worst first; what nobody rates is "unknown"."""
    worst: dict[str, int] = {}
    for match in matches:
        rank = LEVELS.index(match.severity.level)
        worst[match.vulnerability.id] = min(rank, worst.get(match.vulnerability.id, rank))
    ranks = list(worst.values())
    return {level: ranks.count(rank) for rank, level in enumerate(LEVELS)}
