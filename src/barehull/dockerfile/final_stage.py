"""What the last stage of a Dockerfile says of how its image runs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from barehull.dockerfile.tree import Instruction, parse

_PAIR = re.compile(r"""([A-Za-z_][A-Za-z0-9_]*)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)""")


@dataclass(frozen=True, slots=True)
class Command:
    """An ENTRYPOINT or CMD: `words` in the exec form, else the `line` that a shell would run. `number` is its line."""

    words: tuple[str, ...]
    line: str
    number: int


@dataclass(frozen=True, slots=True)
class FinalStage:
    """What is certain of the last stage: values with variables in them are left out."""

    entrypoint: Command | None = None
    cmd: Command | None = None
    env: tuple[tuple[str, str], ...] = ()
    ports: tuple[int, ...] = ()


def final_stage(text: str) -> FinalStage:
    """The settings of the last stage in a Dockerfile's text."""
    dockerfile = parse(text)
    stage = FinalStage()
    for instruction in dockerfile.instructions:
        match instruction.keyword:
            case "FROM":
                stage = FinalStage()
            case "ENTRYPOINT":
                # A new entrypoint takes back the command before it.
                command = _command(instruction, dockerfile.position(instruction.start)[0])
                stage = replace(stage, entrypoint=command, cmd=None)
            case "CMD":
                stage = replace(stage, cmd=_command(instruction, dockerfile.position(instruction.start)[0]))
            case "ENV":
                stage = replace(stage, env=tuple({**dict(stage.env), **_env(instruction.arguments)}.items()))
            case "EXPOSE":
                stage = replace(stage, ports=stage.ports + _ports(instruction.arguments))
    return stage


def _command(instruction: Instruction, number: int) -> Command:
    text = instruction.arguments
    try:
        words = json.loads(text) if text.startswith("[") else None
    except ValueError:
        words = None  # as BuildKit does: what is not JSON is in shell form
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return Command(tuple(words), "", number)
    return Command((), text, number)


def _env(text: str) -> dict[str, str]:
    if not re.match(r"[A-Za-z_][A-Za-z0-9_]*=", text):
        name, _, value = text.partition(" ")
        pairs = [(name, value.strip())]
    else:
        pairs = [(match[1], match[2]) for match in _PAIR.finditer(text)]
    return {name: value.strip("\"'") for name, value in pairs if "$" not in value and "\\" not in value}


def _ports(text: str) -> tuple[int, ...]:
    words = (word.removesuffix("/tcp") for word in text.split())
    return tuple(int(word) for word in words if word.isdigit())
