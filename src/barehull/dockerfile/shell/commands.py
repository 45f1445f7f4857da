"""Shell text of a RUN -> the simple commands in it (POSIX.1-2017 XCU 2.9; bash where it is asked for).

tree-sitter finds the structure; words are read from the text (quoting.py), variables are followed (variables.py).
"""

from __future__ import annotations

import re
import time
from functools import cache
from typing import TYPE_CHECKING

from barehull.dockerfile.shell.simple_command import NONE, Argument, Script, ShellCommand
from barehull.dockerfile.shell.walk import Walk

if TYPE_CHECKING:
    from tree_sitter import Language, Parser, Tree

__all__ = ["NONE", "Argument", "Script", "ShellCommand", "commands"]

MAX_CHARACTERS = 4 << 20
# tree-sitter's recovery from errors is quadratic in their number. Correct scripts take 0.1 us a character, the densest
# ones 1.4; one that uses up more CPU time is given up.
_SHORT = 1000
_SECONDS = 0.05
_SECONDS_PER_CHARACTER = 3e-6

# Comments within a chain: `# why` - a substitution of nothing, which the grammar does not know.
_COMMENT_IDIOM = re.compile(r"(?<!\S)`[ \t]*#[^`\n]*`")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_ORDINARY = {r"\\": "..", "\\ ": "\\.", "\\\t": "\\."}
_UNUSUAL = re.compile(r"[^\t\n\r -~]")


def commands(script: str) -> Script:
    """The commands in a shell script. Never raises; what could not be parsed makes it not `valid`."""
    tree = _parse(script)
    if tree is None:
        return Script((), False)
    walk = Walk(script, _parse)
    walk.statement(tree.root_node, False)
    return Script(tuple(walk.found), walk.valid and not tree.root_node.has_error)


def _parse(script: str) -> Tree | None:
    """The tree of a script, or None. Its byte offsets are character offsets: it is made of a text in which a dot, an
    ordinary character of words, stands for each character that is not ASCII or does not print, and for the escaped
    spaces and backslashes that the grammar takes for others.
    """
    from tree_sitter import Parser  # here, so that commands which see no Dockerfile need not load it

    if len(script) > MAX_CHARACTERS:
        return None
    if "`" in script:
        script = _COMMENT_IDIOM.sub(lambda match: " " * len(match[0]), script)
    if "\\" in script:
        script = _ESCAPED.sub(lambda match: _ORDINARY.get(match[0], match[0]), script)
    source = _UNUSUAL.sub(".", script).encode("ascii")
    # A parser of one's own for each script: it is made in 0.2 us, and has a state.
    parser = Parser(_bash())
    return parser.parse(source) if len(source) <= _SHORT else _parse_long(parser, source)


def _parse_long(parser: Parser, source: bytes) -> Tree | None:
    """The tree, or None: it would take too long. What the grammar does at the end of a text cannot be stopped and may
    be what takes long, so a script that is no longer than twice what went well is tried next.
    """
    if source.rstrip().endswith((b"|", b"&&")):
        return None  # an error, at the end
    size = _SHORT * 4
    while True:
        size = len(source) if size * 2 > len(source) else size
        # Not cut after an operator, which would make an error of it.
        part = source[:size].rstrip(b" \t\n|&\\") if size < len(source) else source
        tree = _parse_in_time(parser, part, _SECONDS + _SECONDS_PER_CHARACTER * size)
        if tree is None or size == len(source):
            return tree
        size *= 2


def _parse_in_time(parser: Parser, source: bytes, seconds: float) -> Tree | None:
    start = time.thread_time()
    try:
        tree = parser.parse(
            lambda at, _: source[at : at + (1 << 16)],
            progress_callback=lambda _, __: time.thread_time() - start > seconds,
        )
    except ValueError:  # stopped
        parser.reset()
        return None
    return tree if time.thread_time() - start <= 2 * seconds else None


@cache
def _bash() -> Language:
    import tree_sitter_bash
    from tree_sitter import Language

    return Language(tree_sitter_bash.language())
