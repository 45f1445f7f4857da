"""Whether a version is affected, by the evaluation of the OSV schema (https://ossf.github.io/osv-schema/#evaluation)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from barehull.advisories.model import Advisory, Range
from barehull.core.errors import InputError
from barehull.core.outcome import Unknown

_NOT_RELEASED = "which released version it is, if any, cannot be told"
Order = Callable[[str], Any]  # a version's place in its ecosystem's order; ValueError or InputError when it has none


@dataclass(frozen=True, slots=True)
class Affected:
    """The version is affected. `fixed_version` is the nearest one that is not, "" when none is known."""

    fixed_version: str = ""


@dataclass(frozen=True, slots=True)
class NotAffected:
    """The advisory speaks of other versions."""


Answer = Affected | NotAffected | Unknown


def judge(version: str, advisory: Advisory, order: Order, same: Callable[[str], Hashable] = str) -> Answer:
    """Whether `version` is affected: when it is one of `versions`, or lies in one of the ranges.

    `order` is the ecosystem's order; two versions are one where `same` gives the same. Unknown begins with a keyword:
    "version-unparsable", "only-git-ranges" or "no-versions".
    """
    ranges = [one for one in advisory.ranges if one.type != "GIT"]
    listed = same(version) in {same(other) for other in advisory.versions}
    try:
        place = _Place(version, order)
        if listed or any(place.is_in(one) for one in ranges):
            return Affected(place.next_fix(ranges))
    except (ValueError, InputError) as error:
        if listed or any(_is_everything(one) for one in ranges):
            return Affected()
        return Unknown(f"version-unparsable: {error if version else _NOT_RELEASED}")
    if ranges or advisory.versions:
        return NotAffected()
    if advisory.ranges:
        return Unknown(f"only-git-ranges: {advisory.id} names commits, and no versions")
    return Unknown(f"no-versions: {advisory.id} says nothing of versions")


def same_place(order: Callable[[str], Hashable]) -> Callable[[str], Hashable]:
    """Versions are the same that have one place in the order, or else the same text."""

    def place(version: str) -> Hashable:
        try:
            return order(version)
        except ValueError:
            return version

    return place


class _Place:
    """One version, and where it stands to others."""

    def __init__(self, version: str, order: Order) -> None:
        self._order = order
        self._key = order(version)

    def is_in(self, one: Range) -> bool:
        """Whether the range holds it."""
        limits = [version for kind, version in one.events if kind == "limit"]
        if limits and "*" not in limits and all(self._reaches(version) for version in limits):
            return False
        # Fixed at "0": a distribution's word that the package never had it.
        affected = {kind for kind, version in one.events if version == "0"} == {"introduced"}
        for place, events in groupby(self._passed(one.events), key=itemgetter(0)):
            kinds = {kind for _, kind in events}
            # Where one stretch ends and another begins, or one begins and ends, what was before goes on.
            if not {"introduced", "fixed"} <= kinds:
                affected = "introduced" in kinds or ("fixed" not in kinds and affected)
            if "last_affected" in kinds and place != self._key:
                affected = False
        return affected

    def next_fix(self, ranges: Iterable[Range]) -> str:
        """The first version after it that a range names as fixed, "" when there is none."""
        fixes = [version for one in ranges for kind, version in one.events if kind == "fixed"]
        return min((fix for fix in fixes if not self._reaches(fix)), key=self._order, default="")

    def _reaches(self, version: str) -> bool:
        # "0" comes before every version, say OSV's rules.
        return version == "0" or bool(self._key >= self._order(version))

    def _passed(self, events: Iterable[tuple[str, str]]) -> list[tuple[Any, str]]:
        """The events at versions that it has reached, but for "0" and limits: (place, kind), in order."""
        places = [(self._order(version), kind) for kind, version in events if version != "0" and kind != "limit"]
        return sorted(((place, kind) for place, kind in places if self._key >= place), key=itemgetter(0))


def _is_everything(one: Range) -> bool:
    return all(event == ("introduced", "0") for event in one.events) and bool(one.events)
