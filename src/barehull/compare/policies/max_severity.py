"""No vulnerability in the image is above a level. One whose severity nobody says cannot be judged.

A vulnerability is as bad as the worst that is said of it, in whatever component.
"""

from __future__ import annotations

from collections import defaultdict

from barehull.compare.model import Case, Ruling
from barehull.compare.policies._words import named
from barehull.scan.model import Match, Undecided

UNKNOWN = "unknown-severity"  # the subject by which unknown severities can be accepted
_ORDER = ("unknown", "none", "low", "medium", "high", "critical")


def judge(case: Case) -> Ruling:
    """Fails with any vulnerability above the policy's level."""
    matches: defaultdict[str, list[Match]] = defaultdict(list)
    for match in case.matches:
        matches[match.vulnerability.id].append(match)
    worst = {name: max(map(_rank, those)) for name, those in matches.items()}
    allowed = _ORDER.index(case.max_severity)
    above = {name for name, rank in worst.items() if rank > allowed}
    unknown = {name for name, rank in worst.items() if rank == 0}
    reasons = [f"{named(above) if above else 'none is known to be'} above {case.max_severity}"]
    if unknown:
        reasons.append(f"the severity of {named(unknown)} is not known")
    return Ruling(bool(above), tuple(reasons), (*case.new.undecided, *map(_question, sorted(unknown))))


def _rank(match: Match) -> int:
    return _ORDER.index(match.severity.level)


def _question(name: str) -> Undecided:
    return Undecided(name, f"{UNKNOWN}: nobody says how bad {name} is", f"{UNKNOWN}: {name}", UNKNOWN)
