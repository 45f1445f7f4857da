"""Wheels: which of a distribution's fits a Python and a platform, and how it comes into the store.

A lock names files by their SHA-256, and no host: where one is, the index that is configured now is asked. What is in
the store is not asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from barehull.build.indexes import with_credentials
from barehull.build.uv import Offer, find
from barehull.core.errors import IncompleteError, InputError, IntegrityError
from barehull.core.progress import Progress, silent
from barehull.files import Store
from barehull.lock import LockedWheel
from barehull.net import Fetcher

_LARGEST = 2 << 30  # bytes of a wheel whose size the index does not tell
_HAVE = (
    "Check the network, and the index that uv or pip is configured for; its credentials are looked for in its address, "
    "in UV_INDEX_NAME_USERNAME and _PASSWORD, and in .netrc. If the index has dropped the file, lock what it has now "
    "with `barehull lock --update`."
)
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


def fetch_wheels(
    wheels: Sequence[LockedWheel], python: str, platform: str, store: Store, progress: Progress = silent
) -> None:
    """Bring all locked wheels into the store, from the index that uv or pip is configured for.

    Errors: IncompleteError where one cannot be had; IntegrityError where the index has another file of its name;
    InputError for a wheel that is not for this Python and platform.
    """
    fitting = set(_tags(python, platform))
    for wheel in wheels:
        if not _read_name(wheel.file)[0] & fitting:
            raise InputError(
                f"{wheel.file} is locked, and is not for Python {python} on {platform}",
                advice="Make the lock anew with `barehull lock --update`.",
            )
    missing = [wheel for wheel in wheels if store.get(wheel.sha256) is None]
    if not missing:
        return
    progress(f"fetching {missing[0].file if len(missing) == 1 else f'{len(missing)} wheels'}")
    offers = _find(missing, python, store)
    with Fetcher() as fetcher, ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda wheel: _fetch(wheel, offers[wheel.sha256], fetcher, store), missing):
            pass


def _find(wheels: Sequence[LockedWheel], python: str, store: Store) -> dict[str, Offer]:
    """The offers of the index by their SHA-256, with one of each wheel."""
    try:
        offers = find(wheels, python, store.root / "uv")
    except (IncompleteError, InputError) as error:
        names = ", ".join(wheel.file for wheel in wheels)
        raise IncompleteError(
            f"{names}: not in the store, and cannot be fetched: {error.what}", advice=_HAVE
        ) from error
    found = {offer.sha256: offer for offer in offers}
    others = {offer.file: offer.sha256 for offer in offers}
    for wheel in wheels:
        if wheel.sha256 not in found and wheel.file in others:
            raise IntegrityError(
                f"{wheel.file} on the index has the SHA-256 {others[wheel.file]}, not {wheel.sha256} as locked",
                advice="The index mixes up files, or the lock is wrong. If the index is right, make the lock anew with "
                "`barehull lock --update`.",
            )
        if wheel.sha256 not in found:
            raise IncompleteError(f"{wheel.file}: not in the store, and the index does not have it", advice=_HAVE)
    return found


def _fetch(wheel: LockedWheel, offer: Offer, fetcher: Fetcher, store: Store) -> None:
    try:
        url = with_credentials(offer.url, os.environ)
        fetcher.receive(url, store, sha256=wheel.sha256, limit=offer.size or _LARGEST)
    except IncompleteError as error:
        what = f"{wheel.file}: not in the store, and cannot be fetched: {error.what}"
        raise IncompleteError(what, advice=_HAVE) from error


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
