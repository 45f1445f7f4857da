"""Literals of Bazel's .bzl and BUILD files. Nothing in them is evaluated."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from barehull.core.errors import InputError

_MAX = 1 << 20  # characters
ADVICE = (
    "The lists have another form than the one known: use a newer barehull, or lists of another day. The tables of "
    "before are still in use."
)


@dataclass(frozen=True, slots=True)
class Literal:
    """The value of a name, and where it stands ("java/config.bzl, line 5")."""

    name: str
    value: Any
    where: str

    def refuse(self, expected: str) -> InputError:
        """The error to raise where the value is not what is expected."""
        return InputError(f"{self.where}: {self.name} is not {expected}", advice=ADVICE)

    def words(self) -> tuple[str, ...]:
        """Its value as a list of plain words. InputError where it is something else."""
        return self._words(self.value, "a list of names")

    def table(self) -> dict[str, tuple[str, ...]]:
        """Its value as lists of words by name. InputError where it is something else."""
        expected = "a table of lists of names"
        if not isinstance(self.value, dict) or not all(_is_word(key) for key in self.value):
            raise self.refuse(expected)
        return {key: self._words(value, expected) for key, value in self.value.items()}

    def _words(self, value: Any, expected: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(_is_word(it) for it in value):
            raise self.refuse(expected)
        return tuple(value)


def literals(text: str, what: str, names: Iterable[str]) -> dict[str, Literal]:
    """The literals that a file gives to `names` at its top level.

    Errors: InputError, with the file `what` and the line, when it cannot be read, lacks a name, or gives it anything
    but a literal.
    """
    wanted = dict.fromkeys(names)
    found: dict[str, Literal] = {}
    for node in _parsed(text, what).body:
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign):
            targets = [node.target]
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and target.id in wanted:
                value = _value(node, target.id, what)
                found[target.id] = Literal(target.id, value, f"{what}, line {node.lineno}")
    missing = [name for name in wanted if name not in found]
    if missing:
        raise InputError(f"{what} does not set {' and '.join(missing)}", advice=ADVICE)
    return found


def _parsed(text: str, what: str) -> ast.Module:
    if len(text) > _MAX:
        raise InputError(f"{what} has {len(text)} characters", advice=ADVICE)
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise InputError(f"{what}, line {error.lineno or 1}: {error.msg}", advice=ADVICE) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"{what}, line 1: it cannot be parsed: {error or 'too deep'}", advice=ADVICE) from error


def _value(node: ast.Assign | ast.AugAssign, name: str, what: str) -> Any:
    """The value; what is added to a name cannot be followed."""
    if isinstance(node, ast.Assign):
        with contextlib.suppress(ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            return ast.literal_eval(node.value)
    raise InputError(f"{what}, line {node.lineno}: {name} is not a plain value", advice=ADVICE)


def _is_word(value: Any) -> bool:
    return (
        isinstance(value, str) and 0 < len(value) < 100 and value.isascii() and value.isprintable() and " " not in value
    )
