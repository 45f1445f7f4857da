"""The Dockerfiles in a folder. Links out of the tree are not followed, and links to folders never are."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from barehull.checking.model import FileError
from barehull.checking.patterns import Patterns, git_patterns

MAX_DEPTH = 200  # folders within folders
_NAME = re.compile(
    r"(?:Dockerfile|Containerfile)(?:[._-].*)?|dockerfile|.+\.(?:[Dd]ockerfile|[Cc]ontainerfile)", re.DOTALL
)
_TEMPLATES = (".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".gotmpl", ".mustache", ".erb", ".in")
_OTHERS = (".md", ".rst", ".txt", ".bak", ".orig", ".rej", ".swp", "~")
_LOOP = "A link to a folder that it is in has no end: remove it, or exclude it by .gitignore."


@dataclass(slots=True)
class Discovery:
    """What there is in a folder, as paths from it: files to check, those passed over with the reason, and errors."""

    files: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, FileError]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Level:
    """A .gitignore: the folder it is in (with a slash at the end), and its patterns."""

    folder: str
    patterns: Patterns


def is_dockerfile(name: str) -> bool:
    """Whether a file of this name is taken for a Dockerfile, a template of one or a text about one."""
    return _NAME.fullmatch(name) is not None and not name.endswith(".dockerignore")


def discover(root: str) -> Discovery:
    """Look through the folder `root` and everything in it that git does not ignore."""
    found = Discovery()
    root = os.path.abspath(root)
    tree = os.path.realpath(repository(root) or root)
    base = len(os.path.join(root, ""))
    pending = [(root, levels_above(root), 0)]
    while pending:
        folder, levels, depth = pending.pop()
        try:
            entries, levels = _entries(folder, levels)
        except OSError as error:
            found.errors.append((folder[base:] or ".", unreadable(error)))
            continue
        for entry in entries:
            if entry.is_symlink():
                if not _ignored(levels, entry.path, folder=False):
                    _link(found, entry, tree, base)
            elif entry.is_dir(follow_symlinks=False):
                if entry.name == ".git" or _ignored(levels, entry.path, folder=True):
                    continue
                if depth == MAX_DEPTH:
                    found.errors.append((entry.path[base:], FileError("it is too deep in other folders", "Move it.")))
                else:
                    pending.append((entry.path, levels, depth + 1))
            elif is_dockerfile(entry.name) and not _ignored(levels, entry.path, folder=False):
                _file(found.files, found, entry.path[base:])
    return found


def _entries(folder: str, levels: tuple[_Level, ...]) -> tuple[list[os.DirEntry[str]], tuple[_Level, ...]]:
    """What is in a folder, and the .gitignore files that count there: a repository of its own knows none above it."""
    with os.scandir(folder) as scan:
        entries = list(scan)
    names = {entry.name for entry in entries}
    if ".git" in names:
        levels = ()
    return entries, (*levels, *_level(folder)) if ".gitignore" in names else levels


def _level(folder: str) -> Iterator[_Level]:
    path = os.path.join(folder, ".gitignore")
    if os.path.isfile(path):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            yield _Level(os.path.join(folder, ""), git_patterns(file.read()))


def _ignored(levels: tuple[_Level, ...], path: str, *, folder: bool) -> bool:
    """Whether the nearest .gitignore that says anything of the path excludes it."""
    for level in reversed(levels):
        included, _ = level.patterns.decide(path[len(level.folder) :] + ("/" if folder else ""))
        if included is not None:
            return included
    return False


def repository(folder: str) -> str | None:
    """The root of the repository that a folder is in: the nearest parent, or itself, with `.git`."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def levels_above(root: str) -> tuple[_Level, ...]:
    """The .gitignore files above a folder that is named, unless they exclude it: who names it wants to see it."""
    top = repository(root)
    levels: tuple[_Level, ...] = ()
    if top is None or top == root:
        return levels
    folder = top
    for part in os.path.relpath(root, top).split(os.sep):
        levels = (*levels, *_level(folder))
        folder = os.path.join(folder, part)
        if _ignored(levels, folder, folder=True):
            return ()
    return levels


def _file(into: list[str], found: Discovery, path: str) -> None:
    lower = path.lower()
    if lower.endswith(_TEMPLATES):
        found.skipped.append((path, "a template: check what is made of it"))
    elif lower.endswith(_OTHERS):
        found.skipped.append((path, "not a Dockerfile, by the end of its name"))
    else:
        into.append(path)


def _link(found: Discovery, entry: os.DirEntry[str], tree: str, base: int) -> None:
    """A symbolic link: to a file in the tree it counts, to a folder it is not followed, in a loop it is an error."""
    path = entry.path[base:]
    try:
        is_folder = entry.is_dir()
        os.stat(entry.path)
    except OSError as error:
        if error.errno == errno.ELOOP:
            found.errors.append((path, FileError("it is a link in a loop", _LOOP)))
        elif is_dockerfile(entry.name):
            found.errors.append((path, FileError("it is a link to nothing", "Correct or remove the link.")))
        return
    if is_folder:
        target = os.path.join(os.path.realpath(entry.path), "")
        if os.path.join(os.path.realpath(os.path.dirname(entry.path)), "").startswith(target):
            found.errors.append((path, FileError("it is a link to a folder that it is in: a loop", _LOOP)))
    elif is_dockerfile(entry.name):
        if os.path.realpath(entry.path).startswith(os.path.join(tree, "")):
            _file(found.links, found, path)
        else:
            found.skipped.append((path, "a link out of the tree"))


def unreadable(error: OSError) -> FileError:
    """What an operating system's error means for one file or folder."""
    reasons = {
        errno.ENOENT: "there is no such file or folder",
        errno.ENOTDIR: "there is no such file or folder",
        errno.ELOOP: "it is a link in a loop",
        errno.EACCES: "it may not be read",
    }
    reason = reasons.get(error.errno or 0, f"it cannot be read: {error.strerror or error}")
    return FileError(reason, "Check the path and its permissions.")
