"""What exactly goes into an image: every package by version and SHA-256. A value and its JSON form.

The lock names archive-relative paths only, never a host, so that any mirror serves it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import msgspec

from barehull.core.errors import InputError

SCHEMA = "barehull/lock/1"


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
    """One Python distribution: normalised name, version, and the SHA-256s that are accepted for its wheels."""

    name: str
    version: str
    sha256s: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class LockedSuite:
    """The signed Release file that the packages were chosen from. `date` is its Date field, ISO 8601 UTC."""

    archive: str
    suite: str
    date: str
    sha256: str


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


def to_json(lock: Lock) -> str:
    """The lock as it is kept beside the configuration: one package a line, so that changes read well in a diff."""
    value = {"schema": SCHEMA, **asdict(lock)}
    lists = ("suites", "debs", "wheels")
    lines = [f'  "{name}": {json.dumps(item)}' for name, item in value.items() if name not in lists]
    for name in lists:
        items = ",\n".join(f"    {json.dumps(item)}" for item in value[name])
        lines.append(f'  "{name}": [\n{items}\n  ]' if items else f'  "{name}": []')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def from_json(text: str, what: str) -> Lock:
    """The lock in `text`, which was read from `what`. InputError for another schema, or what is not a lock."""
    advice = "Remove it, or run the command with --update, to make it anew."
    try:
        schema = msgspec.json.decode(text, type=dict[str, object]).get("schema")
        if schema != SCHEMA:
            raise InputError(f"{what} has the schema {schema!r}, and this barehull reads {SCHEMA}", advice=advice)
        return msgspec.json.decode(text, type=Lock)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InputError(f"{what} is not a lock: {error}", advice=advice) from error
