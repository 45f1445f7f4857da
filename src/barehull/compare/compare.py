"""Two Scans -> Comparison: what went and why, what came and by what, what stayed, what could not be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from barehull.compare.model import Comparison, Fixed, Introduced
from barehull.core.errors import InputError
from barehull.inventory.model import Component
from barehull.scan.model import Match, Scan, Undecided, Vulnerability

Package = tuple[str, str]  # (ecosystem without its release, source)


def compare(old: Scan, new: Scan) -> Comparison:
    """What changes when `new` takes the place of `old`. Each vulnerability counts once, whatever has it.

    Errors: InputError when the scans were made with two databases (the difference would measure the databases), or are
    of two platforms.
    """
    if old.database.digest != new.database.digest:
        raise InputError(
            "the two images were scanned with different databases: "
            f"{old.database.digest[:19]} and {new.database.digest[:19]}",
            advice="Scan both again with one database.",
        )
    platforms = {old.inventory.platform, new.inventory.platform} - {""}  # an SBOM names none
    if len(platforms) > 1:
        raise InputError(
            f"the images are for {old.inventory.platform} and {new.inventory.platform}",
            advice="Compare images of one platform.",
        )
    before, after = _by_vulnerability(old.matches), _by_vulnerability(new.matches)
    undecided, cancelled = _split(new.undecided, old.undecided)
    left_behind, _ = _split(old.undecided, new.undecided)
    return Comparison(
        old=old,
        new=new,
        fixed=tuple(sorted(_fixed(before, set(after), new))),
        introduced=tuple(sorted(_introduced(after, set(before), old), key=lambda each: each.match)),
        remaining=tuple(sorted(match for id_ in after if id_ in before for match in after[id_])),
        undecided=undecided,
        cancelled=cancelled,
        left_behind=left_behind,
    )


def _by_vulnerability(matches: Iterable[Match]) -> dict[str, list[Match]]:
    found: defaultdict[str, list[Match]] = defaultdict(list)
    for match in matches:
        found[match.vulnerability.id].append(match)
    return found


def _fixed(before: dict[str, list[Match]], after: set[str], new: Scan) -> Iterable[Fixed]:
    successors = _by_package(new.inventory.components)
    for identifier in before.keys() - after:
        for component in {match.component for match in before[identifier]}:
            vulnerability: Vulnerability = before[identifier][0].vulnerability
            there = successors.get(_package(component))
            if there:
                yield Fixed(vulnerability, component, "newer-version", _nearest(component, there))
            else:
                yield Fixed(vulnerability, component, "left-out")


def _introduced(after: dict[str, list[Match]], before: set[str], old: Scan) -> Iterable[Introduced]:
    predecessors = _by_package(old.inventory.components)
    for identifier in after.keys() - before:
        for match in after[identifier]:
            there = predecessors.get(_package(match.component))
            if there:
                yield Introduced(match, "other-version", _nearest(match.component, there))
            else:
                yield Introduced(match, "new-component")


def _package(component: Component) -> Package:
    """What makes two components the same package over releases: libssl3 and libssl3t64 are both openssl's."""
    return component.ecosystem.partition(":")[0], component.source


def _by_package(components: Iterable[Component]) -> dict[Package, list[Component]]:
    found: defaultdict[Package, list[Component]] = defaultdict(list)
    for component in components:
        found[_package(component)].append(component)
    return found


def _nearest(component: Component, candidates: list[Component]) -> Component:
    """Of one source's packages the one of the same name, else the first."""
    return next((each for each in candidates if each.name == component.name), min(candidates))


def _split(
    mine: Iterable[Undecided], others: Iterable[Undecided]
) -> tuple[tuple[Undecided, ...], tuple[Undecided, ...]]:
    """What is undecided on this side only, and what is on both: the same component, or file, for the same reason."""
    listed = tuple(others)
    alone, both = [], []
    for each in mine:
        rest = each.beyond(listed)
        if rest is not None:
            alone.append(rest)
        else:
            both.append(each)
    return tuple(sorted(alone)), tuple(sorted(both))
