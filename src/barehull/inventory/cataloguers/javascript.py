"""Libraries in bundles of JavaScript, which no package manager's record tells of.

Three things tell: source maps list the modules, bundlers that do not minify name them, and the banners that licenses
require have name and version. A minified script that could carry libraries (`bundles.py` has the rule) is explained by
a source map, by a lock file in its folder or one above, or by beginning with the banner of the library that its file is
called after (jquery-3.7.1.min.js). Any other is undecided ("javascript-bundle"), the same on both sides where its
content is; it is accepted by its folder, as bundles have another name with each build.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from barehull.core.errors import InputError
from barehull.inventory.catalogue import Catalogue
from barehull.inventory.cataloguers.npm import MODULES, component_of
from barehull.inventory.model import Component, Gap
from barehull.inventory.reading.bundles import BANNERS, MAP, SCRIPT, Library, Script
from barehull.inventory.reading.npm_locks import LOCKS
from barehull.oci.facts import Fact
from barehull.oci.rootfs import Node, Rootfs

BUNDLE = "javascript-bundle"
_SCRIPTS = (".js", ".mjs", ".cjs")
_MAPS = tuple(f"{ending}.map" for ending in _SCRIPTS)
_LICENSES = tuple(f"{ending}.LICENSE.txt" for ending in _SCRIPTS)
T = TypeVar("T")
_VARIANT = (
    r"[.-](?:min|slim|prod|production|runtime|common|umd|esm|js|cjs|mjs)\b.*"  # of one library, with nothing else
)
_MIN_SIZE = 200  # bytes; a smaller one has no room for a library and its banner


def catalogue(rootfs: Rootfs) -> Catalogue:
    """The libraries in scripts that no package of npm has."""
    places: dict[Component, list[str]] = {}
    gaps: list[Gap] = []
    files = [node for node in rootfs.files() if MODULES not in node.path]
    locked = {folder for folder, _, name in (node.path.rpartition("/") for node in files) if name in LOCKS}
    mapped = set[str]()
    scripts: list[Node] = []
    for node in files:
        found: tuple[Library, ...] = ()
        if node.path.endswith(_SCRIPTS) and node.size >= _MIN_SIZE:
            scripts.append(node)
        elif node.path.endswith(_MAPS):
            listed = _asked(rootfs, node.path, MAP, gaps)
            if listed is not None:
                mapped.add(node.path.removesuffix(".map"))
                found = listed
        elif node.path.endswith(_LICENSES):
            found = _asked(rootfs, node.path, BANNERS, gaps) or ()
        _put(places, found, node.path)
    for node in scripts:
        script = _asked(rootfs, node.path, SCRIPT, gaps)
        if script is not None:
            _put(places, script.libraries, node.path)
            explained = node.path in mapped or _is_named_after(node.path, script) or _is_below(node.path, locked)
            if script.opaque and not explained:
                gaps.append(_unknown(rootfs, node))
    components = tuple(replace(it, evidence=tuple(sorted(paths))) for it, paths in places.items())
    return Catalogue(components, gaps=tuple(gaps))


def _put(places: dict[Component, list[str]], libraries: tuple[Library, ...], path: str) -> None:
    for library in libraries:
        places.setdefault(component_of(library.name, library.version), []).append(path)


def _asked(rootfs: Rootfs, path: str, fact: Fact[T], gaps: list[Gap]) -> T | None:
    """What a fact says of a file; None, and a gap, where that cannot be told."""
    try:
        return rootfs.fact(path, fact)
    except InputError as error:
        gaps.append(Gap(path, error.what, sha256=rootfs.digests(path)[1]))
        return None


def _is_named_after(path: str, script: Script) -> bool:
    """Whether the library at the beginning of a script is what its file is called after: it is that library."""
    name = path.rpartition("/")[2].lower()
    short = re.escape(script.itself.rpartition("/")[2].removesuffix(".js"))
    return bool(short) and re.fullmatch(rf"{short}(?:[.@-]?\d[\w.-]*|{_VARIANT})", name) is not None


def _is_below(path: str, folders: set[str]) -> bool:
    """Whether a file is in one of the folders, however deep."""
    while path:
        path = path.rpartition("/")[0]
        if path in folders:
            return True
    return False


def _unknown(rootfs: Rootfs, node: Node) -> Gap:
    folder, _, name = node.path.rpartition("/")
    shown = name.encode("utf-8", "replace").decode()
    reason = f"{shown} is minified, has {node.size >> 10} KB, and does not tell all libraries in it"
    return Gap(folder or node.path, reason, BUNDLE, rootfs.digests(node.path)[1], node.path)
