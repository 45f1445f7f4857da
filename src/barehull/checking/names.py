"""Names that users write: guidelines chosen, and words about a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable

from barehull.core.errors import InputError
from barehull.guidelines.model import Guideline


def nearest(name: str, known: Iterable[str]) -> str:
    """What to do about a name that is not known: the nearest one, and all there are."""
    import difflib  # 5 ms, only for this

    there = sorted(known)
    near = difflib.get_close_matches(name, there, 1)
    return (f"Did you mean {near[0]!r}? " if near else "") + f"There are: {', '.join(there)}."


def chosen(
    guidelines: tuple[Guideline, ...], select: Iterable[str], ignore: Iterable[str], said_in: str
) -> tuple[Guideline, ...]:
    """The guidelines that are selected (none named: all) and not ignored. InputError for a name that is none.

    `said_in` says where the names come from. Nothing chosen is an error too: no answer would look like a good one.
    """
    known = {guideline.name for guideline in guidelines}
    wanted, unwanted = tuple(select), frozenset(ignore)
    for name in (*wanted, *sorted(unwanted)):
        if name not in known:
            raise InputError(f"{said_in}: there is no guideline {name!r}", advice=nearest(name, known))
    found = tuple(it for it in guidelines if (not wanted or it.name in wanted) and it.name not in unwanted)
    if not found:
        raise InputError(f"{said_in}: no guideline is left to ask", advice="Select one, or ignore fewer.")
    return found
