"""One stage, read instruction by instruction: what each of them changes of what is in effect."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from barehull.core.span import Span
from barehull.dockerfile.environment import Texts
from barehull.dockerfile.expand import expand
from barehull.dockerfile.facts import Base, CopyFact, RunFact, StageFacts, StartFact, Value
from barehull.dockerfile.flags import csv_fields
from barehull.dockerfile.instructions import Copy, From, Healthcheck, Pairs, Run, Start, Typed, Words
from barehull.dockerfile.programs.builds import builds_language
from barehull.dockerfile.programs.go_build import GoBuild, go_builds, go_settings
from barehull.dockerfile.programs.installs import installs
from barehull.dockerfile.scope import Scope
from barehull.dockerfile.shell.commands import Script, commands
from barehull.dockerfile.tree import Dockerfile

_SHELLS = ("sh", "bash", "ash", "dash", "ksh", "zsh")
_ON_THE_WEB = ("http://", "https://", "git@", "git://", "ssh://", "ftp://")
_NO_SCRIPT = Script((), valid=False)
StageNames = Callable[[str], int | None]


@dataclass(slots=True)
class StageReader:
    """Takes a stage's instructions in order; `done` gives its facts. `find` gives a stage's index by name or number."""

    file: Dockerfile
    scope: Scope
    outer: Mapping[str, Value]
    given: Mapping[str, str]
    find: StageNames
    typed: list[Typed] = field(default_factory=list)
    runs: list[RunFact] = field(default_factory=list)
    copies: list[CopyFact] = field(default_factory=list)
    user: Value | None = None
    workdir: Value | None = None
    entrypoint: StartFact | None = None
    cmd: StartFact | None = None
    ports: list[Value] = field(default_factory=list)
    shell: tuple[str, ...] = ()
    healthcheck: Typed | None = None

    def inherit(self, parent: StageFacts) -> None:
        """Begin with what is in effect at the end of a stage of this file."""
        self.user, self.workdir, self.entrypoint, self.cmd = (
            parent.user,
            parent.workdir,
            parent.entrypoint,
            parent.cmd,
        )
        self.ports, self.shell, self.healthcheck = list(parent.ports), parent.shell, parent.healthcheck

    def take(self, typed: Typed, stage: int) -> None:
        """The next instruction of the stage with that index."""
        self.typed.append(typed)
        match typed:
            case Run():
                self.runs.append(self._run(typed))
            case Copy():
                self.copies.append(self._copy(typed))
            case Start():
                self._start(typed, stage)
            case Healthcheck():
                self.healthcheck = typed if typed.command else None
            case Pairs():
                self._pairs(typed)
            case Words():
                self._words(typed)

    def _pairs(self, typed: Pairs) -> None:
        match typed.instruction.keyword:
            case "ENV":
                self.scope.env(typed)
            case "ARG":
                self.scope.arg(typed, self.outer, self.given)

    def _words(self, typed: Words) -> None:
        values = [self.scope.value(typed, word) for word in typed.words]
        match typed.instruction.keyword:
            case "USER" if values:
                self.user = values[0]
            case "WORKDIR" if values:
                self.workdir = _below(self.workdir, values[0])
            case "EXPOSE":
                self.ports += values
            case "SHELL":
                self.shell = tuple(value.text for value in values)

    def _start(self, typed: Start, stage: int) -> None:
        command = typed.command
        fact = StartFact(command.words, command.script, command.exec_form, typed.span(command.whole), stage)
        if typed.instruction.keyword == "CMD":
            self.cmd = fact
            return
        self.entrypoint = fact
        if self.cmd and self.cmd.stage != stage:
            self.cmd = None  # a new entrypoint takes back the command of the stage before

    def _run(self, typed: Run) -> RunFact:
        mounts = tuple(
            index
            for flag in typed.flags
            if flag.name == "mount"
            for part in csv_fields(flag.value) or ()
            if part.startswith("from=") and (index := self.find(self.scope.expand(part[5:]).text)) is not None
        )
        fact = RunFact(typed, _NO_SCRIPT, self.scope.environment, mounts)
        command = typed.command
        if command.exec_form:
            return replace(fact, script=commands(shlex.join(command.words)))
        if self.shell and self.shell[0].rpartition("/")[2] not in _SHELLS:
            return fact  # another language, e.g. PowerShell
        documents = typed.instruction.heredocs
        if len(documents) == 1 and command.script.lstrip().startswith("<<") and len(command.script.split()) == 1:
            begin, end = documents[0].start, documents[0].end
            script = commands(self.file.text[begin:end])
            return replace(fact, script=script, origin=begin, in_heredoc=True)
        return replace(fact, script=commands(command.script), origin=command.whole.start)

    def _copy(self, typed: Copy) -> CopyFact:
        sources = tuple(self.scope.value(typed, word) for word in typed.sources)
        fact = CopyFact(typed, sources, self.scope.value(typed, typed.destination), "context")
        flag = next((flag for flag in typed.flags if flag.name == "from"), None)
        if flag is not None:
            name = self.scope.expand(flag.value)
            index = self.find(name.text)
            if index is not None:
                return replace(fact, origin="stage", stage=index)
            return replace(fact, origin="image", image=Value(name.text, typed.span(flag.word), name.unset))
        if typed.adds and any(source.text.startswith(_ON_THE_WEB) for source in sources):
            return replace(fact, origin="url")
        inline = sources and all(source.text.startswith("<<") for source in sources)
        return replace(fact, origin="inline") if inline else fact

    def done(self, index: int, line: From, name: str, base: Base, parent: StageFacts | None) -> StageFacts:
        """The facts of the stage."""
        found, settings = _go(self.runs, parent.go_settings if parent else {})
        return StageFacts(
            index=index,
            name=name,
            line=line,
            base=base,
            root=parent.root if parent else base,
            parent=parent,
            typed=tuple(self.typed),
            runs=tuple(self.runs),
            installs=tuple((run, it) for run in self.runs for it in installs(run.script.commands)),
            go_builds=found,
            go_settings=settings,
            builds=tuple(
                (run, command, language)
                for run in self.runs
                for command in run.script.commands
                if (language := builds_language(command))
            ),
            copies=tuple(self.copies),
            environment=self.scope.environment,
            user=self.user,
            workdir=self.workdir,
            entrypoint=self.entrypoint,
            cmd=self.cmd,
            ports=tuple(self.ports),
            shell=self.shell,
            healthcheck=self.healthcheck,
        )


def _go(
    runs: Sequence[RunFact], settings: Mapping[str, str]
) -> tuple[tuple[tuple[RunFact, GoBuild], ...], Mapping[str, str]]:
    """The Go builds of RUNs, with CGO_ENABLED and GOOS as they are in effect; and what `go env -w` leaves to others."""
    found = []
    for run in runs:
        for build in go_builds(run.script.commands, settings):
            cgo = _in_effect(build.cgo, "CGO_ENABLED", build, run.environment)
            goos = _in_effect(build.goos, "GOOS", build, run.environment)
            found.append((run, replace(build, cgo=cgo, goos=goos)))
        settings = go_settings(run.script.commands, settings)
    return tuple(found), settings


def _in_effect(said: str | None, name: str, build: GoBuild, environment: Mapping[str, Value]) -> str | None:
    """A variable for a command: as its script or `go env -w` sets it, unless ENV or ARG does."""
    outside = environment.get(name)
    if outside is not None and name not in build.command.environment:
        assigned = build.command.assigned.get(name)
        said = outside.text if assigned is None else assigned.text
    if said is None:
        return None
    if "$" not in said:
        return said
    found = expand(said, Texts(environment))
    return said if found.unset else found.text


def _below(current: Value | None, new: Value) -> Value:
    """WORKDIR: a relative one is below the one before."""
    if new.text.startswith(("/", "$")) or current is None:
        return new
    text = f"{current.text.rstrip('/')}/{new.text}"
    return Value(text, Span(new.span.start, new.span.end), current.unset + new.unset)
