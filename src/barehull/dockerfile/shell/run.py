"""Simple commands as a shell runs them: their words, their assignments, and what they change for those after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from barehull.dockerfile.shell import builtins
from barehull.dockerfile.shell.nodes import REDIRECTS, adjacent, expansions, late_words, leaves
from barehull.dockerfile.shell.quoting import PLAIN, unquote
from barehull.dockerfile.shell.simple_command import Argument, ShellCommand
from barehull.dockerfile.shell.variables import Variable, Variables
from barehull.dockerfile.shell.wrappers import assignment, unwrap

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_MAX_SCRIPTS = 4  # sh -c "sh -c ...": each is parsed anew


class Runner:
    """Runs commands, one after the other, and adds them to `found`. `valid` turns false where something could not be
    looked at. Statements of other kinds are up to `statement`.
    """

    def __init__(
        self,
        script: str,
        parse: Callable[[str], Tree | None],
        outer: Runner | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        """`outer` and `span`: the walk that met this script, as a word of it, and where the word stands."""
        self.script = script
        self.parse = parse
        self.span = span
        self.valid = True
        self.found: list[ShellCommand] = outer.found if outer else []
        self.variables: Variables = outer.variables if outer else Variables()
        self._depth: int = outer._depth if outer else 0
        self._scripts: int = outer._scripts + 1 if outer else 0
        self._late_words: dict[int, list[Node]] = {}

    def statement(self, node: Node, conditional: bool) -> None:
        """Any node: a statement, or something that statements are in."""
        raise NotImplementedError

    def _children(self, node: Node, conditional: bool) -> None:
        for child in node.children:
            if child.is_named:
                self.statement(child, conditional)

    def _command(self, node: Node, conditional: bool) -> None:
        prefixes: list[Node] = []
        words: list[Node] = []
        redirects: list[Node] = []
        for child in node.children:
            kind = child.type
            if kind == "variable_assignment" and node.type == "command":
                prefixes.append(child)
            elif kind in REDIRECTS:
                redirects.append(child)
            else:
                words.append(child)
        late = [word for redirect in redirects for word in late_words(redirect)]
        if self._late_words:
            late += self._late_words.pop(node.start_byte, ())
        arguments = tuple(self._word(group) for group in adjacent([*words, *late]))
        script = self._run(arguments, [self._word([prefix]) for prefix in prefixes], node, conditional)
        for child in (*prefixes, *words):
            if not (script and script[0].start <= child.start_byte < script[-1].end):
                self._substitutions(child, conditional)
        for child in redirects:  # the late words are within them
            self.statement(child, conditional)

    def _test(self, node: Node, conditional: bool) -> None:
        """`[ ... ]` is a command; `[[ ... ]]` is a part of the shell."""
        if not self.script.startswith("[[", node.start_byte):
            self._run(tuple(self._word(group) for group in adjacent([*leaves(node)])), (), node, conditional)
        self._children(node, conditional)

    def _assignments(self, node: Node, conditional: bool) -> None:
        for child in node.children if node.type == "variable_assignments" else (node,):
            self._children(child, conditional)
            pair = self._assignment(self._word([child]))
            if pair is not None:
                self.variables.assign(*pair, everything_exported=builtins.exports_all(self.variables))

    def _substitutions(self, word: Node, conditional: bool) -> None:
        """The commands within a word."""
        if word.child_count == 0:
            return
        if word.type in ("command_substitution", "process_substitution"):
            self.statement(word, conditional)
        else:
            self._children(word, conditional)

    def _run(
        self, words: tuple[Argument, ...], prefixes: Sequence[Argument], node: Node, conditional: bool
    ) -> Sequence[Argument]:
        """A simple command runs. Gives the words that are a script, which has run already."""
        if not words:
            return ()
        start, end = self.span or (node.start_byte, node.end_byte)
        real, variables = unwrap(words), self.variables
        mark = variables.mark()
        for word in (*prefixes, *real.assigned):
            pair = self._assignment(word)
            if pair is not None:
                variables.set(pair[0], Variable(pair[1], "exported"))
        for name in real.unset:
            variables.set(name.text, Variable(Argument("", name.start, name.end), "unset"))
        if real.script:
            self._inline(" ".join(word.text for word in real.script), real.script, conditional)
        else:
            environment, assigned = variables.view("exported", "unset"), variables.view("shell")
            directory = builtins.directory(variables)
            command = ShellCommand(real.words, environment, start, end, conditional, directory, assigned)
            self.found.append(command)
        if prefixes or real.forks or not real.script:
            variables.rollback(mark)
        if not real.script and not real.forks:
            builtins.apply(real.words, variables, self._assignment)
        return real.script

    def _inline(self, text: str, words: Sequence[Argument], conditional: bool) -> None:
        """`sh -c "..."` and eval: a script within the script; all of it stands where its words stand."""
        tree = self.parse(text) if self._scripts < _MAX_SCRIPTS else None
        if tree is None:
            self.valid = False
            return
        inner = type(self)(text, self.parse, self, self.span or (words[0].start, words[-1].end))
        inner.statement(tree.root_node, conditional)
        self.valid = self.valid and inner.valid and not tree.root_node.has_error

    def _assignment(self, word: Argument) -> tuple[str, Argument] | None:
        return assignment(word, self.span is None and self.script[word.start] not in "\"'\\")

    def _word(self, nodes: Sequence[Node]) -> Argument:
        """The word that touching nodes make up."""
        start, end = nodes[0].start_byte, nodes[-1].end_byte
        text, literal = self.script[start:end], True
        if not PLAIN.fullmatch(text):
            holes = expansions(nodes, self.script) if "$" in text or "`" in text or "(" in text else []
            text, literal = unquote(text, [(left - start, right - start) for left, right in holes])
        return Argument(text, *(self.span or (start, end)), literal)
