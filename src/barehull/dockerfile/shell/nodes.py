"""Small questions about the nodes of tree-sitter's grammar for bash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})

_WORDS = frozenset(
    (
        *("word", "number", "string", "raw_string", "ansi_c_string", "translated_string", "concatenation", "regex"),
        *("simple_expansion", "expansion", "command_substitution", "process_substitution"),
        *("brace_expression", "extglob_pattern"),
    )
)
_EXPANSIONS = frozenset(
    {"arithmetic_expansion", "command_substitution", "expansion", "process_substitution", "simple_expansion"}
)


def clauses(node: Node) -> Iterator[Node]:
    """The parts of an if statement, those of its elif and else clauses among them, in order."""
    for child in node.children:
        if child.type in ("elif_clause", "else_clause"):
            yield from child.children
        else:
            yield child


def late_words(redirect: Node) -> Iterator[Node]:
    """Words of the command that the grammar takes for a part of a redirection: `z` in `x >y z` and in `x <<E z`."""
    words = [child for child in redirect.children if child.type in _WORDS]
    yield from words[redirect.type != "heredoc_redirect" :]
    if redirect.type == "heredoc_redirect":
        for child in redirect.children:
            if child.type == "file_redirect":
                yield from late_words(child)


def adjacent(nodes: Sequence[Node]) -> Iterator[list[Node]]:
    """The nodes in groups that touch each other: a word each."""
    group: list[Node] = []
    for node in nodes:
        if group and node.start_byte != group[-1].end_byte:
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def leaves(node: Node) -> Iterator[Node]:
    """The words within a test's expression, from left to right."""
    stack = [node]
    while stack:
        node = stack.pop()
        if node.type in _WORDS or node.child_count == 0:
            yield node
        else:
            stack += reversed(node.children)


def expansions(nodes: Sequence[Node], script: str) -> list[tuple[int, int]]:
    """The ranges of the outermost expansions within words, in order."""
    found = []
    stack = [*reversed(nodes)]
    while stack:
        node = stack.pop()
        if node.type in _EXPANSIONS:
            start, end = node.start_byte, node.end_byte
            while script[start].isspace():  # in strings, the grammar begins a substitution at the space before it
                start += 1
            found.append((start, end))
        else:
            stack += reversed(node.children)
    return found
