"""What feeds tell, in one vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

from barehull.advisories.osv import Record


@dataclass(frozen=True, slots=True)
class Exploited:
    """`cve` is known to be exploited."""

    cve: str


@dataclass(frozen=True, slots=True)
class Probability:
    """`cve` will be exploited within 30 days, with the probability `epss` (0.0 to 1.0)."""

    cve: str
    epss: float


@dataclass(frozen=True, slots=True)
class AsOf:
    """The feed tells the state of this day, an ISO date."""

    day: str


Fact = bytes | Record | Exploited | Probability | AsOf  # bytes: an OSV record as JSON
