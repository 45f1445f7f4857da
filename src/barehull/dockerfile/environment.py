"""Variables that change as a file is read: each point keeps its view of them, and no change copies them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

from barehull.core.span import Span


@dataclass(frozen=True, slots=True)
class Value:
    """A value after expansion, and where it is written. `unset` names the variables that have no value here."""

    text: str
    span: Span
    unset: tuple[str, ...] = ()


_MAX_DEPTH = 100
_Entry = tuple[int, Value, bool]  # from which version on; the value; whether it is set by ENV
_VERSION = itemgetter(0)


class Log:
    """What was set in a stage, in order, on top of what it inherits. Only ever added to."""

    def __init__(self, outer: Environment | None = None) -> None:
        self.entries: dict[str, list[_Entry]] = {}
        self.version = 0
        self.depth = 0 if outer is None else outer.depth + 1
        self.outer = outer
        if outer is not None and self.depth > _MAX_DEPTH:  # a lookup goes through all of them
            self.entries = {name: [(0, value, exported)] for name, value, exported in outer.all()}
            self.outer, self.depth = None, 0

    def set(self, values: Mapping[str, Value], *, exported: bool) -> None:
        """Give variables a value from now on."""
        self.version += 1
        for name, value in values.items():
            self.entries.setdefault(name, []).append((self.version, value, exported))

    def now(self) -> Environment:
        """The variables as they are now."""
        return Environment(self, self.version)


class Environment(Mapping[str, Value]):
    """The variables at one point of a file."""

    __slots__ = ("_log", "_version")

    def __init__(self, log: Log, version: int) -> None:
        self._log = log
        self._version = version

    def _find(self, name: str) -> _Entry | None:
        here: Environment | None = self
        while here is not None:
            found = here._log.entries.get(name)
            if found and (count := bisect_right(found, here._version, key=_VERSION)):
                return found[count - 1]
            here = here._log.outer
        return None

    def __getitem__(self, name: str) -> Value:
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found[1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def is_exported(self, name: str) -> bool:
        """Whether the variable is set by ENV, and so kept in the image."""
        found = self._find(name)
        return found is not None and found[2]

    @property
    def depth(self) -> int:
        """How many stages a lookup may go through, besides the own one."""
        return self._log.depth

    def all(self) -> Iterator[tuple[str, Value, bool]]:
        """Every variable: its name, its value, whether it is set by ENV."""
        seen: set[str] = set()
        here: Environment | None = self
        while here is not None:
            for name, entries in here._log.entries.items():
                count = 0 if name in seen else bisect_right(entries, here._version, key=_VERSION)
                if count:
                    seen.add(name)
                    yield name, entries[count - 1][1], entries[count - 1][2]
            here = here._log.outer

    def __iter__(self) -> Iterator[str]:
        return (name for name, _, _ in self.all())

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Texts(Mapping[str, str]):
    """An environment's values as plain text, which is what the lexer asks for."""

    __slots__ = ("_environment",)

    def __init__(self, environment: Mapping[str, Value]) -> None:
        self._environment = environment

    def __getitem__(self, name: str) -> str:
        return self._environment[name].text

    def __contains__(self, name: object) -> bool:
        return name in self._environment

    def __iter__(self) -> Iterator[str]:
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)
