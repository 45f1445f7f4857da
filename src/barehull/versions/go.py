"""Versions of the Go toolchain and its standard library: go1.20, go1.21rc2, go1.21.0 (https://go.dev/doc/toolchain)."""

from __future__ import annotations

import re
from functools import lru_cache

from barehull.versions import checked, semver

_FIRST_WITH_PATCH = (1, 21)  # since then the first release is go1.21.0, and go1.21 is the language
_RELEASE = re.compile(
    r"(?:go)?(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?(?:(beta|rc)(0|[1-9][0-9]*))?)?"
    r"(?:[ -].*)?"  # what builders add: go1.21.3-vendor, go1.22.1 X:boringcrypto
)
_SEMANTIC = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+-(?:0|(?:beta|rc)\.[0-9]+)")


@lru_cache(maxsize=1 << 12)
def key(version: str) -> semver.Key:
    """What toolchains are sorted by, named as Go does or as its advisories do (1.21.0-rc.2). ValueError for others."""
    return semver.key(semantic(version))


def semantic(version: str) -> str:
    """The semantic version that Go's advisories have for a toolchain: 1.21.0-rc.2 for go1.21rc2."""
    if _SEMANTIC.fullmatch(checked(version, "Go")):
        return version
    match = _RELEASE.fullmatch(version)
    if match is None:
        raise ValueError(f"{version[:80]!r} is not a version of Go")
    major, minor, patch, kind, number = match.groups()
    text = f"{major}.{minor or 0}.{patch or 0}"
    if kind:
        return f"{text}-{kind}.{number}"
    is_language = patch is None and (int(major), int(minor or 0)) >= _FIRST_WITH_PATCH
    return f"{text}-0" if is_language else text
