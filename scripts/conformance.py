"""Runs BuildKit's own parser tests against ours: `make conformance BUILDKIT=DIR`. Nothing of BuildKit's is kept here.

DIR is a checkout of github.com/moby/buildkit, or a bare git directory of it, whose HEAD is taken.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from barehull.dockerfile.expand import expand, expand_words
from barehull.dockerfile.instructions import (
    Copy,
    From,
    Healthcheck,
    Invalid,
    Onbuild,
    Pairs,
    Run,
    Start,
    Typed,
    Words,
    read,
)
from barehull.dockerfile.tree import Dockerfile, decode, parse
from barehull.dockerfile.words import fields, json_words, split_command

ROOT = "frontend/dockerfile"
USAGE = """conformance: {why}
It needs BuildKit's sources, which are not part of this repository:
    git clone --depth 1 https://github.com/moby/buildkit DIR
    make conformance BUILDKIT=DIR"""
ENVIRONMENT = {"PWD": "/home", "SHELL": "bash", "KOREAN": "한국어", "NULL": ""}  # lex_test.go
LINES = [(5, 5), (11, 12), (17, 31)]  # parser_test.go, for testfile-line
AS_ONE = ("RUN", "CMD", "ENTRYPOINT", "USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER", "SHELL")


@dataclass(frozen=True)
class Sources:
    """BuildKit's files below frontend/dockerfile: in a folder, or in a git directory's HEAD."""

    folder: Path

    @property
    def checkout(self) -> bool:
        return (self.folder / ROOT).is_dir()

    def _git(self, *arguments: str) -> bytes:
        command = ["git", f"--git-dir={self.folder}", *arguments]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def names(self, folder: str) -> list[str]:
        if self.checkout:
            return sorted(path.name for path in (self.folder / ROOT / folder).iterdir())
        return sorted(self._git("ls-tree", "--name-only", f"HEAD:{ROOT}/{folder}").decode().split())

    def read(self, path: str) -> bytes:
        return (self.folder / ROOT / path).read_bytes() if self.checkout else self._git("show", f"HEAD:{ROOT}/{path}")

    def lines(self, path: str) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(self.read(path).decode().split("\n"), 1):
            if line and not line.startswith("#"):
                yield number, line


def quoted(text: str) -> str:
    """A string as Go's strconv.Quote writes it."""
    special = {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        '"': '\\"',
    }
    written = (special.get(it) or (f"\\x{ord(it):02x}" if it < " " or it == "\x7f" else it) for it in text)
    return f'"{"".join(written)}"'


def dump(typed: Typed, escape: str) -> str:
    """An instruction as BuildKit's Node.Dump writes it."""
    keyword, flags, start, end = split_command(
        typed.instruction.line, typed.instruction.at, len(typed.instruction.line), escape
    )
    head = keyword.lower()
    if flags:
        head += (
            " ["
            + " ".join(quoted(f"--{flag.name}={flag.value}" if flag.assigned else f"--{flag.name}") for flag in flags)
            + "]"
        )
    if isinstance(typed, Onbuild) and typed.inner:
        return f"{head} ({dump(typed.inner, escape)})"
    return " ".join([head, *map(quoted, values(typed, start, end))])


def values(typed: Typed, start: int, end: int) -> Iterator[str]:
    """The values of an instruction's node, in order."""
    line = typed.instruction.line
    match typed:
        case From():
            yield from (word.text for word in fields(line, typed.image.start, end))
        case Run() | Start():
            yield from typed.command.words if typed.command.exec_form else [typed.command.script] * (start < end)
        case Copy():
            yield from (word.text for word in (*typed.sources, typed.destination))
        case Pairs() if typed.instruction.keyword == "ARG":
            yield from (line[pair.key.start : (pair.value or pair.key).end] for pair in typed.pairs)
        case Pairs():
            for pair in typed.pairs:
                assert pair.value is not None
                yield from (pair.key.text, pair.value.text, "=" if line[pair.key.end] == "=" else "")
        case Healthcheck():
            yield line[start:end].split()[0]
            if typed.command:
                yield from typed.command.words if typed.command.exec_form else [typed.command.script]
        case Words():
            yield from (word.text for word in typed.words)
        case Invalid():
            # BuildKit's parser lets pass what the next step refuses, unknown flags above all; its tests have such.
            if typed.instruction.keyword == "HEALTHCHECK":
                yield from line[start:end].split(maxsplit=1)
                return
            words = json_words(line, start, end)
            if words is None and typed.instruction.keyword in AS_ONE:
                yield line[start:end]
            else:
                yield from (word.text for word in (fields(line, start, end) if words is None else words))


def typed_of(sources: Sources, path: str) -> tuple[Dockerfile, list[Typed]]:
    data = sources.read(path)
    file = parse(decode(data, path))
    assert "".join(file.pieces()).encode("utf-8", "surrogateescape") == data, f"{path} is not printed as it was"
    return file, [read(instruction, file.escape) for instruction in file.instructions]


def parsed(sources: Sources) -> Iterator[str]:
    """testfiles: each has the tree it must give."""
    for name in sources.names("parser/testfiles"):
        file, typed = typed_of(sources, f"parser/testfiles/{name}/Dockerfile")
        ours = "\n".join(f"({dump(it, file.escape)})" for it in typed)
        theirs = sources.read(f"parser/testfiles/{name}/result").decode().rstrip("\n")
        problems = "".join(problem.message for problem in file.problems)
        yield (
            "" if ours == theirs and not problems else f"{name}: {problems}\n--- ours\n{ours}\n--- BuildKit's\n{theirs}"
        )


def refused(sources: Sources) -> Iterator[str]:
    """testfiles-negative: each must be refused."""
    for name in sources.names("parser/testfiles-negative"):
        file, typed = typed_of(sources, f"parser/testfiles-negative/{name}/Dockerfile")
        good = file.problems or any(isinstance(it, Invalid) for it in typed)
        yield "" if good else f"{name} is not refused"


def line_numbers(sources: Sources) -> Iterator[str]:
    """testfile-line: where each instruction begins and ends."""
    file, _ = typed_of(sources, "parser/testfile-line/Dockerfile")
    ours = [(file.position(it.start)[0], file.position(it.end - 1)[0]) for it in file.instructions]
    yield "" if ours == LINES else f"lines {ours}, not {LINES}"


def expanded(sources: Sources) -> Iterator[str]:
    """envVarTest: words with variables, for Unix."""
    for number, line in sources.lines("shell/envVarTest"):
        if not line.strip():
            continue
        platform, source, theirs = (part.strip() for part in line.split("|"))
        if platform not in ("A", "U"):
            continue
        found = expand(source, ENVIRONMENT)
        ours = "error" if found.unset == (source,) else found.text
        yield "" if ours == theirs else f"line {number}: {source} gives {ours}, not {theirs}"


def split(sources: Sources) -> Iterator[str]:
    """wordsTest: lines split into words after expansion."""
    environment: dict[str, str] = {}
    for number, line in sources.lines("shell/wordsTest"):
        if line.startswith("ENV "):
            name, _, value = line[3:].lstrip(" ").partition("=")
            environment[name] = value
            continue
        source, expected = line.split("|")
        theirs = expected.lstrip(" ").split(",")
        try:
            ours = expand_words(source.strip(), environment)
        except ValueError:
            ours = ["error"]
        yield "" if ours == theirs else f"line {number}: {source.strip()} gives {ours}, not {theirs}"


CLASSES: tuple[tuple[str, Callable[[Sources], Iterable[str]]], ...] = (
    ("parser/testfiles", parsed),
    ("parser/testfiles-negative", refused),
    ("parser/testfile-line", line_numbers),
    ("shell/envVarTest", expanded),
    ("shell/wordsTest", split),
)


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BUILDKIT", "")
    if not name:
        print(USAGE.format(why="BUILDKIT is not set."), file=sys.stderr)
        return 2
    sources = Sources(Path(name))
    try:
        sources.names("parser/testfiles")
    except (OSError, subprocess.CalledProcessError):
        print(USAGE.format(why=f"{name} has no {ROOT}/parser/testfiles."), file=sys.stderr)
        return 2
    wrong = 0
    for title, run in CLASSES:
        results = [*run(sources)]
        disagreements = [result for result in results if result]
        wrong += len(disagreements) + (not results)  # no cases are no agreement
        print(f"{title:26} {len(results) - len(disagreements):4} of {len(results):4} agree")
        for text in disagreements:
            print(f"  {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
