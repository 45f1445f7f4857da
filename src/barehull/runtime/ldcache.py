"""/etc/ld.so.cache, so that ctypes.util.find_library and ldconfig -p find what is there.

The format is glibc's "glibc-ld.so.cache1.1" (sysdeps/generic/dl-cache.h): a header, entries of 24 bytes sorted by name
in descending order, and the strings. Written here because running ldconfig would need the image's own architecture.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAGIC = b"glibc-ld.so.cache1.1"
PATH = "etc/ld.so.cache"
_HEADER = struct.Struct("<20sIIB3xI12x")
_ENTRY = struct.Struct("<iIIIQ")
_LITTLE_ENDIAN = 2
# FLAG_ELF_LIBC6 with the flag of the architecture (sysdeps/generic/ldconfig.h)
FLAGS: Mapping[str, int] = {"amd64": 0x0303, "arm64": 0x0A03}
TRIPLETS: Mapping[str, str] = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
_NAME = re.compile(r"(?:lib|ld-).*\.so(?:\..*)?$")


@dataclass(frozen=True, slots=True, order=True)
class Library:
    """A shared library: the name that programs ask for (its SONAME), and where that is found, with a leading slash."""

    soname: str
    path: str


def directories(architecture: str) -> tuple[str, ...]:
    """The folders that Debian's loader searches without configuration, in its order, without a leading slash."""
    triplet = TRIPLETS[architecture]
    return (f"lib/{triplet}", f"usr/lib/{triplet}", "lib", "usr/lib")


def is_candidate(path: str, architecture: str) -> bool:
    """Whether ldconfig would look at a file there: a library's name, in one of its folders."""
    folder, _, name = path.rpartition("/")
    return folder in directories(architecture) and is_library(name)


def is_library(name: str) -> bool:
    """Whether ldconfig would look at a file of that name."""
    return _NAME.match(name) is not None


def write_cache(libraries: Iterable[Library], architecture: str) -> bytes:
    """The cache's bytes; the same for the same libraries in any order."""
    listed = sorted(set(libraries), key=lambda library: (_order(library.soname), library.path), reverse=True)
    start = _HEADER.size + _ENTRY.size * len(listed)
    strings = bytearray()
    offsets: dict[str, int] = {}
    for text in (text for library in listed for text in (library.soname, library.path)):
        if text not in offsets:
            offsets[text] = start + len(strings)
            strings += text.encode("utf-8", "surrogateescape") + b"\0"
    header = _HEADER.pack(MAGIC, len(listed), len(strings), _LITTLE_ENDIAN, 0)
    flags = FLAGS[architecture]
    entries = b"".join(_ENTRY.pack(flags, offsets[lib.soname], offsets[lib.path], 0, 0) for lib in listed)
    return header + entries + bytes(strings)


def _order(name: str) -> tuple[tuple[int, int], ...]:
    """The order of names in _dl_cache_libcmp: runs of digits by their number, and after any other character."""
    parts = re.findall(rb"[0-9]+|[^0-9]", name.encode("utf-8", "surrogateescape"), re.DOTALL)
    return tuple((1, int(part)) if part.isdigit() else (0, part[0]) for part in parts)
