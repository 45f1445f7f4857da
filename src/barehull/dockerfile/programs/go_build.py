"""`go build` and `go install`: what they build, by which flags, in which environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from barehull.dockerfile.programs.invocation import invocation
from barehull.dockerfile.shell.simple_command import ShellCommand

# `go help build`, `go help install`: flags that take a value; all others are booleans.
_VALUED = frozenset(
    (
        *("C", "asmflags", "buildmode", "compiler", "coverpkg", "covermode", "gccgoflags", "gcflags", "installsuffix"),
        *("ldflags", "mod", "modfile", "o", "overlay", "p", "pgo", "pkgdir", "tags", "toolexec"),
    )
)
_SETTING = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GoBuild:
    """A `go build`, `go install` or `go test -c`. None: not set in the command itself or earlier in its script.

    `cgo` is the value of CGO_ENABLED, `goos` of GOOS, as written, e.g. "${TARGETOS:-linux}"; "" where the script unsets
    it or sets it to nothing, which to Go is the same. `all` is `-a`; `output` the value of -o (""); `packages` what is
    built; `remote` that it is `go install module@version`, which builds a tool.
    """

    verb: Literal["build", "install", "test"]
    cgo: str | None
    goos: str | None
    all: bool
    output: str
    packages: tuple[str, ...]
    remote: bool
    command: ShellCommand


def go_builds(commands: Iterable[ShellCommand], settings: Mapping[str, str] | None = None) -> tuple[GoBuild, ...]:
    """The Go builds among the commands, in order. `settings`: what `go env -w` has set before (see go_settings)."""
    found = []
    known = dict(settings or {})
    for command in commands:
        name, arguments = invocation(command)
        if name != "go" or not arguments:
            continue
        if arguments[0] == "env":
            _configure(arguments[1:], known)
        elif arguments[0] in ("build", "install") or (arguments[0] == "test" and "-c" in arguments):
            found.append(_build(command, arguments, known))
    return tuple(found)


def go_settings(commands: Iterable[ShellCommand], settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """What `go env -w NAME=value` has set after the commands: it is kept in a file, so later RUNs of the stage (and the
    stages from it) have it as well. Pass it to their `go_builds`. A variable of the environment (ENV) wins over it.
    """
    known = dict(settings or {})
    for command in commands:
        name, arguments = invocation(command)
        if name == "go" and arguments[:1] == ("env",):
            _configure(arguments[1:], known)
    return known


def _configure(arguments: tuple[str, ...], known: dict[str, str]) -> None:
    """`go env -w A=b C=d`, `go env -u A`."""
    if not arguments:
        return
    if arguments[0] in ("-w", "--w"):
        known.update((match[1], match[2]) for word in arguments[1:] if (match := _SETTING.fullmatch(word)))
    elif arguments[0] in ("-u", "--u"):
        for name in arguments[1:]:
            known.pop(name, None)


def _build(command: ShellCommand, arguments: tuple[str, ...], settings: Mapping[str, str]) -> GoBuild:
    flags, packages = _flags(arguments[1:])
    return GoBuild(
        verb="install" if arguments[0] == "install" else "test" if arguments[0] == "test" else "build",
        cgo=_setting("CGO_ENABLED", command, settings),
        goos=_setting("GOOS", command, settings),
        all=_is_on(flags.get("a")) or "-a" in (_setting("GOFLAGS", command, settings) or "").split(),
        output=flags.get("o", ""),
        packages=packages,
        remote=arguments[0] == "install" and any("@" in package for package in packages),
        command=command,
    )


def _setting(name: str, command: ShellCommand, settings: Mapping[str, str]) -> str | None:
    value = command.environment.get(name)
    if name == "GOOS" and value is None and command.name == "xx-go":
        return "${TARGETOS}"  # it asks the platform that is built for
    return value.text if value is not None and value.text else settings.get(name, "" if value is not None else None)


def _flags(arguments: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Flags and packages. Go takes no flags after a package; whoever writes one there means it."""
    flags: dict[str, str] = {}
    packages: list[str] = []
    words = iter(arguments)
    for word in words:
        name, equals, value = word.lstrip("-").partition("=")
        if word == "--":
            packages += words
        elif not word.startswith("-") or word == "-":
            packages.append(word)
        elif equals:
            flags[name] = value
        else:
            flags[name] = next(words, "") if name in _VALUED else "true"
    return flags, tuple(packages)


def _is_on(value: str | None) -> bool:
    return value is not None and value.lower() in ("1", "t", "true")
