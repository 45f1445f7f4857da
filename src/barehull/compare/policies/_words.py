"""Words that several rules use."""

from __future__ import annotations

from collections.abc import Iterable

from barehull.scan.model import Match, Scan

_FEW = 5


def ids(matches: Iterable[Match]) -> set[str]:
    """The vulnerabilities of matches, each once."""
    return {match.vulnerability.id for match in matches}


def named(identifiers: set[str]) -> str:
    """A few identifiers by name, many by their number: reports list them all elsewhere."""
    return ", ".join(sorted(identifiers)) if len(identifiers) <= _FEW else str(len(identifiers))


def many(count: int, word: str) -> str:
    """A number with its word."""
    if count == 1:
        return f"1 {word}"
    return f"{count} {word.removesuffix('y')}ies" if word.endswith("y") else f"{count} {word}s"


def counted(*scans: Scan) -> str:
    """What the numbers count: with data that only tells of fixed ones, only those."""
    kinds = {reach.kind for scan in scans for reach in scan.database.coverage if _concerns(reach.ecosystem, scan)}
    return "fixable vulnerability" if "fixed-only" in kinds else "vulnerability"


def _concerns(ecosystem: str, scan: Scan) -> bool:
    return any(component.ecosystem == ecosystem for component in scan.inventory.components)
