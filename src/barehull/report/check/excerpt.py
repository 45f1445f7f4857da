"""The lines of a source that a finding is about, underlined as rustc does."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from barehull.checking.lines import Lines
from barehull.report.plain import safe

MAX_LINES = 6
WIDTH = 120


def excerpt(lines: Lines, start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[str, str, str]]:
    """(number, line, underline) of each line of the range; a long range is shown by its first and last lines.

    The number is "..." where lines are left out.
    """
    first, last = start[0], end[0]
    if end[1] == 1 and last > first:  # the range ends with the end of a line
        last -= 1
        end = (last, len(lines.line(last)) + 1)
    numbers = [*range(first, min(last, first + MAX_LINES - 1) + 1)]
    if last - first >= MAX_LINES:
        numbers = [*range(first, first + MAX_LINES - 2), 0, last]
    for number in numbers:
        if number == 0:
            yield "...", "", ""
            continue
        line = lines.line(number)
        begin = start[1] - 1 if number == first else len(line) - len(line.lstrip())
        stop = end[1] - 1 if number == last else len(line.rstrip())
        yield str(number), *_drawn(line, begin, stop)


def _drawn(line: str, begin: int, stop: int) -> tuple[str, str]:
    """A line as it is shown, and the marks under its characters [begin, stop). Far too long a line is cut around it."""
    stop = max(stop, begin)
    if stop > begin and len(line) <= WIDTH and line.isascii() and line.isprintable():  # as nearly every line is
        return line.rstrip(), " " * begin + "^" * (min(stop, len(line)) - begin)
    left = max(0, min(begin, len(line)) - WIDTH // 2) if len(line) > WIDTH else 0
    right = left + WIDTH if len(line) > WIDTH else len(line)
    shown = ["..."] if left else []
    marks = ["   "] if left else []
    for at in range(left, min(right, len(line))):
        text = _shown(line[at])
        shown.append(text)
        marks.append(("^" if begin <= at < stop else " ") * _width(text))
    if right < len(line):
        shown.append("...")
    if stop == begin:  # nothing is there: the place where it should be
        marks.append("^")
    return "".join(shown).rstrip(), "".join(marks).rstrip()


def _shown(character: str) -> str:
    return "    " if character == "\t" else safe(character)


def _width(text: str) -> int:
    """Columns of a terminal."""
    if text.isascii():
        return len(text)
    if unicodedata.combining(text[0]):
        return 0
    return 2 if unicodedata.east_asian_width(text[0]) in "WF" else len(text)
