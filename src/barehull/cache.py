"""What lies in the cache, and its removal: nothing that a running barehull uses, and no advisories.

All of it can be fetched or made again. Advisories cannot always be, and a report would say less without them: they are
`barehull db`'s matter.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from barehull.core.errors import IncompleteError
from barehull.files import failed, sweep

KEPT = "advisories"
_WHOLE = ("interpreters", "uv")  # folders of which no part is removed alone
_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Usage:
    """One folder of the cache by its name, how many files it has, and their bytes."""

    name: str
    files: int
    size: int


def usage(root: Path) -> tuple[Usage, ...]:
    """What lies in the cache at `root`, by folder, sorted; empty where there is no cache."""
    found = []
    for folder in sorted(_folders(root)):
        sizes = [status.st_size for status in _files(folder)]
        found.append(Usage(folder.name, len(sizes), sum(sizes)))
    return tuple(found)


def remove(root: Path, unused_days: int) -> int:
    """Remove what has not been used for that many days (0: everything), and what killed runs left; the bytes freed.

    Errors: IncompleteError when another barehull uses the cache, and when something cannot be removed.
    """
    if not root.is_dir():
        return 0
    sweep(Path(tempfile.gettempdir()))
    oldest = time.time() - unused_days * _DAY if unused_days else float("inf")
    try:
        with _alone(root):
            before = sum(it.size for it in usage(root))
            for folder in _folders(root):
                sweep(folder)
                if folder.name != KEPT:
                    _prune(folder, oldest)
            return before - sum(it.size for it in usage(root))
    except OSError as error:
        raise failed(error, root) from error


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep others from using the cache, who wait until this is left."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise IncompleteError(
            f"the cache {root} is in use by another barehull", advice="Run it again when that has ended."
        ) from error
    finally:
        os.close(handle)


def _prune(folder: Path, oldest: float) -> None:
    for path in sorted(folder.iterdir()):
        if folder.name in _WHOLE:
            if _used(path) < oldest:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        elif path.is_dir() and not path.is_symlink():
            _prune(path, oldest)
            with contextlib.suppress(OSError):  # something is left in it
                path.rmdir()
        elif path.lstat().st_mtime < oldest:
            path.unlink()


def _used(path: Path) -> float:
    """When it was used last: an interpreter is marked itself, the cache of uv by what it writes."""
    return max([path.lstat().st_mtime, *(status.st_mtime for status in _files(path) if path.parent.name == "uv")])


def _folders(root: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError):
        return [path for path in root.iterdir() if path.is_dir() and not path.is_symlink()]
    return []


def _files(folder: Path) -> Iterator[os.stat_result]:
    for at, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                yield Path(at, name).lstat()
