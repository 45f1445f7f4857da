"""Dockerfile text -> instructions with exact ranges (frontend/dockerfile/parser in BuildKit is the reference).

The text is never changed: instructions are ranges of it, and what lies between them (comments, empty lines) is trivia.
Each instruction has its logical line, in which continuations are joined, with a map from its characters to the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from barehull.core.errors import InputError
from barehull.core.span import Span
from barehull.dockerfile.heredocs import Mark, marks
from barehull.dockerfile.words import (
    SPACE,
    NotStringsError,
    json_words,
    keyword_of,
    shown,
    split_command,
    to_bytes,
    trim,
)

MAX_BYTES = 16 << 20
MAX_LINE = 65_535  # bytes of one physical line: BuildKit's scanner holds no more
_BOM = "\ufeff"
_DIRECTIVE = re.compile(rf"#[{SPACE}]*([A-Za-z][A-Za-z0-9]*)[\t\n\f\r ]*=(.+)", re.DOTALL)
_DIRECTIVES = ("syntax", "escape", "check")
_WITH_HEREDOCS = ("RUN", "COPY", "ADD")


@dataclass(frozen=True, slots=True)
class Problem:
    """What BuildKit refuses of a file, and where it stands."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document of an instruction: its name and the range of its content; `expand` unless the name is quoted.

    Of one that does not end, the content runs to the end of the text.
    """

    name: str
    start: int
    end: int
    expand: bool
    chomp: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its range [start, end) of the text, with here-documents and line end, and its logical line.

    `at` is where the keyword stands in the line: after the ONBUILD for one that is within such.
    """

    keyword: str  # in capitals
    start: int
    end: int
    line: str
    heredocs: tuple[Heredoc, ...] = ()
    pieces: tuple[tuple[int, int], ...] = field(default=(), repr=False)  # (offset in `line`, offset in the text)
    at: int = 0

    def offset(self, at: int) -> int:
        """Where the character `at` of the logical line is in the text."""
        index = bisect_right(self.pieces, at, key=lambda piece: piece[0]) - 1
        joined, source = self.pieces[index]
        return source + at - joined

    @property
    def arguments(self) -> str:
        """The logical line after the keyword, without the spaces around."""
        return self.line[self.at + len(self.keyword) :].strip(SPACE)


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A parsed file: its text, its parser directives, its instructions in order, and what BuildKit refuses of it.

    What is wrong within one instruction's arguments is not among the problems: `instructions.read` says that.
    """

    text: str
    directives: tuple[tuple[str, str], ...]
    instructions: tuple[Instruction, ...]
    escape: str = "\\"
    problems: tuple[Problem, ...] = ()
    line_starts: tuple[int, ...] = field(default=(0,), repr=False, compare=False)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset into the text."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

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
    """The tree of a Dockerfile's text. Never raises: any text has one; what BuildKit refuses is in `problems`."""
    reader = _Reader(text)
    directives = reader.directives()
    instructions = reader.instructions()
    if not instructions:
        reader.problems.append(Problem("there is no instruction in the file", Span(0, 0)))
    problems = tuple(sorted(reader.problems, key=lambda problem: problem.span))
    return Dockerfile(text, directives, instructions, reader.escape, problems, tuple(reader.starts))


class _Reader:
    """Takes a text line by line. `lines` are without line ends; `starts` is where each begins."""

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        self.starts = [*accumulate((len(line) + 1 for line in lines), initial=0)]
        self.starts.pop()
        if not lines[-1]:
            lines.pop()
        self.text = text
        self.problems = [self._too_long(n) for n, line in enumerate(lines) if len(line) > MAX_LINE // 4 and _long(line)]
        self.lines = [line.rstrip("\r") for line in lines] if "\r" in text else lines
        self.escape = "\\"
        self._bom = 0
        if text.startswith(_BOM):
            self._bom, self.lines[0] = 1, self.lines[0][1:]

    def _end(self, number: int) -> int:
        """Where a line ends, its line end included."""
        return self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)

    def _too_long(self, number: int) -> Problem:
        return Problem("the line is longer than 65535 bytes", Span(self.starts[number], self._end(number)))

    def directives(self) -> tuple[tuple[str, str], ...]:
        """The parser directives. They end with the first line that is none."""
        found: dict[str, str] = {}
        for number, line in enumerate(self.lines):
            match = _DIRECTIVE.match(line.lstrip(SPACE))
            name = match[1].lower() if match else ""
            if match is None or name not in _DIRECTIVES:
                break
            value = match[2].strip("\t\n\f\r ") or match[2][-1]
            span = Span(self.starts[number], self.starts[number] + len(line))
            if name in found:
                self.problems.append(Problem(f"only one {name} parser directive can be used", span))
                continue
            found[name] = value
            if name == "escape" and value not in ("\\", "`"):
                self.problems.append(Problem("the escape character can only be ` or \\", span))
            elif name == "escape":
                self.escape = value
        return tuple(found.items())

    def instructions(self) -> tuple[Instruction, ...]:
        """All instructions."""
        found = []
        number = 0
        while number < len(self.lines):
            content = self.lines[number].lstrip(SPACE)
            if not content or content[0] == "#":
                number += 1
                continue
            instruction, number = self._instruction(number, content)
            found.append(instruction)
        return tuple(found)

    def _instruction(self, number: int, content: str) -> tuple[Instruction, int]:
        """The instruction that begins on a line, and the number of the line after it."""
        start = self.starts[number] + len(self.lines[number]) - len(content) + (0 if number else self._bom)
        line, goes_on = self._part(content)
        pieces: tuple[tuple[int, int], ...] = ((0, start),)
        number += 1
        if goes_on:
            line, pieces, number = self._continued(line, start, number)
        at, stop = trim(line, 0, len(line))
        keyword, _ = keyword_of(line, at, stop)
        heredocs: tuple[Heredoc, ...] = ()
        if "<<" in line and (found := self._marks(line, at, start)):
            heredocs, number = self._heredocs(found, number, start)
        return Instruction(keyword, start, self._end(number - 1), line, heredocs, pieces, at), number

    def _part(self, content: str) -> tuple[str, bool]:
        """A line without the escape character that continues it, and whether there was one."""
        body = content.rstrip(" \t")
        # An escaped escape character does not continue the line; that the one before may be escaped is not looked at.
        if body[-1:] == self.escape and body[-2:-1] != self.escape:
            return body[:-1], True
        return content, False

    def _continued(self, first: str, start: int, number: int) -> tuple[str, tuple[tuple[int, int], ...], int]:
        """The logical line from its first part, its pieces, and the number of the line after it."""
        parts, pieces, length = [first], [(0, start)], len(first)
        goes_on = True
        while goes_on and number < len(self.lines):
            content = self.lines[number]
            stripped = content.lstrip(SPACE)
            if stripped and stripped[0] != "#":
                part, goes_on = self._part(content)
                parts.append(part)
                pieces.append((length, self.starts[number]))
                length += len(part)
            number += 1
        return "".join(parts), tuple(pieces), number

    def _marks(self, line: str, at: int, start: int) -> list[Mark]:
        """The here-documents that a line announces: RUN, COPY and ADD may, also after ONBUILD, in no JSON form."""
        keyword, _, begin, end = split_command(line, at, len(line), self.escape)
        if keyword == "ONBUILD":
            keyword, _, begin, end = split_command(line, begin, end, self.escape)
        if keyword not in _WITH_HEREDOCS:
            return []
        try:
            return [] if json_words(line, begin, end) is not None else marks(line)
        except NotStringsError:
            return []
        except ValueError as error:
            self.problems.append(Problem(str(error), Span(start, start)))
            return []

    def _heredocs(self, found: list[Mark], number: int, start: int) -> tuple[tuple[Heredoc, ...], int]:
        """The content of here-documents, which begins at a line, and the number of the line after them."""
        heredocs = []
        for mark in found:
            begin = close = self.starts[number] if number < len(self.starts) else len(self.text)
            ended = False
            while not ended and number < len(self.lines):
                content = self.lines[number].lstrip("\t") if mark.chomp else self.lines[number]
                ended = content == mark.name
                number += 1
                close = close if ended else self._end(number - 1)
            heredocs.append(Heredoc(mark.name, begin, close, mark.expand, mark.chomp))
            if not ended:
                self.problems.append(Problem(f"the here-document {shown(mark.name)} does not end", Span(start, close)))
        return tuple(heredocs), number


def _long(line: str) -> bool:
    return len(line) > MAX_LINE or len(to_bytes(line)) > MAX_LINE
