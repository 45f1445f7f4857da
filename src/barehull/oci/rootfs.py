"""The files that an image's layers add up to, with links followed inside the image only."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import IO, Self

from barehull.core.errors import InputError
from barehull.oci.model import Entry, Image, Kind
from barehull.oci.spool import Span, Spool

_MAX_LINKS = 40  # as the kernel's limit
_CHUNK = 1 << 20
_MAX_ENTRIES = 1_000_000
_OPAQUE = ".wh..wh..opq"
_WHITEOUT = ".wh."


@dataclass(frozen=True, slots=True)
class Node:
    """One path of the image. `layer` is the index of the layer that it comes from; `mtime` seconds since the epoch."""

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int = 0
    mtime: int = 0
    target: str = ""
    layer: int = 0


class Rootfs:
    """The merged view of an image's layers; a context manager. Nothing of it is ever written to a folder.

    Paths have no leading slash; "" is the root. Whiteouts remove what lower layers have; hard links are files of their
    own.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {"": Node("", "directory", 0o755, 0, 0)}
        self._children: dict[str, set[str]] = {"": set()}
        self._content: dict[str, Span] = {}
        self._digests: dict[str, tuple[str, str]] = {}
        self._file: IO[bytes] | None = None
        self._entries = 0

    @classmethod
    def of(cls, image: Image) -> Self:
        """The view of an image's layers, spooled to an anonymous temporary file.

        Errors: IntegrityError when a layer is not what manifest and configuration promise; InputError for a layer that
        is no tar, points outside of the image, or unpacks to too much.
        """
        rootfs = cls()
        rootfs._file = tempfile.TemporaryFile(prefix="barehull-")  # noqa: SIM115
        spool = Spool(rootfs._file)
        try:
            for number, layer in enumerate(image.layers):
                start = spool.add(layer, image.blobs.path(layer.digest))
                rootfs._apply(spool.entries(start, layer.digest), number)
        except BaseException:
            rootfs.close()
            raise
        return rootfs

    @classmethod
    def of_entries(cls, entries: Iterable[Entry]) -> Self:
        """The view of one layer in memory, with the parent folders that `entries` leave out."""
        rootfs = cls()
        rootfs._file = tempfile.TemporaryFile(prefix="barehull-")  # noqa: SIM115
        listed = []
        for entry in sorted(entries, key=lambda entry: entry.path):
            info = tarfile.TarInfo(entry.path)
            info.type = {"file": tarfile.REGTYPE, "directory": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE}.get(
                entry.kind, tarfile.CHRTYPE
            )
            info.mode, info.uid, info.gid, info.mtime = entry.mode, entry.uid, entry.gid, entry.mtime
            info.linkname, info.size = entry.target, len(entry.content)
            listed.append((info, rootfs._file.tell()))
            rootfs._file.write(entry.content)
        rootfs._file.flush()
        rootfs._apply(listed, 0)
        return rootfs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the temporary file back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def get(self, path: str) -> Node | None:
        """The node at `path`; links in its parents are followed, it itself is not."""
        return self._nodes.get(self._located(path, follow=False))

    def resolve(self, path: str) -> Node | None:
        """The node that `path` leads to, all links followed inside the image; None when it leads nowhere."""
        return self._nodes.get(self._located(path, follow=True))

    def read(self, path: str, limit: int = 64 << 20) -> bytes:
        """The content of the file that `path` leads to. InputError when there is none, or over `limit` bytes."""
        node = self._regular(path)
        if node.size > limit:
            raise InputError(
                f"/{path} in the image has {node.size} bytes, more than the {limit} that barehull reads",
                advice="Look at the file: it is not what its name says.",
            )
        return b"".join(self._chunks(node.path))

    def peek(self, path: str, count: int) -> bytes:
        """The first `count` bytes of the file that `path` leads to."""
        node = self._regular(path)
        span = self._content[node.path]
        return self._pread(span.offset, min(count, span.size))

    def digests(self, path: str) -> tuple[str, str]:
        """MD5 and SHA-256, in hex, of the file that `path` leads to."""
        node = self._regular(path)
        if node.path not in self._digests:
            md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
            for chunk in self._chunks(node.path):
                md5.update(chunk)
                sha256.update(chunk)
            self._digests[node.path] = (md5.hexdigest(), sha256.hexdigest())
        return self._digests[node.path]

    def walk(self, prefix: str = "") -> Iterator[Node]:
        """Every node at and below `prefix`, parents first, names sorted."""
        if (node := self.get(prefix)) is None:
            return
        stack = [node.path]
        while stack:
            path = stack.pop()
            yield self._nodes[path]
            names = sorted(self._children.get(path, ()), reverse=True)
            stack += [f"{path}/{name}" if path else name for name in names]

    def files(self) -> Iterator[Node]:
        """Every regular file, by path."""
        return (self._nodes[path] for path in sorted(self._nodes) if self._nodes[path].kind == "file")

    def children(self, path: str) -> tuple[str, ...]:
        """The names in the folder that `path` leads to, sorted; none where it is no folder."""
        return tuple(sorted(self._children.get(self._located(path, follow=True), ())))

    # -- reading

    def _regular(self, path: str) -> Node:
        node = self.resolve(path)
        if node is None or node.kind != "file":
            raise InputError(f"the image has no file /{path}", advice="Check the path against the image's content.")
        return node

    def _chunks(self, path: str) -> Iterator[bytes]:
        span = self._content[path]
        for offset in range(0, span.size, _CHUNK):
            yield self._pread(span.offset + offset, min(_CHUNK, span.size - offset))

    def _pread(self, offset: int, count: int) -> bytes:
        if self._file is None:
            raise ValueError("the view of the image is closed")
        return os.pread(self._file.fileno(), count, offset)

    def _located(self, path: str, *, follow: bool) -> str:
        """Where `path` leads: a path whose parents are folders (or that does not exist)."""
        at: list[str] = []
        todo = [part for part in reversed(path.split("/")) if part]
        links = 0
        while todo:
            part = todo.pop()
            if part == ".":
                continue
            if part == "..":
                at = at[:-1]
                continue
            at.append(part)
            node = self._nodes.get("/".join(at))
            if node is None or node.kind != "symlink" or (not todo and not follow):
                continue
            links += 1
            if links > _MAX_LINKS:
                return "\0"  # no node has this path
            at = [] if node.target.startswith("/") else at[:-1]
            todo += [part for part in reversed(node.target.split("/")) if part]
        return "/".join(at)

    # -- merging

    def _apply(self, entries: Iterable[tuple[tarfile.TarInfo, int]], layer: int) -> None:
        """Lay one layer over what is there. Whiteouts speak of lower layers only, so they come first."""
        listed = [(_normal(info.name), info, offset) for info, offset in entries]
        self._entries += len(listed)
        if self._entries > _MAX_ENTRIES:
            raise InputError(
                f"the image has more than {_MAX_ENTRIES} entries", advice="This is not an image to be trusted."
            )
        for path, _, _ in listed:
            folder, _, name = path.rpartition("/")
            if name == _OPAQUE:
                for child in self.children(folder):
                    self._remove(f"{self._located(folder, follow=True)}/{child}".lstrip("/"))
            elif name.startswith(_WHITEOUT):
                self._remove(self._located(f"{folder}/{name.removeprefix(_WHITEOUT)}", follow=False))
        for path, info, offset in listed:
            if not path.rpartition("/")[2].startswith(_WHITEOUT):
                self._add(path, info, offset, layer)

    def _add(self, path: str, info: tarfile.TarInfo, offset: int, layer: int) -> None:
        path = self._located(path, follow=False)
        if info.islnk():
            self._link(path, info, layer)
            return
        kind: Kind = "device"
        if info.isreg():
            kind = "file"
        elif info.isdir():
            kind = "directory"
        elif info.issym():
            kind = "symlink"
        size = info.size if kind == "file" else 0
        node = Node(path, kind, info.mode & 0o7777, info.uid, info.gid, size, int(info.mtime), info.linkname, layer)
        self._put(node, Span(offset, size) if kind == "file" else None)

    def _link(self, path: str, info: tarfile.TarInfo, layer: int) -> None:
        source = self._nodes.get(self._located(_normal(info.linkname), follow=False))
        if source is None or source.kind == "directory":
            raise InputError(
                f"/{path} in a layer is a hard link to /{info.linkname}, which the image does not have",
                advice="The layer is broken or hostile: fetch the image again, or build it anew.",
            )
        self._put(replace(source, path=path, layer=layer), self._content.get(source.path))

    def _put(self, node: Node, content: Span | None) -> None:
        old = self._nodes.get(node.path)
        if old is not None and not (old.kind == node.kind == "directory"):
            self._remove(node.path)
        self._make_parents(node.path, node.layer)
        self._nodes[node.path] = node
        if node.kind == "directory":
            self._children.setdefault(node.path, set())
        if content is not None:
            self._content[node.path] = content

    def _make_parents(self, path: str, layer: int) -> None:
        """Enter `path` in its folder, and make the folders that the layer leaves out, as engines do."""
        while path:
            parent, _, name = path.rpartition("/")
            node = self._nodes.get(parent)
            if node is not None and node.kind != "directory":
                self._remove(parent)
                node = None
            self._children.setdefault(parent, set()).add(name)
            if node is not None:
                return
            self._nodes[parent] = Node(parent, "directory", 0o755, 0, 0, layer=layer)
            path = parent

    def _remove(self, path: str) -> None:
        if path not in self._nodes or not path:
            return
        doomed = [node.path for node in self.walk(path)]
        for each in doomed:
            self._nodes.pop(each, None)
            self._children.pop(each, None)
            self._content.pop(each, None)
        parent, _, name = path.rpartition("/")
        self._children.get(parent, set()).discard(name)


def _normal(name: str) -> str:
    """A tar's path without leading `./` or `/`. InputError when it climbs out."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in name:
        raise InputError(
            f"a layer has the path {name!r}, which points outside of the image",
            advice="Do not use this image: it is hostile or broken.",
        )
    return "/".join(parts)
