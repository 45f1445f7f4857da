"""What a Dockerfile comes to: its stages after expansion, what they run, copy and start, and what it ships.

These are the values; `analyse.facts_of` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from barehull.core.span import Span
from barehull.dockerfile.environment import Environment
from barehull.dockerfile.environment import Value as Value
from barehull.dockerfile.instructions import Copy, From, Run, Typed, Word
from barehull.dockerfile.programs.go_build import GoBuild
from barehull.dockerfile.programs.installs import Install
from barehull.dockerfile.shell.commands import Script, ShellCommand
from barehull.dockerfile.tree import Dockerfile


@dataclass(frozen=True, slots=True)
class Base:
    """What a FROM names: an image, or the `stage` (index) of this file."""

    image: Value
    stage: int | None = None
    platform: str = ""


@dataclass(frozen=True, slots=True)
class StartFact:
    """An ENTRYPOINT or CMD in effect: the exec form's words, else the shell form's script."""

    words: tuple[str, ...]
    script: str
    exec_form: bool
    span: Span
    stage: int  # the one that it is written in


@dataclass(frozen=True, slots=True)
class RunFact:
    """A RUN: its commands (here-documents and exec form included), and the environment before it.

    `mounts_from` are the stages, by index, that it mounts. `origin` is where its script begins: in the file's text for
    a here-document, in the instruction's logical line for the shell form; None for the exec form.
    """

    run: Run
    script: Script
    environment: Mapping[str, Value]
    mounts_from: tuple[int, ...] = ()
    origin: int | None = None
    in_heredoc: bool = False

    def span(self, command: ShellCommand) -> Span:
        """Where a command of it stands in the file."""
        if self.origin is None:
            return self.run.span(self.run.command.whole)
        start, end = self.origin + command.start, self.origin + command.end
        return Span(start, end) if self.in_heredoc else self.run.span(Word("", start, end))


@dataclass(frozen=True, slots=True)
class CopyFact:
    """A COPY or ADD, expanded. `origin`: the build context, a `stage` of this file, another `image`, or a URL."""

    copy: Copy
    sources: tuple[Value, ...]
    destination: Value
    origin: Literal["context", "stage", "image", "url", "inline"]
    stage: int | None = None
    image: Value | None = None


@dataclass(frozen=True, slots=True)
class StageFacts:
    """A stage: what is its own, and what is in effect at its end.

    Its own are `typed`, `runs`, `copies`, `installs`, `go_builds`; in effect, things inherited from its FROM parents in
    this file included, are `environment`, `user`, `workdir`, `entrypoint`, `cmd`, `ports`, `shell`, `healthcheck`.

    Of `go_builds`, `cgo` and `goos` are completed from the environment that they run in, and expanded; `go_settings`
    are what `go env -w` has set. `builds` are the commands that build something, with its language.
    `parent` is the stage of this file that it is FROM; `root` is what the first of its FROM parents is on.
    `environment` holds the values of ENV, which the image keeps, and of ARG; `user` is None
    where no USER is said (nor inherited in this file).
    """

    index: int
    name: str
    line: From
    base: Base
    root: Base
    parent: StageFacts | None = field(repr=False, compare=False)
    typed: tuple[Typed, ...]
    runs: tuple[RunFact, ...]
    installs: tuple[tuple[RunFact, Install], ...]
    go_builds: tuple[tuple[RunFact, GoBuild], ...]
    go_settings: Mapping[str, str]
    builds: tuple[tuple[RunFact, ShellCommand, str], ...]
    copies: tuple[CopyFact, ...]
    environment: Environment
    user: Value | None
    workdir: Value | None
    entrypoint: StartFact | None
    cmd: StartFact | None
    ports: tuple[Value, ...]
    shell: tuple[str, ...]
    healthcheck: Typed | None

    @property
    def lineage(self) -> tuple[int, ...]:
        """The indices of its FROM parents in this file and of itself, parents first."""
        found, here = [self.index], self.parent
        while here is not None:
            found.append(here.index)
            here = here.parent
        return tuple(reversed(found))

    @property
    def commands(self) -> tuple[tuple[RunFact, ShellCommand], ...]:
        """Every command that its RUNs run, in order."""
        return tuple((run, command) for run in self.runs for command in run.script.commands)


@dataclass(frozen=True, slots=True)
class Target:
    """A stage that can be built for its own sake: a leaf. `ships` unless it is for development; `why` says why not.

    `closure` are the indices of all stages that it draws from (FROM, COPY --from, RUN --mount from), itself included.
    """

    stage: int
    closure: tuple[int, ...]
    ships: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it. `problems` are what BuildKit would refuse, as (message, where): such a file has no answer."""

    dockerfile: Dockerfile
    stages: tuple[StageFacts, ...]
    targets: tuple[Target, ...]
    problems: tuple[tuple[str, Span], ...] = ()

    @property
    def shipped(self) -> StageFacts | None:
        """The stage that a plain build ships: the last one that is not for development; None without stages."""
        last = next((target.stage for target in reversed(self.targets) if target.ships), None)
        return None if last is None else self.stages[last]
