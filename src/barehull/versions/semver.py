"""Semantic Versioning 2.0 (https://semver.org), the order of npm, crates.io and Go modules."""

from __future__ import annotations

import re
from functools import lru_cache

from barehull.versions import checked

_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION = re.compile(
    rf"v?{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}"
    rf"(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?"
)

Identifier = tuple[int, int, str]
Key = tuple[int, int, int, int, tuple[Identifier, ...]]


@lru_cache(maxsize=1 << 16)  # the advisories of one package name the same versions again and again
def key(version: str) -> Key:
    """What versions are sorted by. ValueError where it is none.

    As Go does, it takes a "v" before it, and "1" and "1.2" for 1.0.0 and 1.2.0. Build metadata counts for nothing.
    """
    match = _VERSION.fullmatch(checked(version, "Semantic Versioning"))
    if match is None:
        raise ValueError(f"{version[:80]!r} is not a semantic version")
    major, minor, patch, pre = match.groups()
    return int(major), int(minor or 0), int(patch or 0), int(pre is None), _prerelease(pre or "")


def _prerelease(text: str) -> tuple[Identifier, ...]:
    """Numbers come before words; of two that begin alike, the longer comes later."""
    return tuple(
        (0, int(one), "") if one.isdigit() else (1, 0, one)  #
        for one in text.split(".")
        if one
    )
