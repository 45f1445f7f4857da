"""Files that are whole or not there, and a store of content by its SHA-256."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from barehull.core.errors import BarehullError, IncompleteError, InputError, IntegrityError

PREFIX = ".barehull-"  # of files that are being written, and of folders for the time being
_GRACE = 60  # seconds that one may be there before it is held
_DAY = 24 * 3600  # seconds


def failed(error: OSError, path: Path) -> BarehullError:
    """What an operating system's error on `path`, or in it, means to a user."""
    named = error.filename and PREFIX not in str(error.filename)
    name = os.fsdecode(error.filename) if named else path
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return IncompleteError(
            f"no space is left to write {name}: {error.strerror}",
            advice="Free space there, or set BAREHULL_CACHE and TMPDIR to another disk. Nothing half-written remains.",
        )
    return IncompleteError(
        f"{name} cannot be read or written: {error.strerror or error}",
        advice="Check the path and its permissions, then run it again.",
    )


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around the reading of a file that a user named: an operating system's error becomes InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename or path} cannot be read: {error.strerror or error}",
            advice="Check the path and its permissions.",
        ) from error


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that appears at `path` on leaving, whole and on disk, or not at all on an error.

    What is no regular file, as /dev/null or /dev/stdout, is written into: to replace a device would harm the machine.
    Errors: IncompleteError (full disk, no permission).
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as file:
                yield file
            return
        with _temporary(path.parent) as (temporary, file):
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.replace(temporary, path)
            _sync_folder(path.parent)
    except OSError as error:
        raise failed(error, path) from error


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write `data` to `path`, whole or not at all. Errors: those of `whole_file`."""
    with whole_file(path) as file:
        for chunk in (data,) if isinstance(data, bytes) else data:
            file.write(chunk)


@contextlib.contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """An empty folder in `parent`, or where temporary files go, that is gone on leaving. Errors: IncompleteError."""
    parent = parent or Path(tempfile.gettempdir())
    path = parent / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        sweep(parent)
        path.mkdir(0o700)
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise failed(error, parent) from error
    try:
        _hold(handle)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what killed runs have left in `folder`. What a living process holds stays, and what others own."""
    for path in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:  # it is held, or another sweeps too
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # no link, no pipe that is waited for
            stack.callback(os.close, handle)
            status = os.fstat(handle)
            if status.st_uid == os.geteuid() and time.time() - status.st_mtime > _GRACE:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path) if stat.S_ISDIR(status.st_mode) else path.unlink()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_sha256(text: str) -> bool:
    """Whether `text` is a SHA-256 as it is written in hex."""
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def safe_join(root: Path, relative: str) -> Path:
    """`root/relative`; InputError when that would be outside of `root`. It does not look at links in `root`."""
    parts = relative.split("/")
    if relative.startswith("/") or ".." in parts or "\0" in relative:
        raise InputError(
            f"{relative!r} points outside of {root}", advice="Do not use this file: it is hostile or broken."
        )
    return root.joinpath(*parts)


def default_store() -> Path:
    """The folder of the cache: $BAREHULL_CACHE, else $XDG_CACHE_HOME/barehull, else ~/.cache/barehull."""
    if named := os.environ.get("BAREHULL_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "barehull"


def mark_used(path: Path) -> None:
    """Note that something in the cache was used today, for those that remove what nobody uses any more."""
    with contextlib.suppress(OSError):  # it may be another's, who lets us read
        if time.time() - path.stat().st_mtime > _DAY:
            os.utime(path)


class Store:
    """Content by its SHA-256, and small derived values by a key, in one folder; for several threads and processes.

    Nothing in it is waited for to reach the disk: all is hashed before it is used, and what a crash damaged is made
    anew.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._checked: set[str] = set()
        self._lock = threading.Lock()
        self._joined = False

    def put(self, chunks: Iterable[bytes] | bytes, *, expected: str | None = None, what: str = "content") -> str:
        """Keep the bytes and return their SHA-256 in hex.

        Errors: IntegrityError when it is not `expected` (nothing is kept); IncompleteError (full disk).
        """
        hasher = hashlib.sha256()
        try:
            with _temporary(self.root / "tmp") as (temporary, file):
                self._join()
                for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
                    hasher.update(chunk)
                    file.write(chunk)
                file.flush()
                digest = hasher.hexdigest()
                if expected is not None and digest != expected:
                    raise IntegrityError(
                        f"{what} has the SHA-256 {digest}, not {expected} as promised",
                        advice="Its source, or a proxy on the way, mixes up files. Try again, or use another mirror.",
                    )
                _rename(temporary, self._place(digest))
        except OSError as error:
            raise failed(error, self.root) from error
        with self._lock:
            self._checked.add(digest)
        return digest

    def get(self, sha256: str) -> Path | None:
        """The file with that content, or None. It is hashed again once in each process; a damaged one is removed."""
        path = self._place(sha256)
        self._join()
        with self._lock:
            if sha256 in self._checked and path.exists():
                return path
        try:
            if sha256_of(path) != sha256:
                path.unlink(missing_ok=True)
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failed(error, path) from error
        with self._lock:
            self._checked.add(sha256)
        mark_used(path)
        return path

    def path(self, digest: str) -> Path:
        """The file of "sha256:HEX". Errors: InputError when the store does not have it, whole."""
        found = self.get(digest.removeprefix("sha256:"))
        if found is None:
            raise InputError(
                f"{digest} is not in the store {self.root}", advice="Run the command again: it is made anew."
            )
        return found

    def remember(self, kind: str, key: str, value: bytes) -> None:
        """Keep a small value derived from what `key` names, e.g. which layer was made from a package."""
        try:
            with _temporary(self.root / "tmp") as (temporary, file):
                self._join()
                file.write(hashlib.sha256(value).digest() + value)
                file.flush()
                _rename(temporary, self._slot(kind, key))
        except OSError as error:
            raise failed(error, self.root) from error

    def recall(self, kind: str, key: str) -> bytes | None:
        """The value remembered for `key`, or None; a damaged one is none."""
        self._join()
        slot = self._slot(kind, key)
        try:
            kept = slot.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failed(error, self.root) from error
        mark_used(slot)
        return kept[32:] if hashlib.sha256(kept[32:]).digest() == kept[:32] else None

    def _join(self) -> None:
        """Hold the folder as long as this object lives: what empties it waits for nobody, and leaves it alone."""
        with self._lock:
            if not self._joined and self.root.is_dir():
                self._joined = True
                with contextlib.suppress(OSError):
                    handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
                    weakref.finalize(self, os.close, handle)
                    _hold(handle)

    def _place(self, sha256: str) -> Path:
        if not is_sha256(sha256):
            raise InputError(f"{sha256!r} is not a SHA-256", advice="Make the lock or the image again: it is damaged.")
        return self.root / "sha256" / sha256[:2] / sha256

    def _slot(self, kind: str, key: str) -> Path:
        name = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        return self.root / kind / name[:2] / name


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file in `folder`, made as the umask wants it, and gone on leaving unless it was renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    # Random, not the process's number: containers that share a store have equal numbers.
    path = folder / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        with path.open("xb") as file:
            _hold(file.fileno())
            yield path, file
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _hold(handle: int) -> None:
    """Let nobody sweep it until it is closed. Shared: several may hold one folder. Some file systems have no locks."""
    with contextlib.suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_SH)


def _rename(temporary: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(temporary, place)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
