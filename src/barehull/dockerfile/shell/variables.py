"""The variables of a shell while it runs: who exported them, what a subshell or a branch takes back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from barehull.dockerfile.shell.simple_command import NONE, Argument

Kind = Literal["exported", "shell", "unset", "hidden"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable's value (None: not known to the script) and who sees it."""

    value: Argument | None
    kind: Kind


class Variables:
    """All values of each name, each with the time when it came. Time stays linear in the number of assignments: what
    commands see are views at a time, and nothing is ever copied, however deep subshells nest.
    """

    __slots__ = ("_now", "_times", "_undo", "_values")

    def __init__(self) -> None:
        self._now = 0
        self._times: dict[str, list[int]] = {}
        self._values: dict[str, list[Variable | None]] = {}
        self._undo: list[tuple[str, Variable | None]] = []

    def get(self, name: str) -> Variable | None:
        """The variable now, or None."""
        return self._values[name][-1] if name in self._values else None

    def set(self, name: str, variable: Variable) -> None:
        """Change a variable."""
        self._undo.append((name, self.get(name)))
        self._write(name, variable)

    def assign(self, name: str, value: Argument, everything_exported: bool = False) -> None:
        """`name=value`: stays exported where it was."""
        old = self.get(name)
        exported = everything_exported or (old is not None and old.kind == "exported")
        self.set(name, Variable(value, "exported" if exported else "shell"))

    def export(self, name: str) -> None:
        """`export name`."""
        old = self.get(name)
        self.set(name, Variable(old.value if old is not None and old.kind != "unset" else None, "exported"))

    def mark(self) -> int:
        """The state now, to go back to by `rollback`."""
        return len(self._undo)

    def rollback(self, mark: int) -> dict[str, Variable | None]:
        """Take back all that was changed since the mark; gives what it was changed to."""
        before = dict(reversed(self._undo[mark:]))  # of several changes of a name, the first one's
        del self._undo[mark:]
        changes = {name: self.get(name) for name in before}
        for name, old in before.items():
            self._write(name, old)
        return changes

    def merge(self, branches: Sequence[Mapping[str, Variable | None]], exhaustive: bool) -> None:
        """Go on after branches, one of which ran (or none, unless `exhaustive`): where they do not agree on a
        variable, its value is itself, unknown.
        """
        outcomes: dict[str, list[Variable | None]] = {}
        for changes in branches:
            for name, variable in changes.items():
                outcomes.setdefault(name, []).append(variable)
        for name, found in outcomes.items():
            if len(found) < len(branches) or not exhaustive:
                found.append(self.get(name))
            self.set(name, _agreed(name, found))

    def view(self, *kinds: Kind) -> Mapping[str, Argument]:
        """The variables of these kinds as they are now, by name."""
        return View(self._times, self._values, self._now, kinds) if self._values else NONE

    def _write(self, name: str, variable: Variable | None) -> None:
        self._now += 1
        self._times.setdefault(name, []).append(self._now)
        self._values.setdefault(name, []).append(variable)


@dataclass(frozen=True, slots=True, eq=False)
class View(Mapping[str, Argument]):
    """The variables of some kinds at a time."""

    _times: dict[str, list[int]] = field(repr=False)
    _values: dict[str, list[Variable | None]] = field(repr=False)
    _now: int
    _kinds: tuple[Kind, ...]

    def __getitem__(self, name: str) -> Argument:
        at = bisect_right(self._times[name], self._now) - 1
        variable = self._values[name][at] if at >= 0 else None
        if variable is None or variable.value is None or variable.kind not in self._kinds:
            raise KeyError(name)
        return variable.value

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._times if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


def _agreed(name: str, found: Sequence[Variable | None]) -> Variable:
    first = found[0]
    if first is not None and all(_same(first, other) for other in found):
        return first
    kinds = {variable.kind for variable in found if variable is not None}
    some = next((variable.value for variable in found if variable is not None and variable.value is not None), None)
    start, end = (some.start, some.end) if some is not None else (0, 0)
    kind: Kind = "hidden" if "hidden" in kinds else "exported" if kinds & {"exported", "unset"} else "shell"
    return Variable(Argument(f"${name}", start, end, literal=False), kind)


def _same(one: Variable, other: Variable | None) -> bool:
    if other is None or one.kind != other.kind:
        return False
    texts = [variable.value.text if variable.value is not None else None for variable in (one, other)]
    return texts[0] == texts[1]
