"""Ignores in a Dockerfile: `# barehull: ignore[NAME, ...] REASON`.

Directly above an instruction, or among its continued lines, one is about what stands in that instruction; above the
FROM of a shipped stage also about that image's whole answer; before the first FROM about the whole file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Literal

from barehull.checking.model import Ignore
from barehull.core.span import Span
from barehull.dockerfile.tree import Dockerfile

_MARK = "barehull:"
_COMMENT = re.compile(r"^[ \t]*(#[ \t]*barehull:[^\r\n]*)", re.MULTILINE)
_IGNORE = re.compile(r"#[ \t]*barehull:[ \t]*ignore[ \t]*\[([^\]]*)\][ \t:-]*(.*)", re.DOTALL)

Reach = int | Literal["file"] | None


def read_ignores(dockerfile: Dockerfile) -> tuple[tuple[Ignore, ...], tuple[Span, ...]]:
    """The ignores of a file in order, and the comments addressed to barehull that are none."""
    if _MARK not in dockerfile.text:
        return (), ()
    places = Places(dockerfile)
    ignores: list[Ignore] = []
    malformed: list[Span] = []
    for comment in _COMMENT.finditer(dockerfile.text):
        at = comment.start(1)
        if places.is_content(at):
            continue
        span = Span(at, at + len(comment[1].rstrip()))
        match = _IGNORE.match(comment[1])
        names = tuple(name.strip() for name in match[1].split(",") if name.strip()) if match else ()
        if match is None or not names:
            malformed.append(span)
        else:
            ignores.append(Ignore(names, match[2].strip(), span, places.reach(at)))
    return tuple(ignores), tuple(malformed)


class Places:
    """Where things stand among the instructions of a file."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._text = dockerfile.text
        self._instructions = dockerfile.instructions
        self._starts = [instruction.start for instruction in dockerfile.instructions]
        stages = (at for at, each in enumerate(dockerfile.instructions) if each.keyword == "FROM")
        self._first_stage = next(stages, len(self._starts))
        self._blocks: dict[int, int] = {}

    def instruction(self, at: int) -> int | None:
        """The index of the instruction that has the character `at`, or None."""
        index = bisect_right(self._starts, at) - 1
        return index if index >= 0 and at < self._instructions[index].end else None

    def is_content(self, at: int) -> bool:
        """Whether the character `at` is within a here-document: a `#` there begins no comment of the Dockerfile."""
        index = self.instruction(at)
        heredocs = self._instructions[index].heredocs if index is not None else ()
        return any(heredoc.start <= at < heredoc.end for heredoc in heredocs)

    def reach(self, at: int) -> Reach:
        """How far an ignore in a comment at `at` reaches."""
        within = self.instruction(at)
        following = bisect_right(self._starts, at) if within is None else within
        if following <= self._first_stage and following < len(self._starts) and within is None:
            return "file"
        if within is not None:
            return within
        if following == len(self._starts) or at < self._block(following):
            return None
        return following

    def _block(self, index: int) -> int:
        """Where the comments directly above an instruction begin. Kept: many ignores may stand in one block."""
        if index not in self._blocks:
            begin = self._text.rfind("\n", 0, self._starts[index]) + 1
            floor = self._instructions[index - 1].end if index else 0
            while begin > floor:
                above = self._text.rfind("\n", 0, begin - 1) + 1
                if not self._text[above:begin].lstrip().startswith("#"):
                    break
                begin = above
            self._blocks[index] = begin
        return self._blocks[index]
