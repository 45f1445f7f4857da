"""Which Debian package has a file, by the file's content: noted of each package that was unpacked here.

Only machine code is noted: who copies a library out of its package hides what the package's advisories say of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from barehull.debian.deb import Deb
from barehull.debian.version import key
from barehull.files import Store

_KIND = "debian-files"
_ELF = b"\x7fELF"


@dataclass(frozen=True, slots=True)
class Origin:
    """A binary package of a release of Debian (13), as advisories and purls speak of it."""

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    release: int


def note_files(store: Store, deb: Deb, origin: Origin) -> None:
    """Remember that the machine code in a package is the package's. Errors: IncompleteError (full disk)."""
    for entry in deb.entries:
        if entry.kind == "file" and entry.content.startswith(_ELF):
            sha256 = hashlib.sha256(entry.content).hexdigest()
            there = origin_of(store, sha256)
            if there is None or _is_newer(origin, there):
                store.remember(_KIND, sha256, msgspec.json.encode(origin))


def origin_of(store: Store, sha256: str) -> Origin | None:
    """The package that has a file with that content, the newest where a file did not change, or None."""
    kept = store.recall(_KIND, sha256)
    try:
        return msgspec.json.decode(kept, type=Origin) if kept else None
    except msgspec.DecodeError:  # of another version of barehull
        return None


def _is_newer(one: Origin, other: Origin) -> bool:
    """A file that a newer version has too is as good as that one: what was fixed there is not in this file."""
    return (one.release, key(one.version)) > (other.release, key(other.version))
