"""The files of an image in a real folder, to run one of its programs on them, without root and without escapes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from barehull.core.errors import UsageError
from barehull.files import failed
from barehull.oci.rootfs import Node, Rootfs


def unpack(rootfs: Rootfs, folder: Path, wanted: Callable[[Node], bool] = lambda node: True) -> None:
    """Write the wanted nodes, and the folders above them, to `folder`, which is new or empty.

    Owners, times and set-ID bits are left out, and devices are not made. Links are made last, as they are written, so
    that nothing is written through one; an absolute one leads out of `folder` for whoever follows it afterwards.
    Errors: UsageError for a folder with something in it; IncompleteError (full disk).
    """
    root = os.fsencode(folder)  # bytes, since a path in an image need not be UTF-8
    links: list[tuple[bytes, str]] = []
    try:
        os.makedirs(root, exist_ok=True)
        if os.listdir(root):
            raise UsageError(f"{folder} is not empty", advice="Name another folder.")
        for node in rootfs.walk():
            path = os.path.join(root, _encoded(node.path)) if node.path else root
            if not wanted(node):
                continue
            _make_folders(path if node.kind == "directory" else os.path.dirname(path))
            if node.kind == "directory":
                os.chmod(path, node.mode & 0o777 | 0o700)
            elif node.kind == "symlink":
                links.append((path, node.target))
            elif node.kind == "file":
                _write(rootfs, node, path)
        for path, target in links:
            os.symlink(_encoded(target), path)
    except OSError as error:
        raise failed(error, folder) from error


def _make_folders(path: bytes) -> None:
    """As os.makedirs, which calls itself for each parent: an image can nest deeper than Python's stack."""
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for folder in reversed(missing):
        os.mkdir(folder)


def _write(rootfs: Rootfs, node: Node, path: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        for chunk in rootfs.chunks(node.path):
            file.write(chunk)
        os.fchmod(file.fileno(), node.mode & 0o777 | 0o400)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
