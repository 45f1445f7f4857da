"""Patterns as .gitignore has them, over paths."""

from __future__ import annotations

from collections.abc import Iterable

MAX_STARS = 3  # within one part of a path: each more makes matching slower by the length of the name
MAX_DOUBLE_STARS = 4


def is_bounded(pattern: str) -> bool:
    """Whether the pattern can be matched in bounded time."""
    parts = pattern.split("/")
    return parts.count("**") <= MAX_DOUBLE_STARS and all(part.count("*") <= MAX_STARS for part in parts if part != "**")


class Patterns:
    """Patterns in order; the last one that matches decides, and `!` takes back."""

    def __init__(self, patterns: Iterable[str]) -> None:
        """Errors: ValueError for a pattern that is none."""
        from pathspec import GitIgnoreSpec  # 15 ms, only where there are patterns

        self._spec = GitIgnoreSpec.from_lines([*patterns])

    def decide(self, path: str) -> tuple[bool | None, int]:
        """Whether `path` (a folder's ends in "/") is matched, None where nothing is said, and by which pattern."""
        result = self._spec.check_file(path)
        return result.include, -1 if result.index is None else result.index


def git_patterns(text: str) -> Patterns:
    """The patterns of a .gitignore's text. A line that is none, or not bounded, excludes nothing: more is seen."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if is_bounded(line)]
    try:
        return Patterns(lines)
    except ValueError:
        return Patterns(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    try:
        Patterns([line])
    except ValueError:
        return False
    return True
