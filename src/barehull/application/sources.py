"""Which files of a folder belong to the application in the image."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from barehull.core.errors import InputError

# What serves development, building and deployment, but not the running application.
LEFT_OUT = (
    ".*", "__pycache__", "*.pyc", "*.egg-info", "node_modules", "venv", "tests", "test", "test_*.py", "conftest.py",
    "Dockerfile*", "*.Dockerfile", "Containerfile*", "Makefile", "docker-compose*", "barehull.toml", "*.lock",
    "requirements*.txt", "pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "README*", "LICENSE*", "CHANGELOG*",
)  # fmt: skip
MAX_FILES = 100_000


def find_sources(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> tuple[str, ...]:
    """The paths, relative to `folder` and sorted, of the application's files.

    `include` and `exclude` are globs over relative paths; what only serves development (`LEFT_OUT`) is left out unless
    `include` names it. Errors: InputError for a link that leads out of the folder, a special file, or too many files.
    """
    root = folder.resolve()
    found = []
    for path in _walk(folder, ""):
        if not _wanted(path, include, exclude):
            continue
        at = folder / path
        if not at.resolve().is_relative_to(root):
            raise InputError(
                f"{at} is a link that leads out of {folder}", advice="Copy what it leads to, or exclude it."
            )
        if not at.is_file():
            raise InputError(
                f"{at} is neither a file nor a folder", advice="Remove it, or exclude it in barehull.toml."
            )
        found.append(path)
        if len(found) > MAX_FILES:
            raise InputError(
                f"{folder} has more than {MAX_FILES} files", advice="Name the folder of the application alone."
            )
    return tuple(sorted(found))


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder / prefix), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(
            f"{folder / prefix} cannot be read: {error.strerror}", advice="Check its permissions."
        ) from error
    for entry in entries:
        path = f"{prefix}/{entry.name}" if prefix else entry.name
        if entry.is_dir(follow_symlinks=False):
            if not (Path(entry.path) / "pyvenv.cfg").exists():  # a virtual environment is built anew
                yield from _walk(folder, path)
        else:
            yield path


def _wanted(path: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    if any(_matches(path, pattern) for pattern in exclude):
        return False
    named = [pattern for pattern in include if pattern != "**"]
    if any(_matches(path, pattern) for pattern in named):
        return True
    if "**" not in include:
        return False
    return not any(fnmatchcase(part, pattern) for part in path.split("/") for pattern in LEFT_OUT)


def _matches(path: str, pattern: str) -> bool:
    """A glob over the whole path, or over a folder that it lies in."""
    pattern = pattern.rstrip("/")
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*") or pattern == "**"
