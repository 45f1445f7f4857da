"""Dockerfile text -> instructions with exact ranges (frontend/dockerfile/parser in BuildKit is the reference).

The text is never changed: instructions are ranges of it, and what lies between them (comments, empty lines) is trivia.
Each instruction has its logical line, in which continuations are joined, with a map from its characters to the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from barehull.core.errors import InputError

MAX_BYTES = 16 << 20
_BOM = "\ufeff"
_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$")
_DIRECTIVES = ("syntax", "escape", "check")
_HEREDOC = re.compile(r"(?<![<\d])<<(-?)\s*(['\"]?)([A-Za-z0-9_][A-Za-z0-9_.-]*)\2(?!<)")
_WITH_HEREDOCS = ("RUN", "COPY", "ADD")
_SPACE = " \t\v\f\r"


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document of an instruction: its name and the range of its content; `expand` unless the name is quoted."""

    name: str
    start: int
    end: int
    expand: bool
    chomp: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its range [start, end) of the text, with here-documents and line end, and its logical line."""

    keyword: str  # in capitals
    start: int
    end: int
    line: str
    heredocs: tuple[Heredoc, ...] = ()
    pieces: tuple[tuple[int, int], ...] = field(default=(), repr=False)  # (offset in `line`, offset in the text)

    def offset(self, at: int) -> int:
        """Where the character `at` of the logical line is in the text."""
        index = bisect_right(self.pieces, at, key=lambda piece: piece[0]) - 1
        joined, source = self.pieces[index]
        return source + at - joined

    @property
    def arguments(self) -> str:
        """The logical line after the keyword, without the spaces around."""
        return self.line.strip()[len(self.keyword) :].strip()


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A parsed file: its text, its parser directives, its instructions in order."""

    text: str
    directives: tuple[tuple[str, str], ...]
    instructions: tuple[Instruction, ...]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset into the text."""
        before = self.text.rfind("\n", 0, offset) + 1
        return self.text.count("\n", 0, offset) + 1, offset - before + 1

    def pieces(self) -> Iterator[str]:
        """Trivia and instructions in turn; together they are the text."""
        at = 0
        for instruction in self.instructions:
            yield self.text[at : instruction.start]
            yield self.text[instruction.start : instruction.end]
            at = instruction.end
        yield self.text[at:]


def decode(data: bytes, what: str) -> str:
    """A file's bytes as text in which every byte survives. InputError for binary or far too large files."""
    if len(data) > MAX_BYTES or b"\0" in data:
        why = "is larger than 16 MiB" if len(data) > MAX_BYTES else "has NUL bytes"
        raise InputError(f"{what} is not a Dockerfile: it {why}", advice="Name a Dockerfile.")
    return data.decode("utf-8", "surrogateescape")


def parse(text: str) -> Dockerfile:
    """The tree of a Dockerfile's text. Any text has one; whether its instructions make sense is not asked here."""
    lines = [*_lines(text)]
    directives, escape = _directives(text, lines)
    instructions = []
    number = 0
    while number < len(lines):
        start, end = lines[number]
        content = text[start:end].removeprefix(_BOM) if start == 0 else text[start:end]
        stripped = content.strip()
        if not stripped or stripped.startswith("#"):
            number += 1
            continue
        instruction, number = _instruction(text, lines, number, escape)
        instructions.append(instruction)
    return Dockerfile(text, tuple(directives.items()), tuple(instructions))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The range of each line, with its end."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


def _directives(text: str, lines: list[tuple[int, int]]) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    for start, end in lines:
        match = _DIRECTIVE.match(text[start:end].removeprefix(_BOM).strip())
        if match is None or match[1].lower() not in _DIRECTIVES or match[1].lower() in found:
            break
        found[match[1].lower()] = match[2]
    escape = found.get("escape", "\\")
    return found, escape if escape in ("\\", "`") else "\\"


def _instruction(text: str, lines: list[tuple[int, int]], number: int, escape: str) -> tuple[Instruction, int]:
    """The instruction that begins on a line, and the number of the line after it."""
    continuation = re.compile(re.escape(escape) + r"[ \t]*$")
    start = lines[number][0]
    if text.startswith(_BOM, start) and start == 0:
        start = len(_BOM)
    begin = start + len(text[start : lines[number][1]]) - len(text[start : lines[number][1]].lstrip(_SPACE))
    joined: list[str] = []
    pieces: list[tuple[int, int]] = []
    length = 0
    end = begin
    first = True
    while number < len(lines):
        at = begin if first else lines[number][0]
        content = text[at : lines[number][1]].rstrip("\r\n")
        end = lines[number][1]
        number += 1
        stripped = content.strip()
        if not first and (not stripped or stripped.startswith("#")):
            continue  # comments and empty lines within a continuation
        first = False
        match = continuation.search(content)
        # An escaped escape at the end is none, unless it stands alone.
        goes_on = match is not None and not (match.start() > 0 and content[match.start() - 1] == escape)
        part = content[: match.start()] if match is not None and goes_on else content
        pieces.append((length, at))
        joined.append(part)
        length += len(part)
        if not goes_on:
            break
    line = "".join(joined)
    keyword = (line.split(None, 1) or [""])[0].upper()
    heredocs: list[Heredoc] = []
    if keyword in _WITH_HEREDOCS or (keyword == "ONBUILD" and len(line.split()) > 1):
        heredocs, number, end = _heredocs(text, lines, number, line, end)
    return Instruction(keyword, begin, end, line, tuple(heredocs), tuple(pieces)), number


def _heredocs(
    text: str, lines: list[tuple[int, int]], number: int, line: str, end: int
) -> tuple[list[Heredoc], int, int]:
    """The here-documents that a logical line announces, which follow it in order."""
    found = []
    for match in _HEREDOC.finditer(line):
        chomp, name = bool(match[1]), match[3]
        begin = lines[number][0] if number < len(lines) else len(text)
        close = begin
        while number < len(lines):
            content = text[slice(*lines[number])].rstrip("\r\n")
            number += 1
            end = lines[number - 1][1]
            if (content.lstrip("\t") if chomp else content) == name:
                break
            close = end
        found.append(Heredoc(name, begin, close, not match[2], chomp))
    return found, number, end
