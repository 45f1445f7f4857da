"""What exactly goes into an image: every package by version and SHA-256. A value and its JSON form.

The lock names archive-relative paths and file names only, never a host, so that any mirror and any index serves it.
One file holds the locks of several platforms.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import msgspec

from barehull.core.errors import InputError

SCHEMA = "barehull/lock/2"
_ADVICE = "Make it anew with `barehull lock --update`, or remove it."


@dataclass(frozen=True, slots=True, order=True)
class LockedDeb:
    """One Debian binary package. `path` is relative to the archive root of `suite`'s archive."""

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    archive: str  # "debian" or "debian-security"
    suite: str  # "trixie", "trixie-updates", "trixie-security"
    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, order=True)
class LockedWheel:
    """One Python distribution: normalised name, version, and its one wheel that fits the platform: "x-1-any.whl"."""

    name: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True, order=True)
class LockedSuite:
    """The signed Release file that the packages were chosen from. `date` is its Date field, ISO 8601 UTC."""

    archive: str
    suite: str
    date: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LockedBase:
    """The image that another is built on: its `name` as it was asked for, and the digest that this meant.

    `digest` may be that of an index, `manifest` is that of the platform's image. `signer` is who was found to have
    signed it, in words; "" where no signature was verified.
    """

    name: str
    digest: str
    manifest: str
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """Everything that goes into one image for one platform ("linux/amd64"), but for the application's own files."""

    tool_version: str
    platform: str
    recipe: str  # "python3"
    debian: int  # 13
    suites: tuple[LockedSuite, ...]
    debs: tuple[LockedDeb, ...]
    wheels: tuple[LockedWheel, ...]
    inputs: str  # SHA-256 over what the lock was made from (recipe, requirements, configuration)
    # What compiles the bytecode, where the image's own Python cannot run on the machine that locked; not in the image.
    tools: tuple[LockedDeb, ...] = ()
    base: LockedBase | None = None  # in place of the recipe, whose name is "" then


@dataclass(frozen=True, slots=True)
class _File:
    schema: str
    locks: tuple[Lock, ...]


def to_json(*locks: Lock) -> str:
    """The locks as they are kept beside the configuration: one package a line, so that changes read well in a diff."""
    items = ",\n".join(_written(lock) for lock in sorted(locks, key=lambda lock: lock.platform))
    return f'{{\n  "schema": "{SCHEMA}",\n  "locks": [\n{items}\n  ]\n}}\n'


def _written(lock: Lock) -> str:
    lines, lists = [], []
    for name, value in asdict(lock).items():
        if isinstance(value, tuple):
            items = ",\n".join(f"        {json.dumps(item)}" for item in value)
            lists.append(f'      "{name}": [\n{items}\n      ]' if items else f'      "{name}": []')
        else:
            lines.append(f'      "{name}": {json.dumps(value)}')
    return "    {\n" + ",\n".join(lines + lists) + "\n    }"


def from_json(text: str, what: str) -> tuple[Lock, ...]:
    """The locks in `text`, which was read from `what`, one for each platform.

    InputError for another schema, for what is not a lock, and for a key that this program does not know: to pass over
    it would be to build something else.
    """
    try:
        raw = msgspec.json.decode(text, type=dict[str, Any])
        if raw.get("schema") != SCHEMA:
            raise InputError(
                f"{what} has the format {raw.get('schema')!r}, and this barehull reads {SCHEMA!r}",
                advice=f"{_ADVICE} The barehull that wrote it can still read it.",
            )
        file = msgspec.json.decode(text, type=_File)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InputError(f"{what} is not a lock: {error}", advice=_ADVICE) from error
    for key in _strangers(raw, msgspec.to_builtins(file)):
        raise InputError(f"{what} has a key {key!r}, which this barehull does not know", advice=_ADVICE)
    platforms = [lock.platform for lock in file.locks]
    if len(set(platforms)) != len(platforms):
        raise InputError(f"{what} has two locks for one platform: {', '.join(sorted(platforms))}", advice=_ADVICE)
    return file.locks


def _strangers(raw: Any, known: Any) -> Iterator[str]:
    """The keys in `raw` that were passed over when it was made into `known`."""
    if isinstance(raw, dict) and isinstance(known, dict):
        yield from (key for key in raw if key not in known)
        for key in raw.keys() & known.keys():
            yield from _strangers(raw[key], known[key])
    elif isinstance(raw, list):
        for item, made in zip(raw, known, strict=True):
            yield from _strangers(item, made)


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One package, wheel or base that differs between two locks: "" stands for a version that is not there.

    Equal versions: the version is the same, and its files are others. A base's version is its digest.
    """

    kind: Literal["base", "package", "wheel"]
    name: str
    architecture: str  # of the package; of a wheel and a base the one of its lock
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What one lock has and another has not, each sorted."""

    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def difference(old: Lock | None, new: Lock) -> Difference:
    """What changes in base, packages and wheels when `new` takes the place of `old` (None: there was no lock).

    Locks of two platforms have no package in common.
    """
    before, after = _items(old) if old else {}, _items(new)
    both = [key for key in after if key in before and before[key] != after[key]]
    return Difference(
        added=_changes({}, after, after.keys() - before.keys()),
        removed=_changes(before, {}, before.keys() - after.keys()),
        changed=_changes(before, after, both),
    )


_Key = tuple[Literal["base", "package", "wheel"], str, str]  # kind, name, platform of the lock
_Item = tuple[str, str, object]  # version, architecture, the files' digests


def _items(lock: Lock) -> dict[_Key, _Item]:
    found: dict[_Key, _Item] = {}
    if base := lock.base:
        found["base", base.name, lock.platform] = (base.digest, lock.platform.partition("/")[2], base.manifest)
    for deb in lock.debs:
        found["package", deb.name, lock.platform] = (deb.version, deb.architecture, deb.sha256)
    for wheel in lock.wheels:
        found["wheel", wheel.name, lock.platform] = (wheel.version, lock.platform.partition("/")[2], wheel.sha256)
    return found


def _changes(before: Mapping[_Key, _Item], after: Mapping[_Key, _Item], keys: Iterable[_Key]) -> tuple[Change, ...]:
    changes = []
    for key in keys:
        old, new = before.get(key), after.get(key)
        there = new or old
        changes.append(Change(key[0], key[1], there[1] if there else "", old[0] if old else "", new[0] if new else ""))
    return tuple(sorted(changes))
