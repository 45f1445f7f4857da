"""Versions of apk, the package manager of Alpine and Wolfi, as apk-package(5) describes them: 1.2.3b_rc1~0a1b2c-r4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from barehull.versions import checked

_BEFORE = ("alpha", "beta", "pre", "rc")  # of a release, in this order; and after it:
_AFTER = ("cvs", "svn", "git", "hg", "p")
_SUFFIX = f"_(?:{'|'.join((*_BEFORE, *_AFTER))})[0-9]*"
_VERSION = re.compile(rf"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:{_SUFFIX})*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?")
_EACH_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")

# Where one version goes on and the other does not, or goes on otherwise, the kind of what comes decides.
_BEFORE_RELEASE, _END, _REVISION, _HASH, _SUFFIX_NUMBER, _AFTER_RELEASE, _LETTER, _NUMBER = range(8)

Part = tuple[int, int, str]


@lru_cache(maxsize=1 << 16)
def key(version: str) -> tuple[Part, ...]:
    """What versions are sorted by. ValueError where apk would not take it."""
    match = _VERSION.fullmatch(checked(version, "apk"))
    if match is None:
        raise ValueError(f"{version[:80]!r} is not a version of apk")
    return tuple(_parts(match))


def _parts(match: re.Match[str]) -> Iterator[Part]:
    first, numbers, letter, suffixes, commit, revision = match.groups()
    yield _NUMBER, int(first), ""
    for number in numbers.split(".")[1:]:
        # With a leading zero it is compared as text, as a fraction would be: 1.05 before 1.1, and before 1.050.
        yield (_NUMBER, 0, number) if number.startswith("0") else (_NUMBER, int(number), "")
    if letter:
        yield _LETTER, 0, letter
    for name, number in _EACH_SUFFIX.findall(suffixes):
        if name in _BEFORE:
            yield _BEFORE_RELEASE, _BEFORE.index(name), ""
        else:
            yield _AFTER_RELEASE, _AFTER.index(name), ""
        if number:
            yield _SUFFIX_NUMBER, int(number), ""
    if commit:
        yield _HASH, 0, commit
    if revision:
        yield _REVISION, int(revision), ""
    yield _END, 0, ""
