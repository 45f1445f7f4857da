"""Python packages whose metadata was removed, or that were copied: code where distributions lie, and none owns it.

What is left of a distribution without its *.dist-info still runs and still has its vulnerabilities, and no advisories
can be asked about it. The application's own modules are elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable

from barehull.core.errors import InputError
from barehull.inventory.model import Gap, SuspectFile
from barehull.oci.rootfs import Rootfs

KEYWORD = "unowned-module"
_MODULE = re.compile(r"((?:.*/)?(?:site|dist)-packages)/([^/]+\.pyc?|[^/]+(?=/.*\.pyc?$))(?:/.*)?")
_METADATA = re.compile(r"(.+?)(?:-[^-]+)?(?:-py3[.\d]*)?\.(?:dist|egg)-info")
_LIMIT = 1 << 20


def orphans(rootfs: Rootfs, suspects: Iterable[SuspectFile]) -> list[Gap]:
    """One for each module or package of which files are unowned, unless metadata beside it, without a RECORD, names it.

    It is the same as another that has the same files.
    """
    found: defaultdict[tuple[str, str], list[SuspectFile]] = defaultdict(list)
    for suspect in suspects:
        match = _MODULE.fullmatch(suspect.path)
        if match and suspect.state == "unowned":
            found[match[1], match[2]].append(suspect)
    named = {folder: _named(rootfs, folder) for folder, _ in found}
    return [
        Gap(f"{folder}/{name}", "Python code that no distribution owns", KEYWORD, _digest(folder, files))
        for (folder, name), files in sorted(found.items())
        if _normal(name.partition(".")[0]) not in named[folder]
    ]


def _named(rootfs: Rootfs, folder: str) -> set[str]:
    """The modules that metadata in a folder tells of without a list of files: by its name, and by top_level.txt."""
    names = set[str]()
    for child in rootfs.children(folder):
        match = _METADATA.fullmatch(child)
        if match is None or rootfs.resolve(f"{folder}/{child}/RECORD") is not None:
            continue
        names.add(_normal(match[1]))
        try:
            text = rootfs.read(f"{folder}/{child}/top_level.txt", _LIMIT).decode("utf-8", "replace")
        except InputError:
            continue
        names |= {_normal(line.strip()) for line in text.splitlines()}
    return names


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(folder: str, files: Iterable[SuspectFile]) -> str:
    lines = sorted(f"{it.sha256}  {it.path.removeprefix(folder)}\n" for it in files)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
