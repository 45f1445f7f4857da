"""Packages at hand: fetched when they are looked at, and what the linker and an intruder would find in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from barehull.core.errors import InputError
from barehull.core.progress import Progress, silent
from barehull.core.tools import kind_of_tool
from barehull.debian.deb import Deb, DebEntry, read_deb
from barehull.debian.index import Package
from barehull.debian.mirror import Mirror
from barehull.elf import MAGIC, Elf, read_elf
from barehull.files import Store
from barehull.net import Fetcher, Want

_VERSION = "1"  # of the code that makes Contents: change it when the same package gives others
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_PROGRAM_FOLDERS = ("bin", "sbin", "usr/bin", "usr/sbin", "usr/games", "usr/local/bin", "usr/local/sbin")


@dataclass(frozen=True, slots=True)
class Contents:
    """Of one package: the libraries in it by name, with the symbol versions that they define (none: they have none);
    the libraries that its files need, with the versions needed; and the shells and package managers, as "/bin/sh".
    """

    provides: dict[str, frozenset[str]]
    needs: dict[str, frozenset[str]]
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where packages come from and lie."""

    mirror: Mirror
    fetcher: Fetcher
    store: Store
    architecture: str
    progress: Progress = silent

    def bring(self, packages: Iterable[Package]) -> None:
        """Fetch packages, several at a time. Errors: IncompleteError, IntegrityError."""
        wants = [
            Want(self.mirror.url(it.archive, it.path), it.sha256, it.size, f"{it.name} {it.version}") for it in packages
        ]
        self.fetcher.download_all(wants, self.store, progress=self.progress)

    def contents(self, package: Package) -> Contents:
        """What is in a package, fetched if need be. Errors: those of `bring`; InputError for a damaged package."""
        key = f"{_VERSION} {self.architecture} {package.sha256}"
        remembered = self.store.recall("contents", key)
        if remembered is not None:
            return msgspec.json.decode(remembered, type=Contents)
        self.bring([package])
        contents = read_contents(read_deb(self.store.path(f"sha256:{package.sha256}")), self.architecture)
        self.store.remember("contents", key, msgspec.json.encode(contents))
        return contents


def read_contents(deb: Deb, architecture: str) -> Contents:
    """What is in a package for a machine of that architecture ("amd64")."""
    provides: dict[str, frozenset[str]] = {}
    needs: dict[str, frozenset[str]] = {}
    for entry in deb.entries:
        elf = _machine_code(entry, architecture)
        if elf is None:
            continue
        for name in {entry.path.rpartition("/")[2], elf.soname} - {""}:
            provides[name] = provides.get(name, frozenset()) | elf.versions_defined
        wanted = dict.fromkeys([*elf.needed, elf.interpreter.rpartition("/")[2]], frozenset[str]())
        wanted |= {library: frozenset(versions) for library, versions in elf.versions_needed}
        for name, versions in wanted.items():
            if name:
                needs[name] = needs.get(name, frozenset()) | versions
    return Contents(provides, needs, tuple(_tools(deb.entries)))


def _machine_code(entry: DebEntry, architecture: str) -> Elf | None:
    if entry.kind != "file" or not entry.content.startswith(MAGIC):
        return None
    try:
        elf = read_elf(entry.content)
    except InputError:  # the proof of the finished image tells of broken files, with their paths
        return None
    native = elf is not None and (elf.machine, elf.bits) == (_MACHINES[architecture], 64)
    return elf if elf is not None and native and elf.kind != "relocatable" else None


def _tools(entries: Sequence[DebEntry]) -> list[str]:
    """Shells and package managers among the programs and the links beside them."""
    found = []
    for entry in entries:
        folder, _, name = entry.path.rpartition("/")
        runs = entry.kind == "file" and bool(entry.mode & 0o111)
        if runs or (entry.kind == "symlink" and folder in _PROGRAM_FOLDERS):
            names = (name, entry.target.rpartition("/")[2])
            found += [f"/{entry.path}" for each in names if kind_of_tool(each)][:1]
    return found
