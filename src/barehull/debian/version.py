"""Debian's order of versions (Debian policy 5.6.12), by python-debian."""

from __future__ import annotations

import re
from functools import lru_cache

from debian.debian_support import NativeVersion

from barehull.core.errors import InputError

# python-debian's own pattern lets a newline at the end and an empty revision through. The longest version in Debian 13
# has 52 characters; comparing takes quadratic time.
_VERSION = re.compile(r"([0-9]{1,9}:)?[A-Za-z0-9.+~:-]{0,255}[A-Za-z0-9.+~]")


@lru_cache(maxsize=1 << 14)  # advisories name the same versions again and again
def key(version: str) -> NativeVersion:
    """What a list of versions is sorted by: `sorted(versions, key=key)`. InputError when it is not a version."""
    if _VERSION.fullmatch(version):
        try:
            return NativeVersion(version)
        except ValueError:
            pass  # a colon without an epoch: told below, like the others
    raise InputError(
        f"{version[:80]!r} is not a Debian version", advice="See Debian policy 5.6.12 for what a version may look like."
    )


def compare(a: str, b: str) -> int:
    """-1, 0 or 1: `a` is older than, as old as, or newer than `b`. InputError when one of them is not a version."""
    left, right = key(a), key(b)
    return int(left > right) - int(left < right)
