"""The image has no vulnerability that the one it replaces did not have, fixable or not."""

from __future__ import annotations

from barehull.compare.model import Case, Ruling
from barehull.compare.policies._words import ids, named
from barehull.scan.model import Undecided


def judge(case: Case) -> Ruling:
    """Fails with any vulnerability that is introduced; without an image that is replaced it cannot be told."""
    if case.comparison is None:
        question = Undecided("no-new", "nothing-replaced: there is no image to compare with", "nothing-replaced")
        return Ruling(False, ("there is no image to compare with: name the one that is replaced",), (question,))
    introduced = {each.match.vulnerability.id for each in case.comparison.introduced} & ids(case.matches)
    told = f"{named(introduced)} introduced" if introduced else "none is introduced"
    return Ruling(bool(introduced), (told,), case.comparison.undecided)
