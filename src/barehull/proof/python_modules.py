"""Where a module's name leads to in an image (importlib's PathFinder, without running anything)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from barehull.oci.rootfs import Rootfs
from barehull.proof.python_home import Python

ModuleKind = Literal["built-in", "source", "bytecode", "extension", "namespace"]


@dataclass(frozen=True, slots=True)
class Module:
    """A module that can be found. `file` is empty for built-in and namespace ones; `folders` are a package's."""

    name: str
    kind: ModuleKind
    file: str = ""
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds modules on a Python's search path. Remembers what it found, for as long as it lives."""

    rootfs: Rootfs
    python: Python
    _found: dict[str, Module | None] = field(default_factory=dict)
    _names: dict[str, frozenset[str]] = field(default_factory=dict)

    def find(self, name: str) -> Module | None:
        """The module of a dotted name, or None when neither it nor its package can be found."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Module | None:
        package, _, leaf = name.rpartition(".")
        if not leaf:
            return None
        if package:
            parent = self.find(package)
            folders = parent.folders if parent else ()
        elif name in self.python.built_in:
            return Module(name, "built-in")
        else:
            folders = self.python.path
        portions = []
        for folder in folders:
            names = self._listing(folder)
            if leaf in names and (node := self.rootfs.resolve(f"{folder}/{leaf}")) and node.kind == "directory":
                if module := self._file(name, f"{folder}/{leaf}", "__init__", (f"{folder}/{leaf}",)):
                    return module
                portions.append(f"{folder}/{leaf}")
            if module := self._file(name, folder, leaf, ()):
                return module
        return Module(name, "namespace", folders=tuple(portions)) if portions else None

    def _file(self, name: str, folder: str, leaf: str, folders: tuple[str, ...]) -> Module | None:
        names = self._listing(folder)
        for suffix, kind in self._suffixes():
            if leaf + suffix in names:
                return Module(name, kind, f"{folder}/{leaf}{suffix}".lstrip("/"), folders)
        return None

    def _suffixes(self) -> tuple[tuple[str, ModuleKind], ...]:
        """In importlib's order."""
        return (
            (f".{self.python.tag}.so", "extension"),
            (".abi3.so", "extension"),
            (".so", "extension"),
            (".py", "source"),
            (".pyc", "bytecode"),
        )

    def _listing(self, folder: str) -> frozenset[str]:
        if folder not in self._names:
            self._names[folder] = frozenset(self.rootfs.children(folder))
        return self._names[folder]
