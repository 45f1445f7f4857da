"""The walk over a shell script's tree: what runs, in which order, in which branches and subshells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from barehull.dockerfile.shell import builtins
from barehull.dockerfile.shell.nodes import REDIRECTS, clauses, late_words
from barehull.dockerfile.shell.run import Runner
from barehull.dockerfile.shell.variables import Variable

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_DEPTH = 60


class Walk(Runner):
    """Goes over all that a script may consist of."""

    def statement(self, node: Node, conditional: bool) -> None:
        """Any node: a statement, or something that statements are in."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self.valid = False
        else:
            handler = _HANDLERS.get(node.type)
            if handler is None:
                self._children(node, conditional)
            else:
                handler(self, node, conditional)
        self._depth -= 1

    def _nothing(self, node: Node, conditional: bool) -> None:
        pass

    def _forked(self, node: Node, conditional: bool) -> None:
        mark = self.variables.mark()
        self._children(node, conditional)
        self.variables.rollback(mark)

    def _pipeline(self, node: Node, conditional: bool) -> None:
        for child in node.children:
            if child.is_named:
                mark = self.variables.mark()
                self.statement(child, conditional)
                self.variables.rollback(mark)

    def _list(self, node: Node, conditional: bool) -> None:
        """Chains, `a && b || c`: the tree leans to the left, and may be deep."""
        links: list[tuple[str, Node]] = []
        while node.type == "list":
            first, *rest = node.children
            parts, joint = [], ""
            for child in rest:  # an operator, a statement; comments and errors as well
                if child.is_named:
                    parts.append((joint, child))
                else:
                    joint = child.type
            links += reversed(parts)
            node = first
        links.append(("", node))
        tested, mark = False, -1
        for operator, link in reversed(links):
            maybe = operator == "||" or (operator == "&&" and tested)
            if mark >= 0 and (operator == "||" or not maybe):
                self.variables.merge([self.variables.rollback(mark)], exhaustive=False)
                mark = -1
            if maybe and mark < 0:
                mark = self.variables.mark()
            self.statement(link, conditional or maybe)
            tested = (tested and operator == "&&") or self._is_test(link)
        if mark >= 0:
            self.variables.merge([self.variables.rollback(mark)], exhaustive=False)

    def _is_test(self, node: Node) -> bool:
        if node.type == "negated_command":
            node = node.children[-1]
        return node.type == "test_command" or (
            node.type == "command" and self.script.startswith("test ", node.start_byte)
        )

    def _if(self, node: Node, conditional: bool) -> None:
        branches: list[Mapping[str, Variable | None]] = []
        mark, maybe, exhaustive = -1, conditional, False
        for child in clauses(node):
            kind = child.type
            if kind in ("elif", "else", "fi") and mark >= 0:
                branches.append(self.variables.rollback(mark))
                mark = -1
            if kind in ("then", "else"):
                mark = self.variables.mark()
                exhaustive = kind == "else"
            maybe = maybe or kind == "then"
            if child.is_named:
                self.statement(child, maybe)
        if mark >= 0:  # no `fi`: an error
            branches.append(self.variables.rollback(mark))
        self.variables.merge(branches, exhaustive)

    def _case(self, node: Node, conditional: bool) -> None:
        branches: list[Mapping[str, Variable | None]] = []
        exhaustive = False
        for child in node.children:
            if child.type != "case_item":
                self.statement(child, conditional)
                continue
            mark = self.variables.mark()
            self._children(child, True)
            branches.append(self.variables.rollback(mark))
            exhaustive = exhaustive or self.script.startswith("*)", child.start_byte)
        self.variables.merge(branches, exhaustive)

    def _maybe(self, node: Node, conditional: bool) -> None:
        """What may not run, or not yet: the body of a function or of a loop."""
        mark = self.variables.mark()
        self._children(node, True)
        self.variables.merge([self.variables.rollback(mark)], exhaustive=False)

    def _while(self, node: Node, conditional: bool) -> None:
        for child in node.children:
            if child.type == "do_group":
                self._maybe(child, True)
            elif child.is_named:
                self.statement(child, conditional)

    def _for(self, node: Node, conditional: bool) -> None:
        runs = False
        for child in node.children:
            if child.type == "variable_name":
                builtins.assign_unknown(self._word([child]), self.variables)
            elif child.type in ("do_group", "compound_statement"):
                if runs:
                    self._children(child, conditional)
                else:
                    self._maybe(child, True)
            elif child.is_named:
                self.statement(child, conditional)
                runs = runs or self._word([child]).literal

    def _redirected(self, node: Node, conditional: bool) -> None:
        """The grammar takes the words after a redirection for more of its targets: `x >y z`, `x <<E z`."""
        body, *redirects = node.children
        late = [word for redirect in redirects for word in late_words(redirect)]
        if late and body.type not in REDIRECTS:
            last = body
            while last.type in ("list", "pipeline", "negated_command"):
                last = last.children[-1]
            self._late_words[last.start_byte] = late
        self.statement(body, conditional)
        for redirect in redirects:
            self.statement(redirect, conditional)

    def _heredoc_redirect(self, node: Node, conditional: bool) -> None:
        """The rest of the line is within it: `cat <<E && b`, `cat <<E | b`."""
        maybe = False
        for child in node.children:
            maybe = maybe or child.type == "||"
            if child.is_named:
                self.statement(child, conditional or maybe)


_HANDLERS: Mapping[str, Callable[[Walk, Node, bool], None]] = {
    "c_style_for_statement": Walk._while,
    "case_statement": Walk._case,
    "command": Walk._command,
    "command_substitution": Walk._forked,
    "comment": Walk._nothing,
    "declaration_command": Walk._command,
    "for_statement": Walk._for,
    "function_definition": Walk._maybe,
    "heredoc_redirect": Walk._heredoc_redirect,
    "if_statement": Walk._if,
    "list": Walk._list,
    "pipeline": Walk._pipeline,
    "process_substitution": Walk._forked,
    "redirected_statement": Walk._redirected,
    "subshell": Walk._forked,
    "test_command": Walk._test,
    "unset_command": Walk._command,
    "variable_assignment": Walk._assignments,
    "variable_assignments": Walk._assignments,
    "while_statement": Walk._while,
}
