"""Files that are whole or not there, and a store of content by its SHA-256."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from barehull.core.errors import BarehullError, IncompleteError, InputError, IntegrityError

_CHUNK = 1 << 20


def failed(error: OSError, path: Path) -> BarehullError:
    """What an operating system's error on `path` means to a user."""
    name = error.filename or path
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return IncompleteError(
            f"no space is left to write {name}: {error.strerror}",
            advice="Free space there, or set BAREHULL_CACHE and TMPDIR to another disk. Nothing half-written remains.",
        )
    return IncompleteError(
        f"{name} cannot be written: {error.strerror}", advice="Check the path and its permissions, then run it again."
    )


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that appears at `path` on leaving, whole and on disk, or not at all on an error.

    Errors: IncompleteError (full disk, no permission).
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".barehull-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temporary, path)
        temporary = ""
        _sync_folder(path.parent)
    except OSError as error:
        raise failed(error, path) from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write `data` to `path`, whole or not at all. Errors: those of `whole_file`."""
    with whole_file(path) as file:
        for chunk in (data,) if isinstance(data, bytes) else data:
            file.write(chunk)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def safe_join(root: Path, relative: str) -> Path:
    """`root/relative`; InputError when that would be outside of `root`."""
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


class Store:
    """Content by its SHA-256, and small derived values by a key, in one folder; for several threads and processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._checked: set[str] = set()
        self._lock = threading.Lock()

    def put(self, chunks: Iterable[bytes] | bytes, *, expected: str | None = None, what: str = "content") -> str:
        """Keep the bytes and return their SHA-256 in hex.

        Errors: IntegrityError when it is not `expected` (nothing is kept); IncompleteError (full disk).
        """
        hasher = hashlib.sha256()
        temporary = self.root / "tmp" / f"{os.getpid()}-{threading.get_ident()}"
        with _removed_afterwards(temporary), self._writing(temporary) as file:
            for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
                hasher.update(chunk)
                file.write(chunk)
            digest = hasher.hexdigest()
            if expected is not None and digest != expected:
                raise IntegrityError(
                    f"{what} has the SHA-256 {digest}, not {expected} as promised",
                    advice="Its source, or a proxy on the way, mixes up files. Try again, or use another mirror.",
                )
            file.flush()
            os.fsync(file.fileno())
            self._admit(temporary, digest)
        return digest

    def get(self, sha256: str) -> Path | None:
        """The file with that content, or None. It is hashed again once in each process; a damaged one is removed."""
        path = self._place(sha256)
        with self._lock:
            if sha256 in self._checked and path.exists():
                return path
        try:
            sound = sha256_of(path) == sha256
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failed(error, path) from error
        if not sound:
            path.unlink(missing_ok=True)
            return None
        with self._lock:
            self._checked.add(sha256)
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
        write_atomically(self._slot(kind, key), value)

    def recall(self, kind: str, key: str) -> bytes | None:
        """The value remembered for `key`, or None."""
        try:
            return self._slot(kind, key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failed(error, self.root) from error

    def _place(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise InputError(f"{sha256!r} is not a SHA-256", advice="Make the lock or the image again: it is damaged.")
        return self.root / "sha256" / sha256[:2] / sha256

    def _slot(self, kind: str, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self.root / kind / name[:2] / name

    @contextlib.contextmanager
    def _writing(self, temporary: Path) -> Iterator[IO[bytes]]:
        try:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                yield file
        except OSError as error:
            raise failed(error, temporary) from error

    def _admit(self, temporary: Path, digest: str) -> None:
        place = self._place(digest)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, place)
        with self._lock:
            self._checked.add(digest)


@contextlib.contextmanager
def _removed_afterwards(path: Path) -> Iterator[None]:
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
