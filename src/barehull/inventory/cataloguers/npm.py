"""npm: packages in folders called node_modules, wherever they are, and others that have a package.json of their own.

A package.json with a name and a version is a package; one inside of another package is bundled in it. An application's
own, without a version, is none. A package in node_modules that tells no version, or has no package.json any more, is of
unknown version. A lock file counts only where there is no node_modules beside it: what it lists has then gone into
bundles. Files of a package are put down to it, but for machine code: npm records no digests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from packageurl import PackageURL

from barehull.core.errors import InputError
from barehull.inventory.catalogue import Catalogue
from barehull.inventory.model import Component, Gap
from barehull.inventory.reading.npm_locks import FACTS, LOCKS, Locked
from barehull.oci.facts import Content, Fact
from barehull.oci.rootfs import Node, Rootfs

ECOSYSTEM = "npm"
MODULES = "node_modules/"
_PACKAGE = "package.json"
_LIMIT = 4 << 20
_ELF = b"\x7fELF"
_CODE = (".js", ".mjs", ".cjs", ".node", ".wasm")
_NAME = re.compile(r"(?:@[A-Za-z0-9_.~-]{1,200}/)?[A-Za-z0-9_.~-]{1,214}")
_VERSION = re.compile(r"[!-~]{1,256}")


class _PackageJson(msgspec.Struct):
    name: Any = None
    version: Any = None


@dataclass(frozen=True, slots=True)
class Named:
    """What a package.json says: name and version, "" where there is none; `broken` where it is no JSON object."""

    name: str = ""
    version: str = ""
    broken: bool = False


def read_package(content: Content) -> Named:
    """Name and version of a package.json."""
    try:
        said = msgspec.json.decode(content.read(_LIMIT).removeprefix(b"\xef\xbb\xbf"), type=_PackageJson)
    except (msgspec.DecodeError, InputError, RecursionError):
        return Named(broken=True)
    name = said.name if isinstance(said.name, str) and _NAME.fullmatch(said.name) else ""
    version = said.version.strip() if isinstance(said.version, str) else ""
    return Named(name, version if _VERSION.fullmatch(version) else "")


NAMED = Fact("package.json", Named, read_package, (__name__,))


def component_of(name: str, version: str, vendored_in: str = "") -> Component:
    """A package of npm; `version` is "" where it is not known."""
    scope, _, last = name.rpartition("/")
    purl = PackageURL("npm", scope or None, last, version or None).to_string()
    return Component(purl, name, version, ECOSYSTEM, name, version, vendored_in=vendored_in)


def catalogue(rootfs: Rootfs) -> Catalogue:
    """The packages of npm, installed or listed by the lock files of what was bundled."""
    gaps: list[Gap] = []
    places: dict[Component, list[str]] = {}
    identified: list[str] = []
    files = list(rootfs.files())
    for folder, nodes in _by_package(node for node in files if MODULES in node.path).items():
        for path, component in _of_package(rootfs, folder, nodes, gaps):
            places.setdefault(component, []).append(path)
        identified += [node.path for node in nodes if rootfs.peek(node.path, 4) != _ELF]
    for node in files:
        if node.path.endswith(_PACKAGE) and _is_called(node.path, _PACKAGE) and MODULES not in node.path:
            said = rootfs.fact(node.path, NAMED)
            if said.name and said.version:
                places.setdefault(component_of(said.name, said.version), []).append(node.path)
    known = {(component.name, component.version) for component in places}
    for path, locked in _locked(rootfs, files, gaps):
        if (locked.name, locked.version) not in known:
            places.setdefault(component_of(locked.name, locked.version), []).append(path)
    components = tuple(replace(it, evidence=tuple(sorted(paths))) for it, paths in places.items())
    return Catalogue(components, gaps=tuple(gaps), identified=tuple(identified))


def _by_package(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    """The files in node_modules by the folder of their package. pnpm's `.pnpm` and the like are no packages."""
    found: dict[str, list[Node]] = {}
    for node in nodes:
        path = node.path
        start = path.rfind(MODULES) + len(MODULES)
        end = path.find("/", start)
        if end >= 0 and path[start] == "@":
            end = path.find("/", end + 1)
        if end >= 0 and path[start] != ".":
            found.setdefault(path[:end], []).append(node)
    return found


def _of_package(rootfs: Rootfs, folder: str, nodes: Iterable[Node], gaps: list[Gap]) -> Iterator[tuple[str, Component]]:
    """A package in node_modules, and those that are bundled in it, with the path that tells of each."""
    name = folder[folder.rfind(MODULES) + len(MODULES) :]
    manifests = [node.path for node in nodes if _is_called(node.path, _PACKAGE)]
    root = f"{folder}/{_PACKAGE}"
    if root not in manifests:
        code = next((node.path for node in nodes if node.path.endswith(_CODE)), "")
        if not code:
            return
        said, root = Named(), code
    else:
        said = rootfs.fact(root, NAMED)
    if not said.version and not _is_installed(folder):
        return
    if said.broken:
        gaps.append(Gap(root, "it is no package.json", sha256=rootfs.digests(root)[1]))
        return
    if not said.name and not _NAME.fullmatch(name):
        gaps.append(Gap(root, "it names no package", sha256=rootfs.digests(root)[1]))
        return
    itself = component_of(said.name or name, said.version)
    yield root, itself
    for path in manifests:
        inner = rootfs.fact(path, NAMED)
        if path != root and inner.name and inner.version and (inner.name, inner.version) != (said.name, said.version):
            yield path, component_of(inner.name, inner.version, itself.purl)


def _is_installed(folder: str) -> bool:
    """Whether npm put the package there: node_modules deep inside of a package are what its tests need."""
    above = folder[: folder.rfind(MODULES)]
    within = above[above.rfind(MODULES) + len(MODULES) :].rstrip("/") if MODULES in above else ""
    return within.startswith(".") or within.count("/") == within.startswith("@")


def _locked(rootfs: Rootfs, files: Iterable[Node], gaps: list[Gap]) -> Iterator[tuple[str, Locked]]:
    """What lock files list that have no node_modules beside them, with the path of each."""
    locks: dict[str, str] = {}  # by folder
    installed = set[str]()
    for node in files:
        path = node.path
        if MODULES in path:
            before = path.partition(MODULES)[0]
            if not before or before.endswith("/"):
                installed.add(before)
        elif path.endswith(LOCKS):
            folder, name = path[: path.rfind("/") + 1], path[path.rfind("/") + 1 :]
            if name in LOCKS and LOCKS.index(name) <= LOCKS.index(locks.get(folder, name)):
                locks[folder] = name
    for folder, name in locks.items():
        if folder in installed:
            continue
        try:
            yield from ((folder + name, locked) for locked in rootfs.fact(folder + name, FACTS[name]))
        except InputError as error:
            gaps.append(Gap(folder + name, error.what))


def _is_called(path: str, name: str) -> bool:
    return path.endswith(name) and (len(path) == len(name) or path[-len(name) - 1] == "/")
