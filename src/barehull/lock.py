"""What exactly goes into an image: every package by version and SHA-256. A value and its JSON form.

The lock names archive-relative paths only, never a host, so that any mirror serves it.
"""

from __future__ import annotations

from dataclasses import dataclass

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
