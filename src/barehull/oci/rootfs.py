"""The files that an image's layers add up to, with links followed inside the image only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

from barehull.core.errors import InputError
from barehull.files import Store
from barehull.oci.facts import Content, Fact, Knowledge
from barehull.oci.model import Entry, Image
from barehull.oci.spool import Spool
from barehull.oci.tree import Node, Place, Tree

__all__ = ["Node", "Rootfs"]

_CHUNK = 1 << 20
T = TypeVar("T")


def _digests(content: Content) -> tuple[str, str]:
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    for chunk in content.chunks():
        md5.update(chunk)
        sha256.update(chunk)
    return md5.hexdigest(), sha256.hexdigest()


def _sha1(content: Content) -> str:
    sha1 = hashlib.sha1(usedforsecurity=False)
    for chunk in content.chunks():
        sha1.update(chunk)
    return sha1.hexdigest()


_DIGESTS = Fact("digests", tuple[str, str], _digests, (__name__,))
_SHA1 = Fact("sha1", str, _sha1, (__name__,))


class Rootfs:
    """The merged view of an image's layers; a context manager. Nothing of it is ever written to a folder.

    Paths have no leading slash; "" is the root. Whiteouts remove what lower layers have; hard links are files of their
    own. Devices are listed, and are never files.
    """

    def __init__(self, tree: Tree, spool: Spool, starts: dict[int, int], image: Image | None, known: Knowledge) -> None:
        self._tree = tree
        self._spool = spool
        self._starts = starts  # of layers' tars in the spool
        self._image = image
        self._known = known

    @classmethod
    def of(cls, image: Image, memory: Store | None = None) -> Self:
        """The view of an image's layers, spooled to an anonymous temporary file.

        What `memory` has of a layer that was checked before is taken from there; it is decompressed when a file of it
        is read. Errors: IntegrityError when a layer is not what manifest and configuration promise; InputError for a
        layer that is no tar, points outside of the image, or unpacks to too much; IncompleteError (full disk).
        """
        tree, spool, known = Tree(), Spool(), Knowledge(image.layers, memory)
        starts: dict[int, int] = {}
        try:
            for number, layer in enumerate(image.layers):
                blob = image.blobs.path(layer.digest)
                entries = known.entries(number)
                if entries is None:
                    span = spool.add(layer, blob)
                    starts[number] = span.offset
                    tree.lay(known.noted(number, spool.entries(span, f"the layer {layer.digest}")), number)
                else:
                    tree.lay(entries, number)
        except BaseException:
            spool.close()
            raise
        return cls(tree, spool, starts, image, known)

    @classmethod
    def of_entries(cls, entries: Iterable[Entry]) -> Self:
        """The view of one layer of `entries`, with the parent folders that they leave out."""
        tree, spool = Tree(), Spool()
        for entry in sorted(entries, key=lambda entry: entry.path):
            content = None
            if entry.kind == "file":
                span = spool.append(entry.content)
                content = Place(0, span.offset, span.size)
            size = content.size if content else 0
            node = Node(entry.path, entry.kind, entry.mode, entry.uid, entry.gid, size, entry.mtime, entry.target)
            tree.add(node, content)
        return cls(tree, spool, {0: 0}, None, Knowledge(()))

    def remember(self) -> None:
        """Have the memory keep what was found out about the layers. Errors: IncompleteError (full disk)."""
        self._known.remember()

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
        place = self._tree.content[self._regular(path).path]
        if not place.size:
            return b""
        return self._spool.read(self._start(place) + place.offset, min(count, place.size))

    def piece(self, path: str, offset: int, count: int) -> bytes:
        """`count` bytes from `offset` on of the file that `path` leads to; fewer where it ends."""
        place = self._tree.content[self._regular(path).path]
        count = min(count, place.size - offset)
        return self._spool.read(self._start(place) + place.offset + offset, count) if count > 0 and offset >= 0 else b""

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of the file that `path` leads to, in pieces. InputError when there is none."""
        place = self._tree.content[self._regular(path).path]
        if not place.size:  # which takes no layer to know
            return
        start = self._start(place) + place.offset
        for offset in range(0, place.size, _CHUNK):
            yield self._spool.read(start + offset, min(_CHUNK, place.size - offset))

    def fact(self, path: str, fact: Fact[T]) -> T:
        """What a fact says of the file that `path` leads to. Errors: InputError when there is none, and its own."""
        return self._fact(self._regular(path), fact)

    def facts(self, fact: Fact[T]) -> Iterator[tuple[Node, T]]:
        """What a fact says of every regular file, by path. Errors: the fact's own."""
        return ((node, self._fact(node, fact)) for node in self.files())

    def digests(self, path: str) -> tuple[str, str]:
        """MD5 and SHA-256, in hex, of the file that `path` leads to."""
        return self.fact(path, _DIGESTS)

    def sha1(self, path: str) -> str:
        """SHA-1, in hex, of the file that `path` leads to: what packages of Alpine name their files by."""
        return self.fact(path, _SHA1)

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

    def _fact(self, node: Node, fact: Fact[T]) -> T:
        place = self._tree.content[node.path]
        content = Content(
            node.size,
            lambda count: self.peek(node.path, count),
            lambda limit: self.read(node.path, limit),
            lambda: self.chunks(node.path),
            lambda offset, count: self.piece(node.path, offset, count),
        )
        return self._known.of(place.layer, place.offset, fact, content)

    def _start(self, place: Place) -> int:
        """Where in the spool a layer's tar begins."""
        if place.layer not in self._starts and self._image is not None:
            layer = self._image.layers[place.layer]
            self._starts[place.layer] = self._spool.add(layer, self._image.blobs.path(layer.digest)).offset
        return self._starts[place.layer]

    def _node(self, path: str, *, follow: bool) -> Node | None:
        at = self._tree.locate(path, follow=follow)
        return None if at is None else self._tree.nodes.get(at)

    def _regular(self, path: str) -> Node:
        node = self.resolve(path)
        if node is None or node.kind != "file":
            raise InputError(f"the image has no file /{path}", advice="Check the path against the image's content.")
        return node
