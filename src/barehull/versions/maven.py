"""Versions of Maven (https://maven.apache.org/pom.html#version-order-specification), as its ComparableVersion has them.

A version is a chain of segments, 1.2-rc-3 of [1, 2], [rc] and [3]: "-" begins one, and so does a change between digits
and letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cmp_to_key, lru_cache
from itertools import zip_longest
from typing import Any

from barehull.versions import checked

# Maven takes any text; what is not of these, such as ${revision}, was left in by mistake.
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+~-]*")
_TOKEN = re.compile(r"([0-9]+|[^0-9.-]+|(?=[.-]))([.-]?)")
_QUALIFIERS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_RELEASE = _QUALIFIERS.index("")
_ALIASES = {"ga": "", "final": "", "release": "", "cr": "rc"}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}  # before a number

_WORD, _SEGMENT, _NUMBER = range(3)  # in this order
Token = tuple[int, int, str]
_NEXT: Token = (_SEGMENT, 0, "")
_NULLS = {(_NUMBER, 0, ""), (_WORD, _RELEASE, "")}


@lru_cache(maxsize=1 << 16)
def tokens(version: str) -> tuple[Token, ...]:
    """What is compared: the same for versions that are equal to Maven. ValueError where it is none."""
    if not _VERSION.fullmatch(checked(version, "Maven")):
        raise ValueError(f"{version[:80]!r} is not a version of Maven")
    segments = _segments(version.lower())
    for segment in segments:
        while segment and segment[-1] in _NULLS:
            segment.pop()
    while len(segments) > 1 and not segments[-1]:
        segments.pop()
    first, *others = segments
    return (*first, *(token for segment in others for token in (_NEXT, *segment)))


def _segments(version: str) -> list[list[Token]]:
    segments: list[list[Token]] = [[]]
    found = _TOKEN.findall(version)
    for number, (text, separator) in enumerate(found, 1):
        goes_on = not separator and number < len(found)  # a change between digits and letters
        if text.isdigit() or not text:
            segments[-1].append((_NUMBER, int(text or 0), ""))
        else:
            if not separator and segments[-1]:
                segments.append([])
            segments[-1].append(_word(_SHORT.get(text, text) if goes_on else text))
        if separator == "-" or goes_on:
            segments.append([])
    return segments


def _word(text: str) -> Token:
    text = _ALIASES.get(text, text)
    if text in _QUALIFIERS:
        return _WORD, _QUALIFIERS.index(text), ""
    return _WORD, len(_QUALIFIERS), text


def _compare(one: tuple[Token, ...], other: tuple[Token, ...]) -> int:
    for left, right in zip_longest(one, other):
        if left is None:
            result = -_beyond_the_end(right)
        elif right is None:
            result = _beyond_the_end(left)
        else:
            result = (left > right) - (left < right)
        if result:
            return result
    return 0


def _beyond_the_end(token: Token) -> int:
    """How a token compares where the other version has ended: 1-rc comes before 1, and 1.1 after it."""
    kind, value, _ = token
    return value - _RELEASE if kind == _WORD else value


_key: Callable[[tuple[Token, ...]], Any] = cmp_to_key(_compare)


def key(version: str) -> Any:
    """What versions are sorted by. ValueError where it is none."""
    return _key(tokens(version))
