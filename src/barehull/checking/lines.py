"""Offsets of a text as lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_right

_BOM = "\ufeff"
_END = re.compile("\n")


class Lines:
    """The lines of a text. Lines and columns are counted from 1, columns in characters; a byte order mark is none."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in _END.finditer(text))]
        if text.startswith(_BOM):
            self._starts[0] = 1

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = max(bisect_right(self._starts, offset), 1)
        return line, max(offset - self._starts[line - 1], 0) + 1

    def line(self, number: int) -> str:
        """The text of a line, without its end."""
        end = self._starts[number] if number < len(self._starts) else len(self._text)
        return self._text[self._starts[number - 1] : end].rstrip("\r\n")
