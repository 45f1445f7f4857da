"""From an image's entrypoint and command to the program that really runs: PATH, links, `#!` lines (execve(2))."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from barehull.core.finding import Finding
from barehull.proof.access import EXECUTE, Account, obstacle
from barehull.proof.facts import SCRIPT
from barehull.proof.subject import Subject

# What Docker, containerd and podman set when the image sets none.
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MAX_SCRIPTS = 5  # interpreters of interpreters, as the kernel's limit
_PYTHON = re.compile(r"python(\d+(\.\d+)*)?")
_PYTHON_OPTIONS_WITH_VALUE = "WX"


@dataclass(frozen=True, slots=True)
class Launch:
    """The machine code that the kernel starts: its `path` as it was found, its `file` with all links followed.

    `arguments` follow the program's name; a script that led here is among them, as the kernel passes it.
    """

    path: str
    file: str
    arguments: tuple[str, ...]

    @property
    def is_python(self) -> bool:
        """Whether it is a CPython interpreter, by its name."""
        return _PYTHON.fullmatch(posixpath.basename(self.file)) is not None


@dataclass(frozen=True, slots=True)
class PythonTarget:
    """What an interpreter is told to run: "module" (-m), "file", "code" (-c), "none". `options`: one-letter flags."""

    kind: str
    name: str
    options: frozenset[str]


def launch_of(subject: Subject, account: Account) -> Launch | Finding:
    """The program that entrypoint and command start for this account, or what is wrong with them."""
    words = (*subject.config.entrypoint, *subject.config.cmd)
    if not words or not words[0]:
        return Finding("entrypoint", "the image says no program to run", "Set the entrypoint in barehull.toml.")
    for _ in range(_MAX_SCRIPTS):
        path = _find(subject, words[0])
        if path is None:
            return Finding(words[0], "is not in any folder of PATH", "Give the absolute path, or install what has it.")
        if trouble := obstacle(subject.rootfs, path, account, EXECUTE):
            return Finding(words[0], trouble, "Correct the entrypoint, or the file's mode and owner.")
        node = subject.rootfs.resolve(path)
        if node is None or node.kind != "file":
            return Finding(words[0], f"/{path} is no file", "Correct the entrypoint.")
        line = _interpreter_line(subject, node.path)
        if not line:
            if posixpath.basename(path) != "env" or len(words) < 2:
                return Launch(path, node.path, tuple(words[1:]))
            words = words[1:]
        else:
            words = (*line, f"/{path}", *words[1:])
    return Finding(words[0], "is a script of a script of a script", "Name the program itself in the entrypoint.")


def python_target(arguments: tuple[str, ...]) -> PythonTarget:
    """What CPython's command line runs (the options before it are read as python(1) has them)."""
    options: set[str] = set()
    at = 0
    while at < len(arguments):
        word = arguments[at]
        following = arguments[at + 1] if at + 1 < len(arguments) else ""
        if word == "-" or not word.startswith("-"):
            return PythonTarget("none" if word == "-" else "file", word, frozenset(options))
        if word.startswith("--"):
            at += 2 if word == "--check-hash-based-pycs" else 1
            continue
        at += 1
        for index, letter in enumerate(word[1:], 2):
            if letter in "mc":
                kind = "module" if letter == "m" else "code"
                return PythonTarget(kind, word[index:] or following, frozenset(options))
            if letter in _PYTHON_OPTIONS_WITH_VALUE:
                at += not word[index:]
                break
            options.add(letter)
    return PythonTarget("none", "", frozenset(options))


def _find(subject: Subject, word: str) -> str | None:
    if "/" in word:
        return posixpath.join("/", subject.working_dir, word).lstrip("/")
    for folder in subject.env.get("PATH", _DEFAULT_PATH).split(":"):
        path = posixpath.join("/", subject.working_dir, folder, word).lstrip("/")
        node = subject.rootfs.resolve(path)
        if node is not None and node.kind == "file" and node.mode & 0o111:
            return path
    return None


def _interpreter_line(subject: Subject, path: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in subject.rootfs.fact(path, SCRIPT).split(None, 1))
