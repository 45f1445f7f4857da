"""Variables in the words of a Dockerfile, as BuildKit's shell lexer expands them (frontend/dockerfile/shell/lex.go)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from e2b_dockerfile_utils.lexer import ShellLex

_SPECIAL = re.compile(r"[$'\"<\\`]")
# What comes to nothing when the variable has no value: $X, ${X}, ${X#..}, ${X%..}, ${X/..}; not ${X:-y}, ${X+y}.
_BARE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:\}|[#%/]|:?\?))")
_REFERENCE = re.compile(r"\$\{?(\w+)")
_MAX_NESTING = 100


@dataclass(frozen=True, slots=True)
class Expanded:
    """A word without its quotes, expanded; `unset` names the variables that have no value, and became nothing."""

    text: str
    unset: tuple[str, ...] = ()


def expand(word: str, values: Mapping[str, str], escape: str = "\\") -> Expanded:
    """A word after quote removal and expansion. What BuildKit cannot expand stands as written, and is `unset` whole."""
    if not _SPECIAL.search(word):
        return Expanded(word)
    if word.count("${") > _MAX_NESTING:
        return Expanded(word, (word,))
    try:
        text: str = ShellLex(escape, env=values, skip_unset_env=False).process_word(word)
    except ValueError:
        return Expanded(word, (word,))
    names = (match[1] or match[2] for match in _BARE.finditer(word))
    return Expanded(text, tuple(dict.fromkeys(name for name in names if name not in values)))


def references(word: str) -> tuple[str, ...]:
    """The names of the variables in a word."""
    return tuple(_REFERENCE.findall(word)) if "$" in word else ()


def expand_words(word: str, values: Mapping[str, str], escape: str = "\\") -> list[str]:
    """The words that a word comes to: an unquoted variable may hold several. ValueError where BuildKit cannot."""
    words: list[str] = ShellLex(escape, env=values, skip_unset_env=False).process_words(word)
    return words
