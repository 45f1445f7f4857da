"""Nothing is left in the image that has a fix."""

from __future__ import annotations

from barehull.compare.model import Case, Ruling
from barehull.compare.policies._words import counted, ids, many


def judge(case: Case) -> Ruling:
    """Fails with any vulnerability for which a fixed version is known."""
    fixable = ids(match for match in case.matches if match.fixed_version)
    told = f"{len(fixable)} have a fix that is not in the image" if fixable else "nothing fixable is left"
    return Ruling(bool(fixable), (many(len(ids(case.matches)), counted(case.new)), told), case.new.undecided)
