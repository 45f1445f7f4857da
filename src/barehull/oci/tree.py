"""Layers laid over each other: whiteouts, hard links, and links followed inside the image only.

A tar can name a path through a symlink of a lower layer (`lib/x`, where `lib` leads to `usr/lib`) and leave out the
folder `lib`. Engines disagree: containerd follows the link, docker and podman with overlay replace it by a folder. Here
it is followed, as containerd does; where the tar has the folder `lib` itself, all replace the link, and so do we.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from barehull.core.errors import InputError
from barehull.oci.model import Kind
from barehull.tar import TarEntry

_MAX_LINKS = 40  # as the kernel's limit
_MAX_NODES = 1_000_000
_MAX_TEXT = 128 << 20  # characters of all paths and links together: 2 KB of tar can name 100 MB of nested folders
_OPAQUE = ".wh..wh..opq"
_RESERVED = ".wh..wh."  # other names that AUFS keeps for itself
WHITEOUT = ".wh."
_ADVICE = "The layer is broken or hostile: fetch the image again, or build it anew."


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file's content is: in the tar of which layer, and of how many bytes from where on."""

    layer: int
    offset: int
    size: int


class Tree:
    """Nodes by path; "" is the root. `content` has each regular file's place."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {"": Node("", "directory", 0o755, 0, 0)}
        self.content: dict[str, Place] = {}
        self._children: dict[str, set[str]] = {"": set()}
        self._text = 0

    def children(self, path: str) -> list[str]:
        """The names in the folder at `path`, sorted."""
        return sorted(self._children.get(path, ()))

    def walk(self, path: str) -> Iterator[Node]:
        """Every node at and below `path`, parents first, names sorted."""
        stack = [path] if path in self.nodes else []
        while stack:
            at = stack.pop()
            yield self.nodes[at]
            stack += [_join(at, name) for name in sorted(self._children.get(at, ()), reverse=True)]

    def locate(self, path: str, *, follow: bool) -> str | None:
        """Where `path` leads, whether it exists or not: links in its parents followed, itself where `follow`.

        None for a loop of links.
        """
        known = self.nodes.get(path)  # the path of a node leads through folders only, so most need no walk
        if known is not None and not (follow and known.kind == "symlink"):
            return path
        folder, slash, name = path.rpartition("/")
        above = self.nodes.get(folder) if folder or not slash else None
        if known is None and above is not None and above.kind == "directory" and name not in ("", ".", ".."):
            return path
        at, links = "", 0
        todo = path.split("/")[::-1]
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                at = at.rpartition("/")[0]
                continue
            here = _join(at, part)
            node = self.nodes.get(here)
            if node is None or node.kind != "symlink" or not (follow or any(todo)):
                at = here
                continue
            links += 1
            if links > _MAX_LINKS:
                return None
            at = "" if node.target.startswith("/") else at
            todo += node.target.split("/")[::-1]
        return at

    def lay(self, entries: Iterable[TarEntry], layer: int) -> None:
        """Lay the layer of that number over what is there.

        Whiteouts speak of lower layers only, so they come first (OCI image specification, layer.md).
        """
        rest: list[TarEntry] = []
        for entry in entries:
            if not entry.path.rpartition("/")[2].startswith(WHITEOUT):
                rest.append(entry)
            else:
                self._white_out(entry.path)
            if len(rest) > _MAX_NODES:
                raise _too_many()
            self._count(entry.path, entry.target)
        for entry in rest:
            self._add(entry, layer)

    def add(self, node: Node, content: Place | None = None) -> None:
        """Put `node` in its place, instead of what is there; a folder keeps what is in it."""
        old = self.nodes.get(node.path)
        if not node.path and node.kind != "directory":
            raise InputError(f"a layer has a {node.kind} for the root folder", advice=_ADVICE)
        if old is not None and not (old.kind == node.kind == "directory"):
            self._remove(node.path)
        self._make_parents(node.path, node.layer)
        self.nodes[node.path] = node
        if node.kind == "directory":
            self._children.setdefault(node.path, set())
        if content is not None:
            self.content[node.path] = content
        if len(self.nodes) > _MAX_NODES:
            raise _too_many()

    def _white_out(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        at = self._place(folder, follow=True)
        hidden = name.removeprefix(WHITEOUT)
        if name == _OPAQUE:
            for child in self.children(at):
                self._remove(_join(at, child))
        elif hidden in ("", ".", ".."):
            raise InputError(f"a layer has the whiteout {path!r}, which names no file", advice=_ADVICE)
        elif not name.startswith(_RESERVED):
            self._remove(_join(at, hidden))

    def _add(self, entry: TarEntry, layer: int) -> None:
        path = self._place(entry.path, follow=False)
        if entry.kind == "hardlink":
            source = self.nodes.get(self._place(entry.target, follow=False))
            if source is None or source.kind == "directory":
                what = f"/{path} in a layer is a hard link to /{entry.target}, which the image does not have"
                raise InputError(what, advice=_ADVICE)
            self.add(replace(source, path=path, layer=layer), self.content.get(source.path))
            return
        node = Node(path, entry.kind, entry.mode, entry.uid, entry.gid, entry.size, entry.mtime, entry.target, layer)
        self.add(node, Place(layer, entry.offset, entry.size) if entry.kind == "file" else None)

    def _place(self, path: str, *, follow: bool) -> str:
        place = self.locate(path, follow=follow)
        if place is None:
            raise InputError(f"a layer has the path {path!r}, which leads through a loop of links", advice=_ADVICE)
        return place

    def _make_parents(self, path: str, layer: int) -> None:
        """Enter `path` in its folder, and make the folders that the layer leaves out, as engines do."""
        while path:
            parent, _, name = path.rpartition("/")
            node = self.nodes.get(parent)
            if node is not None and node.kind != "directory":
                self._remove(parent)
                node = None
            self._children.setdefault(parent, set()).add(name)
            if node is not None:
                return
            self._count(parent)
            self.nodes[parent] = Node(parent, "directory", 0o755, 0, 0, layer=layer)
            path = parent

    def _count(self, *texts: str) -> None:
        self._text += sum(map(len, texts))
        if self._text > _MAX_TEXT:
            raise InputError("the image has too many long or deeply nested paths", advice=_ADVICE)

    def _remove(self, path: str) -> None:
        if path not in self.nodes:
            return
        for node in list(self.walk(path)):
            del self.nodes[node.path]
            self._children.pop(node.path, None)
            self.content.pop(node.path, None)
        parent, _, name = path.rpartition("/")
        self._children[parent].discard(name)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _too_many() -> InputError:
    return InputError(f"the image has more than {_MAX_NODES} files and folders", advice=_ADVICE)
