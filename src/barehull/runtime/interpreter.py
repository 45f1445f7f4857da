"""The image's own Python, or its like for this machine, run here to compile bytecode.

It is unpacked into a folder of the cache and started through its own loader: no chroot, no root. Debian's packages have
no bytecode (postinst scripts make it), and without it an import of Flask takes a second instead of a fifth of one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import struct
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from barehull.core.errors import IncompleteError
from barehull.files import Store, failed, mark_used, safe_join, scratch_folder
from barehull.lock import LockedDeb
from barehull.oci.model import Entry
from barehull.runtime.ldcache import TRIPLETS
from barehull.runtime.package import Read, Style, deb_entries, reader

_LOADERS = {"amd64": "ld-linux-x86-64.so.2", "arm64": "ld-linux-aarch64.so.1"}  # the file; elsewhere are links to it
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_PACKAGES = ("libc6", "zlib1g", "libexpat1")  # beside Python's own
_TIMEOUT = 300  # seconds
# Of the packages, what a compilation can come to need: less to unpack, and to look over each time before it is run.
_NEEDED = re.compile(
    r"""usr/bin/python3\.\d+
    | usr/lib(?:64|/[\w-]+-linux-gnu)/(?:ld-linux|lib(?:c|m|z|expat|dl|pthread|util)\.so)[^/]*
    | usr/lib/python3\.\d+/(?:(?:collections|encodings|importlib|re)/)?\w+\.py
    | usr/lib/python3\.\d+/lib-dynload/_(?:codecs|multibytecodec)[^/]*  # of sources that are not in UTF-8""",
    re.VERBOSE,
)

# Reads and writes frames (4 bytes of length, content). Each source is answered by its .pyc, or by nothing when it does
# not compile. The hash is of the source (PEP 552), unchecked at run time: equal bytes whenever and wherever it is made.
_COMPILER = """
import struct, sys
from importlib import util
from importlib._bootstrap_external import _code_to_hash_pyc
def frame():
    head = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(struct.unpack('<I', head)[0]) if head else None
while (name := frame()) is not None:
    source = frame()
    try:
        code = compile(source, '/' + name.decode('utf-8', 'surrogateescape'), 'exec', dont_inherit=True, optimize=0)
        pyc = bytes(_code_to_hash_pyc(code, util.source_hash(source), False))
    except (SyntaxError, ValueError, UnicodeError, RecursionError, MemoryError):
        pyc = b''
    sys.stdout.buffer.write(struct.pack('<I', len(pyc)) + pyc)
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An unpacked Python: `root` is the folder, `version` e.g. "3.13"; `identity` changes with its packages."""

    root: Path
    version: str
    architecture: str
    identity: str

    def compile(self, sources: Sequence[Entry]) -> list[Entry]:
        """The bytecode files of Python sources; none for a source that does not compile, as pip does.

        Errors: IncompleteError when the interpreter cannot be run.
        """
        listed = sorted(sources, key=lambda entry: entry.path)
        if not listed:
            return []
        # Two halves, always the same two: bytes may depend on what was compiled before in the same process.
        half = len(listed) // 2 if len(listed) > 64 else 0
        running = [self._start(part) for part in (listed[:half], listed[half:]) if part]
        return [entry for run in running for entry in self._finish(run)]

    def _start(self, sources: Sequence[Entry]) -> _Run:
        lib = self.root / "usr" / "lib" / TRIPLETS[self.architecture]
        command = [
            str(lib / _LOADERS[self.architecture]),
            *("--library-path", str(lib)),
            str(self.root / "usr" / "bin" / f"python{self.version}"),
            *("-S", "-s", "-B", "-c", _COMPILER),
        ]
        environment = {"PYTHONHOME": str(self.root / "usr"), "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
        with _framed(sources) as stdin:
            run = _Run(tempfile.TemporaryFile(), tempfile.TemporaryFile(), sources)  # noqa: SIM115
            try:
                run.process = subprocess.Popen(
                    command, env=environment, stdin=stdin, stdout=run.output, stderr=run.complaints
                )
            except OSError as error:
                raise self._unusable(str(error)) from error
        return run

    def _finish(self, run: _Run) -> list[Entry]:
        with run:
            if run.process is None or _ended(run.process) != 0:
                run.complaints.seek(0)
                said = run.complaints.read(1 << 16).decode("utf-8", "replace").strip()
                raise self._unusable(said.splitlines()[-1] if said else "it ended without a word")
            run.output.seek(0)
            compiled = []
            for entry in run.sources:
                (length,) = struct.unpack("<I", run.output.read(4))
                if pyc := run.output.read(length):
                    compiled.append(Entry(_pyc_path(entry.path, self.version), "file", content=pyc))
            return compiled

    def _unusable(self, why: str) -> IncompleteError:
        return IncompleteError(
            f"the image's Python {self.version} cannot be run here to compile bytecode: {why}",
            advice=f"Remove {self.root} and run it again; the folder must not be on a disk mounted noexec.",
        )


def _framed(sources: Sequence[Entry]) -> IO[bytes]:
    """The sources as the compiler reads them, in a file without a name."""
    stdin = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        for entry in sources:
            for part in (entry.path.encode("utf-8", "surrogateescape"), entry.content):
                stdin.write(struct.pack("<I", len(part)) + part)
        stdin.seek(0)
    except OSError as error:
        stdin.close()
        raise failed(error, Path(tempfile.gettempdir())) from error
    return stdin


@dataclass(slots=True)
class _Run:
    """A compilation under way; leaving it ends its process."""

    output: IO[bytes]
    complaints: IO[bytes]
    sources: Sequence[Entry]
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.output.close()
        self.complaints.close()


def this_architecture() -> str:
    """What Debian calls the architecture of this machine; the machine's own name where that is not known."""
    return MACHINES.get(os.uname().machine, os.uname().machine)


def of_interpreter(name: str, version: str) -> bool:
    """Whether the package is a part of the Python of that version ("3.13"), or of what it needs to run."""
    return name in _PACKAGES or f"python{version}-" in name


def unpack_interpreter(debs: Sequence[LockedDeb], version: str, store: Store, read: Read | None = None) -> Interpreter:
    """The Python among the packages that runs on this machine, unpacked in the store's folder.

    That is done once for the same packages, while it is unchanged. Errors: IncompleteError when none of them is for
    this machine's architecture, or with a full disk.
    """
    here = this_architecture()
    needed = [deb for deb in debs if of_interpreter(deb.name, version) and deb.architecture == here]
    if here not in _LOADERS or not any("python" in deb.name for deb in needed):
        raise IncompleteError(
            f"the lock has no Python {version} that runs on this machine, which is {here}, to compile bytecode",
            advice="Lock again on this machine with `barehull lock --update`, or build where it was locked.",
        )
    identity = hashlib.sha256(" ".join(deb.sha256 for deb in needed).encode()).hexdigest()
    root = store.root / "interpreters" / identity[:32]
    known = store.recall("interpreter-trees", identity)
    if not root.exists() or known != _digest(root):
        shutil.rmtree(root, ignore_errors=True)
        _unpack(needed, read or reader(store), store, root, identity)
    mark_used(root)
    return Interpreter(root, version, here, identity)


def _unpack(debs: Sequence[LockedDeb], read: Read, store: Store, root: Path, identity: str) -> None:
    style = Style(True, True, this_architecture())
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(root.parent) as scratch:
            folder = scratch / "root"
            for deb in debs:
                for entry in deb_entries(read(deb), style):
                    if _NEEDED.fullmatch(entry.path):
                        _write(folder, entry)
            store.remember("interpreter-trees", identity, _digest(folder))
            try:
                folder.rename(root)
            except OSError:
                if not root.exists():  # another process was quicker, and made the same
                    raise
    except OSError as error:
        shutil.rmtree(root, ignore_errors=True)
        raise failed(error, root) from error


def _digest(root: Path) -> bytes:
    """What names, modes, links and contents below `root` come to; 10 ms for a Python."""
    hasher = hashlib.sha256()
    top = os.fsencode(root)
    for at, folders, names in os.walk(top):
        folders.sort()
        for name in sorted((*folders, *names)):
            path = os.path.join(at, name)
            mode, held = os.lstat(path).st_mode, b""
            if stat.S_ISLNK(mode):
                held = os.readlink(path)
            elif stat.S_ISREG(mode):
                held = Path(os.fsdecode(path)).read_bytes()
            for part in (path.removeprefix(top + b"/"), oct(mode).encode(), held):
                hasher.update(struct.pack("<Q", len(part)))
                hasher.update(part)
    return hasher.digest()


def _ended(process: subprocess.Popen[bytes]) -> int:
    """How a process ended, at once when it does: `wait` with a timeout sleeps up to twice as long."""
    overdue = threading.Timer(_TIMEOUT, process.kill)
    overdue.start()
    try:
        return process.wait()
    finally:
        overdue.cancel()


def _write(folder: Path, entry: Entry) -> None:
    path = safe_join(folder, entry.path)
    if entry.kind == "directory":
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # A parent that is a link could lead out of the folder.
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        return
    if entry.kind == "symlink":
        if not entry.target.startswith("/"):
            path.symlink_to(entry.target)
    else:
        path.write_bytes(entry.content)
        path.chmod(0o755 if entry.mode & 0o111 else 0o644)


def _pyc_path(source: str, version: str) -> str:
    folder, _, name = source.rpartition("/")
    stem = name.removesuffix(".py")
    cache = f"{folder}/__pycache__" if folder else "__pycache__"
    return os.path.normpath(f"{cache}/{stem}.cpython-{version.replace('.', '')}.pyc")
