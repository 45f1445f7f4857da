"""Wheels: which of a distribution's fits a Python and a platform."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from barehull.build.uv import Offer
from barehull.core.errors import InputError
from barehull.lock import LockedWheel

_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_OLDEST = {"x86_64": 5, "aarch64": 17}  # minor version of the glibc that wheels may ask for at least


def choose(offers: Iterable[Offer], python: str, platform: str) -> tuple[LockedWheel, ...]:
    """Of each distribution the wheel that fits best, as pip and uv choose it. InputError where none fits."""
    ranks = {tag: rank for rank, tag in enumerate(_tags(python, platform))}
    best: dict[str, tuple[tuple[int, tuple[int, str]], Offer]] = {}
    for offer in offers:
        tags, build = _read_name(offer.file)
        rank = min((ranks[tag] for tag in tags if tag in ranks), default=len(ranks))
        order = (-rank, build)
        if offer.name not in best or order > best[offer.name][0]:
            best[offer.name] = order, offer
    for (rank, _), offer in best.values():
        if -rank == len(ranks):
            raise InputError(
                f"{offer.name} {offer.version} has no wheel for Python {python} on {platform}",
                advice="Choose a version that has one, or publish a wheel to your own index; nothing is compiled here.",
            )
    return tuple(sorted(LockedWheel(it.name, it.version, it.file, it.sha256) for _, it in best.values()))


def _read_name(file: str) -> tuple[frozenset[Tag], tuple[int, str]]:
    """The tags and the build number in the name of a wheel."""
    try:
        _, _, build, tags = parse_wheel_filename(file)
    except InvalidWheelFilename as error:
        raise InputError(f"{file!r} is not the name of a wheel", advice="Ask who keeps the index.") from error
    return tags, build or (-1, "")


def _tags(python: str, platform: str) -> Iterator[Tag]:
    """All tags that fit, the best first. `platform` as uv has it: "x86_64-manylinux_2_40"."""
    machine, _, newest = platform.partition("-manylinux_2_")
    platforms = []
    for minor in range(int(newest), _OLDEST[machine] - 1, -1):
        platforms.append(f"manylinux_2_{minor}_{machine}")
        if minor in _LEGACY:
            platforms.append(f"{_LEGACY[minor]}_{machine}")
    platforms.append(f"linux_{machine}")
    version = tuple(int(part) for part in python.split("."))
    yield from cpython_tags(version, platforms=platforms)
    yield from compatible_tags(version, f"cp{python.replace('.', '')}", platforms)
