"""No shell and no package manager: nothing with which an intruder could work or install more."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from barehull.core.finding import Finding
from barehull.core.outcome import Failed, Outcome, Passed
from barehull.core.tools import kind_of_tool
from barehull.oci.rootfs import Node
from barehull.proof.facts import CODE, MARKS
from barehull.proof.subject import Subject

NAME = "no-shell"
TITLE = "has no shell and no package manager"
WHY = "Most attacks on containers need a shell, or a package manager to fetch the next tool; no service needs them."

# Importable without a program of its own: `python3 -m pip`, `node npm-cli.js`. The ends of paths.
# The wheels that Debian's python3-pip-whl keeps for ensurepip are data: they run only after an installation.
_MODULES = {"/pip/__main__.py": "pip", "/npm/bin/npm-cli.js": "npm", "/uv/__main__.py": "uv"}
# What a program says of itself, under whatever name.
_MARKS = {
    "BusyBox is copyrighted": ("busybox", "a shell"),
    "GNU bash, version": ("bash", "a shell"),
}
_ADVICE = "Build in one stage and copy only the result into the image; leave out the package that brings it."


def check(subject: Subject) -> Outcome:
    """Looks at names, link targets, importable package managers, and what executable machine code says it is."""
    findings: list[Finding] = []
    looked_at = 0
    for node in subject.rootfs.walk():
        if node.kind not in ("file", "symlink") or _leads_to_folder(subject, node):
            continue
        runnable = node.kind == "symlink" or bool(node.mode & 0o111)
        program = node.kind == "file" and subject.rootfs.fact(node.path, CODE) is not None
        looked_at += runnable
        findings += list(_findings(subject, node, runnable, program))[:1]
    return Failed(tuple(findings)) if findings else Passed(f"{looked_at} executables and links")


def _findings(subject: Subject, node: Node, runnable: bool, program: bool) -> Iterator[Finding]:
    path = f"/{node.path}"
    if runnable or program:  # a shell without its executable bit still runs by way of ld.so
        for name in (posixpath.basename(node.path), posixpath.basename(node.target)):
            if kind := kind_of_tool(name):
                yield Finding(path, f"is {kind} ({name})", _ADVICE)
    for end, name in _MODULES.items():
        if path.endswith(end):
            yield Finding(path, f"is a package manager ({name})", _ADVICE)
    if runnable and program:
        for mark in subject.rootfs.fact(node.path, MARKS):
            name, kind = _MARKS[mark]
            yield Finding(path, f"is {kind} ({name}, under another name)", _ADVICE)


def _leads_to_folder(subject: Subject, node: Node) -> bool:
    end = subject.rootfs.resolve(node.path) if node.kind == "symlink" else node
    return end is not None and end.kind == "directory"
