"""The files that an image's layers add up to, with links followed inside the image only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from barehull.core.errors import InputError
from barehull.oci.model import Entry, Image
from barehull.oci.spool import Spool
from barehull.oci.tree import Node, Tree

__all__ = ["Node", "Rootfs"]

_CHUNK = 1 << 20


class Rootfs:
    """The merged view of an image's layers; a context manager. Nothing of it is ever written to a folder.

    Paths have no leading slash; "" is the root. Whiteouts remove what lower layers have; hard links are files of their
    own. Devices are listed, and are never files.
    """

    def __init__(self, tree: Tree, spool: Spool) -> None:
        self._tree = tree
        self._spool = spool
        self._digests: dict[str, tuple[str, str]] = {}

    @classmethod
    def of(cls, image: Image) -> Self:
        """The view of an image's layers, spooled to an anonymous temporary file.

        Errors: IntegrityError when a layer is not what manifest and configuration promise; InputError for a layer that
        is no tar, points outside of the image, or unpacks to too much; IncompleteError (full disk).
        """
        tree, spool = Tree(), Spool()
        try:
            for number, layer in enumerate(image.layers):
                span = spool.add(layer, image.blobs.path(layer.digest))
                tree.lay(spool.entries(span, f"the layer {layer.digest}"), number, span.offset)
        except BaseException:
            spool.close()
            raise
        return cls(tree, spool)

    @classmethod
    def of_entries(cls, entries: Iterable[Entry]) -> Self:
        """The view of one layer of `entries`, with the parent folders that they leave out."""
        tree, spool = Tree(), Spool()
        for entry in sorted(entries, key=lambda entry: entry.path):
            content = spool.append(entry.content) if entry.kind == "file" else None
            size = content.size if content else 0
            node = Node(entry.path, entry.kind, entry.mode, entry.uid, entry.gid, size, entry.mtime, entry.target)
            tree.add(node, content)
        return cls(tree, spool)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the temporary file back."""
        self._spool.close()

    def get(self, path: str) -> Node | None:
        """The node at `path`; links in its parents are followed, it itself is not. None where nothing is."""
        return self._node(path, follow=False)

    def resolve(self, path: str) -> Node | None:
        """The node that `path` leads to, all links followed inside the image; None when it leads nowhere."""
        return self._node(path, follow=True)

    def read(self, path: str, limit: int = 64 << 20) -> bytes:
        """The content of the file that `path` leads to. InputError when there is none, or over `limit` bytes."""
        node = self._regular(path)
        if node.size > limit:
            raise InputError(
                f"/{path} in the image has {node.size} bytes, more than the {limit} that barehull reads",
                advice="Look at the file: it is not what its name says.",
            )
        return b"".join(self.chunks(node.path))

    def peek(self, path: str, count: int) -> bytes:
        """The first `count` bytes of the file that `path` leads to."""
        span = self._tree.content[self._regular(path).path]
        return self._spool.read(span.offset, min(count, span.size))

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of the file that `path` leads to, in pieces. InputError when there is none."""
        span = self._tree.content[self._regular(path).path]
        for offset in range(0, span.size, _CHUNK):
            yield self._spool.read(span.offset + offset, min(_CHUNK, span.size - offset))

    def digests(self, path: str) -> tuple[str, str]:
        """MD5 and SHA-256, in hex, of the file that `path` leads to."""
        node = self._regular(path)
        if node.path not in self._digests:
            md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
            for chunk in self.chunks(node.path):
                md5.update(chunk)
                sha256.update(chunk)
            self._digests[node.path] = (md5.hexdigest(), sha256.hexdigest())
        return self._digests[node.path]

    def walk(self, prefix: str = "") -> Iterator[Node]:
        """Every node at and below `prefix`, parents first, names sorted."""
        node = self.get(prefix)
        return self._tree.walk(node.path) if node else iter(())

    def files(self) -> Iterator[Node]:
        """Every regular file, by path."""
        return (node for _, node in sorted(self._tree.nodes.items()) if node.kind == "file")

    def children(self, path: str) -> tuple[str, ...]:
        """The names in the folder that `path` leads to, sorted; none where it is no folder."""
        node = self.resolve(path)
        return tuple(self._tree.children(node.path)) if node else ()

    def _node(self, path: str, *, follow: bool) -> Node | None:
        at = self._tree.locate(path, follow=follow)
        return None if at is None else self._tree.nodes.get(at)

    def _regular(self, path: str) -> Node:
        node = self.resolve(path)
        if node is None or node.kind != "file":
            raise InputError(f"the image has no file /{path}", advice="Check the path against the image's content.")
        return node
