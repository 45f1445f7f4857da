"""Lock files of npm, Yarn and pnpm: which packages they say are installed, those for development left out.

Yarn's do not tell which are for development: all count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from barehull.core.errors import InputError
from barehull.oci.facts import Content, Fact

_LIMIT = 64 << 20
_MAX_PACKAGES = 200_000
_NAME = r"(?:@[^/@\s\"']+/)?[^/@\s\"']+"
_YARN = re.compile(r'^"?([^\s#"][^\n]*?)"?:\n((?:[ \t]+[^\n]*\n?)+)', re.MULTILINE)
_YARN_VERSION = re.compile(r'^  version:? "?([^"\s]+)"?$', re.MULTILINE)
_YARN_RESOLUTION = re.compile(rf'^  resolution: "?({_NAME})@(\w+):', re.MULTILINE)
_YARN_SPEC = re.compile(rf'"?({_NAME})@(?:npm:({_NAME})@)?')
_PNPM_PACKAGES = re.compile(r"^packages:\n((?:[ \t]*\n|[ \t]+[^\n]*\n?)*)", re.MULTILINE)
_PNPM = re.compile(rf"^  ['\"]?/?({_NAME})[@/](\d[^:(_'\"\s/]*)[^:\n]*:[^\n]*\n((?:    [^\n]*\n?|\n)*)", re.MULTILINE)
_PNPM_DEV = re.compile(r"^    dev: true$", re.MULTILINE)
_ADVICE = "Look at the file: it is damaged, or of a version that barehull does not know."


@dataclass(frozen=True, slots=True, order=True)
class Locked:
    """A package that a lock file lists; `version` is "" where it is a place and no version."""

    name: str
    version: str


class _Entry(msgspec.Struct):
    version: Any = None
    name: Any = None
    dev: Any = None
    link: Any = None
    dependencies: Any = None


class _PackageLock(msgspec.Struct):
    packages: dict[str, _Entry] | None = None
    dependencies: dict[str, Any] | None = None


def _of_npm(data: bytes) -> Iterator[Locked]:
    """package-lock.json and npm-shrinkwrap.json, of versions 1 to 3."""
    lock = msgspec.json.decode(data, type=_PackageLock)
    if lock.packages is not None:
        for path, entry in lock.packages.items():
            _, inside, name = path.rpartition("node_modules/")
            if inside and not entry.dev and not entry.link:
                yield _locked(entry.name if isinstance(entry.name, str) else name, entry.version)
        return
    stack = [lock.dependencies or {}]
    while stack:
        for name, value in stack.pop().items():
            entry = msgspec.convert(value, _Entry)
            if entry.dev:
                continue
            alias = re.fullmatch(rf"npm:({_NAME})@(.+)", entry.version if isinstance(entry.version, str) else "")
            yield _locked(alias[1], alias[2]) if alias else _locked(name, entry.version)
            if isinstance(entry.dependencies, dict):
                stack.append(entry.dependencies)


def _of_yarn(data: bytes) -> Iterator[Locked]:
    """yarn.lock, of Yarn 1 and of those since."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    for header, body in _YARN.findall(text):
        version = _YARN_VERSION.search(body)
        if version is None or header == "__metadata":
            continue
        if resolution := _YARN_RESOLUTION.search(body):
            if resolution[2] not in ("workspace", "link", "portal"):
                yield _locked(resolution[1], version[1])
        elif spec := _YARN_SPEC.match(header):
            yield _locked(spec[2] or spec[1], version[1])


def _of_pnpm(data: bytes) -> Iterator[Locked]:
    """pnpm-lock.yaml, as pnpm writes it, of versions 5 to 9."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    packages = _PNPM_PACKAGES.search(text)
    for name, version, body in _PNPM.findall(packages[1] if packages else ""):
        if not _PNPM_DEV.search(body):
            yield _locked(name, version)


def _locked(name: str, version: Any) -> Locked:
    told = version if isinstance(version, str) and re.fullmatch(r"\d[!-~]{0,255}", version) else ""
    if len(name) > 214 or not re.fullmatch(_NAME, name) or not name.isascii() or not name.isprintable():
        raise InputError(f"a package is named {name[:40]!r}", advice=_ADVICE)
    return Locked(name, told)


_READERS: dict[str, Callable[[bytes], Iterator[Locked]]] = {
    "npm-shrinkwrap.json": _of_npm,
    "package-lock.json": _of_npm,
    "pnpm-lock.yaml": _of_pnpm,
    "yarn.lock": _of_yarn,
}
LOCKS = tuple(_READERS)  # where there are several, the first one counts


def read_lock(name: str, content: Content) -> tuple[Locked, ...]:
    """The packages of the lock file called `name`. Errors: InputError when it is none."""
    try:
        found: set[Locked] = set()
        for locked in _READERS[name](content.read(_LIMIT)):
            found.add(locked)
            if len(found) > _MAX_PACKAGES:
                raise InputError(f"it lists more than {_MAX_PACKAGES} packages", advice=_ADVICE)
        return tuple(sorted(found))
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise InputError(f"it is no lock file: {error}", advice=_ADVICE) from error


FACTS = {
    name: Fact(name, tuple[Locked, ...], lambda content, name=name: read_lock(name, content), (__name__,))  # type: ignore[misc]
    for name in LOCKS
}
