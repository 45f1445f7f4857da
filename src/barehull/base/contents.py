"""What a base brings: which Debian, which Python, which packages and libraries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import join, normpath

from barehull.core.errors import InputError
from barehull.elf import Elf, read_elf
from barehull.inventory.cataloguers.dpkg import catalogue
from barehull.inventory.distribution import read_distribution
from barehull.oci.rootfs import Rootfs
from barehull.proof.ldcache import read_cache
from barehull.runtime import ldcache
from barehull.runtime.made import CODENAMES

_PYTHON = re.compile(r"(?:usr/)?bin/python(3\.[0-9]{1,3})")
_CONF = "etc/ld.so.conf"
_MAX_CONF = 64 << 10
_MAX_LIBRARY = 256 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """`debian` is the release, `python` the version of /usr/bin/python3 ("3.13"), `packages` are the names of Debian's.

    `merged_usr`: /lib is a link into /usr.
    """

    debian: int
    python: str
    packages: frozenset[str]
    merged_usr: bool


def read_contents(rootfs: Rootfs, base: str) -> Contents:
    """What is in the image called `base`. InputError when it has no Python, or is of no Debian that is known."""
    found = read_distribution(rootfs)
    debian = {f"Debian:{release}": release for release in CODENAMES}.get(found.ecosystem)
    if debian is None:
        raise InputError(
            f"the base {base} is of {found.name!r:.100}, and barehull builds on Debian only",
            advice=f"Take a base of Debian {' or '.join(map(str, CODENAMES))}, as gcr.io/distroless/python3-debian13.",
        )
    lib = rootfs.get("lib")
    packages = frozenset(component.name for component in catalogue(rootfs).components)
    return Contents(debian, _python(rootfs, base), packages, lib is not None and lib.kind == "symlink")


def _python(rootfs: Rootfs, base: str) -> str:
    node = rootfs.resolve("usr/bin/python3")
    match = _PYTHON.fullmatch(node.path) if node is not None and node.kind == "file" else None
    if match is None:
        raise InputError(
            f"the base {base} has no Python: /usr/bin/python3 leads to no /usr/bin/python3.X",
            advice='Take a base that has Debian\'s, as gcr.io/distroless/python3-debian13, or `recipe = "python3"`.',
        )
    return match[1]


def libraries(rootfs: Rootfs, architecture: str) -> tuple[ldcache.Library, ...]:
    """The shared libraries that ldconfig would find in the image: in its folders, and in those of ld.so.conf."""
    found: dict[str, ldcache.Library] = {}
    for folder in [*_configured(rootfs, _CONF, 0), *ldcache.directories(architecture)]:
        real = rootfs.resolve(folder)
        names = rootfs.children(folder)
        for name in names:
            node = rootfs.resolve(f"{folder}/{name}")
            if node is None or node.kind != "file" or not ldcache.is_library(name):
                continue
            elf = _elf(rootfs, node.path)
            if elf is None or not elf.has_dynamic:
                continue
            soname = elf.soname or name
            at = soname if soname in names else name
            key = f"{real.path if real else folder}/{soname}"
            found.setdefault(key, ldcache.Library(soname, f"/{folder}/{at}"))
    return tuple(sorted(found.values()))


def is_stale(rootfs: Rootfs, listed: tuple[ldcache.Library, ...]) -> bool:
    """Whether the image's ld.so.cache lacks one of the libraries, or names one that is not there."""
    try:
        cached = read_cache(rootfs.read(ldcache.PATH))
    except InputError:  # none, or broken
        return bool(listed)
    missing = any(library.soname not in cached for library in listed)
    return missing or any(rootfs.resolve(path) is None for paths in cached.values() for path in paths)


def provided(rootfs: Rootfs, architecture: str) -> dict[str, frozenset[str]]:
    """The libraries that the linker would find, with the symbol versions that they define (none: they have none)."""
    found: dict[str, frozenset[str]] = {}
    for library in libraries(rootfs, architecture):
        elf = _elf(rootfs, library.path)
        if elf is not None:
            for name in {library.soname, library.path.rpartition("/")[2]}:
                found[name] = found.get(name, frozenset()) | elf.versions_defined
    return found


def _elf(rootfs: Rootfs, path: str) -> Elf | None:
    try:
        return read_elf(rootfs.read(path, _MAX_LIBRARY))
    except InputError:  # the proof of the finished image tells of broken files
        return None


def _configured(rootfs: Rootfs, path: str, depth: int) -> list[str]:
    """The folders in ld.so.conf and in what it includes, without a leading slash (ldconfig(8))."""
    try:
        text = rootfs.read(path, _MAX_CONF).decode("utf-8", "surrogateescape")
    except InputError:
        return []
    folders: list[str] = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["include"] and depth < 1:
            for pattern in words[1:]:
                where, _, glob = normpath(join("/", path, "..", pattern)).lstrip("/").rpartition("/")
                names = [name for name in rootfs.children(where) if fnmatchcase(name, glob)]
                folders += [folder for name in names for folder in _configured(rootfs, f"{where}/{name}", depth + 1)]
        elif words and words[0].startswith("/"):
            folders += [normpath(word).lstrip("/") for word in words]
    return list(dict.fromkeys(folders))
