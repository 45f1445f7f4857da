"""The types of shell.py: simple commands, their words, and the script that they are found in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NONE: Mapping[str, Argument] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Argument:
    """A word of a command after quote removal, [start, end) in the script; variables stand as written: `$X`, `${X:-y}`.

    `literal` is false where it holds an expansion ($X, $(x), a glob), so that its value is not known from the text.
    """

    text: str
    start: int
    end: int
    literal: bool = True


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """One simple command: its words, what is assigned for it, and where it stands.

    `words` begin with the command that is really run: wrappers (env, exec, time, nice, sudo, xargs, timeout, `sh -c`)
    are looked through. [start, end) is the whole of it, assignments and wrappers included.

    `environment` is what the script itself puts into the environment of the command, as written: `A=b go build`,
    `env A=b`, `export A=b` earlier on. A variable that the script unsets has the value "" (to Go and most programs the
    same). One that was set in some branches only (if, case, ||, a loop that may not run), or to different values,
    stands for itself: `$A`, not literal. `assigned` are the shell variables that the script does not export
    (`A=b; go build`): the command sees one only where its name came in from outside the script, by ENV or ARG.

    `conditional` says that it may not run: in the branches of if and case, loops, functions, after ||, and after a
    test (`[ x ] && cmd`); other chains of && do not count. `directory` is what `cd` before it gave ("" where none was).
    """

    words: tuple[Argument, ...]
    environment: Mapping[str, Argument]
    start: int
    end: int
    conditional: bool = False
    directory: str = ""
    assigned: Mapping[str, Argument] = field(default_factory=lambda: NONE)

    @property
    def name(self) -> str:
        """The program's name without its folder."""
        return self.words[0].text.rpartition("/")[2] if self.words else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The texts of the words after the first."""
        return tuple(word.text for word in self.words[1:])


@dataclass(frozen=True, slots=True)
class Script:
    """The commands of a script, in the order that they stand in. `valid`: it could be parsed whole."""

    commands: tuple[ShellCommand, ...]
    valid: bool
