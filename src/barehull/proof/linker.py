"""Which file a library's name leads to inside an image, by the rules of glibc's linker (ld.so(8))."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from barehull.elf import Elf
from barehull.oci.rootfs import Rootfs
from barehull.proof.machine import Machine


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file in a process: `path` with links followed, `origin` the folder that it was found in."""

    path: str
    elf: Elf
    origin: str
    loader: Loaded | None

    def chain(self) -> Iterator[Loaded]:
        """Itself, what loaded it, what loaded that, up to the program."""
        at: Loaded | None = self
        while at is not None:
            yield at
            at = at.loader


@dataclass(slots=True)
class Process:
    """What is loaded: `names` also has the names by which a library was asked for. `missing` are (file, name)."""

    files: dict[str, Loaded] = field(default_factory=dict)
    names: dict[str, Loaded] = field(default_factory=dict)
    missing: list[tuple[Loaded, str]] = field(default_factory=list)

    def fork(self) -> Process:
        """The same process, to load more into; without what is missing already."""
        return Process(dict(self.files), dict(self.names))


@dataclass(frozen=True, slots=True)
class Linker:
    """Loads programs and libraries as the linker would: `elves` are the machine's ELF files by path."""

    rootfs: Rootfs
    machine: Machine
    elves: Mapping[str, Elf]
    cache: Mapping[str, tuple[str, ...]]  # of ld.so.cache
    library_path: tuple[str, ...]  # folders of LD_LIBRARY_PATH
    working_dir: str
    _seen: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def load(self, path: str, into: Process | None = None) -> tuple[Process, list[Loaded]]:
        """A process with the file at `path` and all that it needs, breadth first; and what this added to `into`."""
        process = into.fork() if into else Process()
        program = next(iter(process.files.values()), None)
        queue = [self._enter(process, path, posixpath.dirname(path), program)]
        self._enter_interpreter(process, queue[0])
        for loaded in queue:
            for name in loaded.elf.needed:
                if name in process.names:
                    continue
                found = self._search(name, loaded)
                if found is None:
                    process.missing.append((loaded, name))
                elif found[0] in process.files:
                    process.names[name] = process.files[found[0]]
                else:
                    queue.append(self._enter(process, *found, loaded))
                    process.names[name] = queue[-1]
        return process, queue

    def _enter_interpreter(self, process: Process, program: Loaded) -> None:
        """The linker itself is loaded by the kernel, and meets the needs for its own name."""
        node = self.rootfs.resolve(program.elf.interpreter) if program.elf.interpreter else None
        if node is not None and node.path in self.elves and node.path not in process.files:
            self._enter(process, node.path, posixpath.dirname(node.path), program)

    def _enter(self, process: Process, path: str, origin: str, loader: Loaded | None) -> Loaded:
        loaded = Loaded(path, self.elves[path], origin, loader)
        process.files[path] = loaded
        if loaded.elf.soname:
            process.names.setdefault(loaded.elf.soname, loaded)
        return loaded

    def _search(self, name: str, loader: Loaded) -> tuple[str, str] | None:
        """(file, folder it was found in) of a library that `loader` needs."""
        if "/" in name:
            folder, _, name = self._expand(name, loader).rpartition("/")
            file = self._at(folder, name)
            return None if file is None else (file, folder)
        for folder in self._folders(loader):
            if (file := self._at(folder, name)) is not None:
                return file, folder
        for path in self.cache.get(name, ()):
            folder, _, base = path.rpartition("/")
            if (file := self._at(folder, base)) is not None:
                return file, folder
        for folder in default_folders(self.machine):
            if (file := self._at(folder, name)) is not None:
                return file, folder
        return None

    def _folders(self, loader: Loaded) -> Iterator[str]:
        """DT_RPATH of the chain (void where there is a DT_RUNPATH), LD_LIBRARY_PATH, DT_RUNPATH."""
        if not loader.elf.runpath:
            for each in loader.chain():
                yield from (self._expand(path, each) for path in each.elf.rpath if not each.elf.runpath)
        yield from self.library_path
        yield from (self._expand(path, loader) for path in loader.elf.runpath)

    def _expand(self, path: str, of: Loaded) -> str:
        for token, value in (
            ("ORIGIN", f"/{of.origin}"),
            ("LIB", f"lib/{self.machine.triplet}"),
            ("PLATFORM", self.machine.uname),
        ):
            path = path.replace(f"${{{token}}}", value).replace(f"${token}", value)
        return posixpath.join("/", self.working_dir, path).lstrip("/")

    def _at(self, folder: str, name: str) -> str | None:
        """The file of this name in a folder, when it is machine code of the machine; others are passed over."""
        key = (folder, name)
        if key not in self._seen:
            node = self.rootfs.resolve(f"{folder}/{name}")
            self._seen[key] = node.path if node and node.path in self.elves else None
        return self._seen[key]


def default_folders(machine: Machine) -> tuple[str, ...]:
    """Where Debian's linker looks without being told. It never reads /etc/ld.so.conf: only ldconfig does."""
    return f"lib/{machine.triplet}", f"usr/lib/{machine.triplet}", "lib", "usr/lib"
