"""The program that a command runs by its plain name: `python3.11 -m pip`, `uv pip` and `pip3` are all pip."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from barehull.dockerfile.shell.simple_command import ShellCommand

_VERSIONED = re.compile(r"(python|pypy|pip|go|gem|bundle)\d[\w.]*", re.ASCII)
_ALIASES: Mapping[str, str] = {
    "pypy": "python",
    "mvnw": "mvn",
    "gradlew": "gradle",
    # the cross-compilation helpers of tonistiigi/xx
    "xx-go": "go",
    "xx-cargo": "cargo",
    "xx-apk": "apk",
    "xx-apt": "apt",
    "xx-apt-get": "apt-get",
}
# Programs that run another one: the words between, and their options that take the next word.
_RUNNERS: Mapping[tuple[str, str], Collection[str]] = {
    ("bundle", "exec"): (),
    ("conda", "run"): ("-n", "--name", "-p", "--prefix", "--cwd"),
    ("mamba", "run"): ("-n", "--name", "-p", "--prefix", "--cwd"),
    ("micromamba", "run"): ("-n", "--name", "-p", "--prefix", "--cwd"),
    ("npm", "exec"): (),
    ("pdm", "run"): (),
    ("pipenv", "run"): (),
    ("pnpm", "dlx"): (),
    ("pnpm", "exec"): (),
    ("poetry", "run"): (),
    ("uv", "run"): ("-p", "--python", "--with", "--extra", "--group", "--project", "--directory", "--env-file"),
    ("yarn", "dlx"): (),
    ("yarn", "exec"): (),
}
_AT_ONCE = frozenset({"corepack", "npx", "bunx", "uvx"})
_MAX_RUNNERS = 4


def invocation(command: ShellCommand) -> tuple[str, tuple[str, ...]]:
    """The plain name of what is run, and its arguments."""
    name, arguments = command.name, command.arguments
    for _ in range(_MAX_RUNNERS):
        match = _VERSIONED.fullmatch(name)
        name = match[1] if match is not None else name
        name = _ALIASES.get(name, name)
        inner = _inner(name, arguments)
        if inner is None:
            break
        name, arguments = inner
        name = name.rpartition("/")[2]
    return name, arguments


def operands(arguments: Sequence[str], valued: Collection[str]) -> Iterator[str]:
    """The arguments that are no options. `valued` are the options that take the next argument."""
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            yield from rest
        elif argument in valued:
            next(rest, None)
        elif not argument.startswith("-") or argument == "-":
            yield argument


def _inner(name: str, arguments: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """What a program is made to run, or None: it does its own work."""
    if not arguments:
        return None
    if name == "python":
        return _python(arguments)
    if (name, arguments[0]) == ("uv", "pip"):
        return "pip", arguments[1:]
    if name in _AT_ONCE:
        return _after(arguments, ("-p", "--package", "--from", "--with", "--python"))
    valued = _RUNNERS.get((name, arguments[0]))
    return _after(arguments[1:], valued) if valued is not None else None


def _python(arguments: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    for at, argument in enumerate(arguments):
        if argument == "-m" and at + 1 < len(arguments):
            module = arguments[at + 1]
            return "pyproject-build" if module == "build" else module, arguments[at + 2 :]
        if not argument.startswith("-"):
            return ("setup.py", arguments[at + 1 :]) if argument.endswith("setup.py") else None
        if argument == "-c":
            return None
    return None


def _after(arguments: tuple[str, ...], valued: Collection[str]) -> tuple[str, tuple[str, ...]] | None:
    skip = False
    for at, argument in enumerate(arguments):
        if skip:
            skip = False
        elif argument in valued:
            skip = True
        elif not argument.startswith("-"):
            return argument, arguments[at + 1 :]
    return None
