"""Comparison + policy -> Verdict.

The policy `guideline` is the fifth point of the guideline: the count of vulnerabilities goes down, or the new image
introduces none and nothing fixable is left in it (a rebuild cannot do better). It is stricter in one thing: a lower
count does not excuse a vulnerability that the new image brings with it although there is a fix. A failure that is
certain stands whatever could not be decided; a pass needs everything decided, or accepted by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from barehull.compare.model import Acceptance, Comparison, Policy, Verdict, Waiver
from barehull.scan.model import Match, Scan, Undecided

_FEW = 5


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What is left of matches and undecided ones after waivers and acceptances, and which of those served."""

    matches: tuple[Match, ...]
    undecided: tuple[Undecided, ...]
    used: tuple[str, ...]
    expired: tuple[str, ...]
    unused: tuple[str, ...]


def judge(comparison: Comparison, policy: Policy, today: date) -> Verdict:
    """Whether the new image may take the place of the old one by `policy`, as of `today`."""
    weighed = _weigh(comparison.new.matches, comparison.undecided, policy, today)
    old, new = len(comparison.old.vulnerabilities), _count(weighed.matches)
    introduced = {each.match.vulnerability.id for each in comparison.introduced}
    introduced &= {match.vulnerability.id for match in weighed.matches}
    fixable = {match.vulnerability.id for match in weighed.matches if match.fixed_version}
    word = _word(comparison.old, comparison.new)
    reasons = [f"{_many(old, word)} before, {new} after"]
    avoidable = introduced & fixable
    if introduced:
        reasons.append(f"{_named(introduced)} introduced, {len(avoidable)} with a fix that is not in the image")
    if new < old:
        reasons.append("the count goes down")
    elif not introduced and not fixable:
        reasons.append("none is introduced, and nothing fixable is left: a rebuild cannot do better")
    else:
        reasons.append("the count does not go down" + (", and fixes are there for some" if fixable else ""))
    good = not avoidable and (new < old or not (introduced or fixable))
    return _verdict(good, reasons, weighed, policy)


def judge_alone(scan: Scan, policy: Policy, today: date) -> Verdict:
    """Whether an image may be released that replaces nothing: no fixable vulnerability is left in it."""
    weighed = _weigh(scan.matches, scan.undecided, policy, today)
    fixable = {match.vulnerability.id for match in weighed.matches if match.fixed_version}
    reasons = [_many(_count(weighed.matches), _word(scan))]
    reasons.append(f"{len(fixable)} have a fix that is not in the image" if fixable else "nothing fixable is left")
    return _verdict(not fixable, reasons, weighed, policy)


def _verdict(good: bool, reasons: list[str], weighed: _Weighed, policy: Policy) -> Verdict:
    if weighed.undecided:
        reasons.append(f"{_many(len(weighed.undecided), 'question')} about the new image could not be decided")
    reasons += [f"unused: {text}" for text in weighed.unused]
    state = "failed" if not good else "undecided" if weighed.undecided else "passed"
    return Verdict(state, policy.name, tuple(reasons), weighed.used, weighed.expired)  # type: ignore[arg-type]


def _weigh(matches: Iterable[Match], undecided: Iterable[Undecided], policy: Policy, today: date) -> _Weighed:
    used: set[Waiver | Acceptance] = set()
    left_matches = []
    for match in matches:
        served = [waiver for waiver in policy.waivers if waiver.until >= today and _waives(waiver, match)]
        used.update(served)
        if not served:
            left_matches.append(match)
    left_undecided = []
    for each in undecided:
        accepted = [it for it in policy.acceptances if it.until >= today and accepts(it, each)]
        used.update(accepted)
        if not accepted:
            left_undecided.append(each)
    all_: tuple[Waiver | Acceptance, ...] = (*policy.waivers, *policy.acceptances)
    expired = tuple(_text(it) for it in all_ if it.until < today)
    unused = tuple(_text(it) for it in all_ if it.until >= today and it not in used)
    return _Weighed(
        tuple(left_matches), tuple(left_undecided), tuple(_text(it) for it in all_ if it in used), expired, unused
    )


def _waives(waiver: Waiver, match: Match) -> bool:
    named = waiver.vulnerability in (match.vulnerability.id, *match.vulnerability.aliases)
    return named and waiver.package in ("*", match.component.name, match.component.source)


def accepts(acceptance: Acceptance, undecided: Undecided) -> bool:
    """Whether an acceptance speaks of this: by ecosystem, by purl with or without version, or by path."""
    bare = undecided.subject.partition("?")[0]
    names = {undecided.subject, bare, bare.rpartition("@")[0], undecided.ecosystem} - {""}
    return acceptance.subject.lstrip("/") in {name.lstrip("/") for name in names}


def _named(identifiers: set[str]) -> str:
    """A few identifiers by name, many by their number: reports list them all elsewhere."""
    return ", ".join(sorted(identifiers)) if len(identifiers) <= _FEW else str(len(identifiers))


def _count(matches: Iterable[Match]) -> int:
    return len({match.vulnerability.id for match in matches})


def _word(*scans: Scan) -> str:
    """What the numbers count: with data that only tells of fixed ones, only those."""
    kinds = {reach.kind for scan in scans for reach in scan.database.coverage if _concerns(reach.ecosystem, scan)}
    return "fixable vulnerability" if "fixed-only" in kinds else "vulnerability"


def _concerns(ecosystem: str, scan: Scan) -> bool:
    return any(component.ecosystem == ecosystem for component in scan.inventory.components)


def _many(count: int, word: str) -> str:
    if count == 1:
        return f"1 {word}"
    return f"{count} {word.removesuffix('y')}ies" if word.endswith("y") else f"{count} {word}s"


def _text(it: Waiver | Acceptance) -> str:
    subject = f"{it.vulnerability} in {it.package}" if isinstance(it, Waiver) else it.subject
    return f"{subject} until {it.until.isoformat()}: {it.reason}"
