"""Vulnerabilities as all reports tell them: each once, the worst first, with all matches of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from barehull.advisories.severity import Severity
from barehull.compare.model import Fixed, Waived, Waiver
from barehull.document import LEVELS
from barehull.scan.model import Match, Vulnerability


@dataclass(frozen=True, slots=True)
class Told:
    """One vulnerability and the matches of it, of which there is at least one."""

    vulnerability: Vulnerability
    matches: tuple[Match, ...]

    @property
    def severity(self) -> Severity:
        """The worst that is said of it."""
        return min((match.severity for match in self.matches), key=_badness)

    @property
    def known_exploited(self) -> bool:
        """Whether CISA's catalog lists it."""
        return any(match.known_exploited for match in self.matches)

    @property
    def epss(self) -> float | None:
        """The probability of its being exploited, None where nobody says."""
        return max((match.epss for match in self.matches if match.epss is not None), default=None)

    @property
    def fixed_versions(self) -> tuple[str, ...]:
        """The versions that fix it, of one package or several."""
        return tuple(dict.fromkeys(match.fixed_version for match in self.matches if match.fixed_version))


@dataclass(frozen=True, slots=True)
class Closed:
    """What one change of one package closed: `successor` is its version now, "" where the package is left out."""

    package: str
    version: str
    successor: str
    vulnerabilities: tuple[Told, ...]


def told(matches: Iterable[Match]) -> list[Told]:
    """The vulnerabilities of matches: the worst first, then those that are exploited, or are the likeliest to be."""
    found: defaultdict[str, list[Match]] = defaultdict(list)
    for match in matches:
        found[match.vulnerability.id].append(match)
    all_ = [Told(those[0].vulnerability, tuple(sorted(those))) for those in found.values()]
    return sorted(all_, key=_urgency)


def closed(fixed: Iterable[Fixed], before: Iterable[Match]) -> list[Closed]:
    """What closed the vulnerabilities that went, by change of a source package; the change that closed most first.

    `before` are the matches of the old image.
    """
    matches = {(match.vulnerability.id, match.component): match for match in before}
    groups: defaultdict[tuple[str, str, str], list[Match]] = defaultdict(list)
    for each in fixed:
        component, successor = each.component, each.successor
        what = (component.source, component.source_version, successor.source_version if successor else "")
        groups[what].append(matches.get((each.vulnerability.id, component), Match(each.vulnerability, component, "")))
    changes = [Closed(*what, tuple(told(those))) for what, those in groups.items()]
    return sorted(changes, key=lambda it: (-len(it.vulnerabilities), it.package, it.version, it.successor))


def why_waived(it: Waived) -> str:
    """Why a match does not count, and on whose word."""
    by = it.by
    if isinstance(by, Waiver):
        return f"{by.reason} (waived until {by.until.isoformat()})"
    return f"{by.status}{f': {by.why}' if by.why else ''} ({by.author}, {by.file})"


def _badness(severity: Severity) -> tuple[int, float, Severity]:
    return LEVELS.index(severity.level), -(severity.score or 0.0), severity


def _urgency(it: Told) -> tuple[int, float, bool, float, str]:
    level, score, _ = _badness(it.severity)
    return level, score, not it.known_exploited, -(it.epss or 0.0), it.vulnerability.id
