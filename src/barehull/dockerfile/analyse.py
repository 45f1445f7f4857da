"""Text -> facts: (1) the tree, (2) its instructions' meaning, (3) stages in order, (4) which are targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from barehull.core.span import Span
from barehull.dockerfile.facts import Base, Facts, StageFacts, Value
from barehull.dockerfile.instructions import From, Invalid, Pairs, Typed, read
from barehull.dockerfile.scope import PLATFORM, Scope
from barehull.dockerfile.stage import StageReader
from barehull.dockerfile.targets import targets_of
from barehull.dockerfile.tree import Dockerfile, parse

Problem = tuple[str, Span]


def facts_of(text: str, arguments: Mapping[str, str] | None = None) -> Facts:
    """The facts of a Dockerfile's text. `arguments` are values for ARGs (--build-arg). Never raises: see `problems`."""
    file = parse(text)
    typed = [read(instruction, file.escape) for instruction in file.instructions]
    problems = [(problem.message, problem.span) for problem in file.problems] + _problems(typed)
    before, groups = _grouped(typed)
    problems += [
        ("no build stage in current context: an instruction stands before the first FROM", _whole(it))
        for it in before
        if it.instruction.keyword != "ARG" and not isinstance(it, Invalid)
    ]
    if not groups and not problems:
        problems.append(("there is no FROM in it", Span(0, 0)))
    stages = _stages(file, before, groups, arguments or {})
    return Facts(file, stages, targets_of(stages), tuple(problems))


def _problems(typed: Sequence[Typed]) -> list[Problem]:
    """What BuildKit refuses. It does not look at what ONBUILD holds before that is triggered."""
    return [(it.why, _whole(it)) for it in typed if isinstance(it, Invalid)]


def _whole(typed: Typed) -> Span:
    """The instruction, without its line end."""
    instruction = typed.instruction
    return Span(instruction.start, instruction.offset(max(len(instruction.line.rstrip()) - 1, 0)) + 1)


def _grouped(typed: Sequence[Typed]) -> tuple[list[Typed], list[tuple[From, list[Typed]]]]:
    before: list[Typed] = []
    groups: list[tuple[From, list[Typed]]] = []
    for it in typed:
        if isinstance(it, From):
            groups.append((it, []))
        elif groups:
            groups[-1][1].append(it)
        else:
            before.append(it)
    return before, groups


def _stages(
    file: Dockerfile, before: Sequence[Typed], groups: Sequence[tuple[From, list[Typed]]], given: Mapping[str, str]
) -> tuple[StageFacts, ...]:
    top = Scope(file.escape)
    top.set({**PLATFORM, **{name: Value(text, Span(0, 0)) for name, text in given.items() if name in PLATFORM}})
    for it in before:
        if isinstance(it, Pairs) and it.instruction.keyword == "ARG":
            top.arg(it, {}, given)
    names = {line.name.text.lower(): index for index, (line, _) in zip(count(), groups) if line.name}

    def find(name: str) -> int | None:
        """COPY and mounts may name any stage of the file, by name or number, in any case of letters."""
        if name.isdecimal() and len(name) < 6 and int(name) < len(groups):
            return int(name)
        return names.get(name.lower())

    stages: list[StageFacts] = []
    before_names: dict[str, int] = {}
    for index, (line, body) in enumerate(groups):
        base = _base(line, top, before_names)
        parent = None if base.stage is None else stages[base.stage]
        scope = Scope(file.escape, parent.environment if parent else None)
        reader = StageReader(file, scope, top.environment, given, find)
        if parent:
            reader.inherit(parent)
        for it in body:
            reader.take(it, index)
        name = line.name.text if line.name else ""
        stages.append(reader.done(index, line, name, base, parent))
        if name:
            before_names[name.lower()] = index
    return tuple(stages)


def _base(line: From, top: Scope, names: Mapping[str, int]) -> Base:
    """FROM names an earlier stage, else an image."""
    image = top.value(line, line.image)
    return Base(image, names.get(image.text.lower()), line.flag("platform") or "")
