"""What the tag of an official image says: "3.11-slim-bookworm" is 3.11 on Debian 12."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_VERSION = re.compile(r"v?([0-9]{1,4}(?:\.[0-9]+)*)(?![0-9])")  # not a date, such as 20240101
_SYSTEM = re.compile(r"([a-z]+)([0-9][0-9.]*)?")
_AFTER = re.compile(r"[0-9]+\.[0-9]+")
_JDK = re.compile(r"(?:jdk|jre|java|openjdk)([0-9]+(?:\.[0-9]+)*)")
_JDKS = frozenset(
    ("jdk", "jre", "openjdk", "temurin", "amazoncorretto", "corretto", "semeru", "zulu", "sapmachine", "ibmjava")
)
_NEEDS_DIGITS = frozenset({"al", "stream"})


@dataclass(frozen=True, slots=True)
class Words:
    """The words that tags use: names of releases, and of systems."""

    releases: Mapping[str, tuple[str, str]]
    systems: Mapping[str, str]


def words_of(tag: str) -> tuple[str, ...]:
    """The words of a tag."""
    return tuple(tag.lower().split("-"))


def system_of(words: tuple[str, ...], known: Words) -> tuple[str, str]:
    """The system that the words name and its version; "" for what they do not say."""
    for place, word in enumerate(words):
        if word in known.releases:
            return known.releases[word]
        match = _SYSTEM.fullmatch(word)
        if not match or match[1] not in known.systems or (match[1] in _NEEDS_DIGITS and not match[2]):
            continue
        after = words[place + 1] if place + 1 < len(words) else ""
        version = match[2] or (after if _AFTER.fullmatch(after) else "")
        return known.systems[match[1]], version.rstrip(".")
    return "", ""


def version_of(words: tuple[str, ...], rule: str, aliases: Mapping[str, str]) -> str:
    """The version that the words name, by the rule of the image ("first", "number", "jdk", "none"); "" for none."""
    for word in words:
        if word in aliases:
            return aliases[word]
    if rule == "first":
        return _number(words[0])
    if rule == "number":
        return next((number for word in words if (number := _number(word))), "")
    if rule == "jdk":
        for place, word in enumerate(words):
            match = _JDK.fullmatch(word)
            after = _number(words[place + 1]) if word in _JDKS and place + 1 < len(words) else ""
            if match or after:
                return match[1] if match else after
    return ""


def _number(word: str) -> str:
    match = _VERSION.match(word)
    return match[1] if match else ""
