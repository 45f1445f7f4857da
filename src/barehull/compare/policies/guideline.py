"""The fifth point of the guideline: the count of vulnerabilities goes down, or a rebuild could not do better.

That is: the new image introduces none, and nothing fixable is left in it. It is stricter in one thing: a lower count
does not excuse a vulnerability that the new image brings with it although there is a fix. An image that replaces
nothing passes when nothing fixable is left in it.
"""

from __future__ import annotations

from barehull.compare.model import Case, Comparison, Ruling
from barehull.compare.policies import fixable as nothing_fixable
from barehull.compare.policies._words import counted, ids, many, named


def judge(case: Case) -> Ruling:
    """Whether the image may take the place of the one that it replaces."""
    return _compared(case, case.comparison) if case.comparison else nothing_fixable.judge(case)


def _compared(case: Case, comparison: Comparison) -> Ruling:
    old, new = len(comparison.old.vulnerabilities), len(ids(case.matches))
    introduced = {each.match.vulnerability.id for each in comparison.introduced} & ids(case.matches)
    fixable = ids(match for match in case.matches if match.fixed_version)
    avoidable = introduced & fixable
    reasons = [f"{many(old, counted(comparison.old, comparison.new))} before, {new} after"]
    if introduced:
        reasons.append(f"{named(introduced)} introduced, {len(avoidable)} with a fix that is not in the image")
    if new < old:
        reasons.append("the count goes down")
    elif not introduced and not fixable:
        reasons.append("none is introduced, and nothing fixable is left: a rebuild cannot do better")
    else:
        reasons.append("the count does not go down" + (", and fixes are there for some" if fixable else ""))
    good = not avoidable and (new < old or not (introduced or fixable))
    return Ruling(not good, tuple(reasons), comparison.undecided)
