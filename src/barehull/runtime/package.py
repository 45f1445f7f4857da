"""One .deb -> its entries in an image, its layer, and what later steps need to know of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from barehull.core.errors import InputError
from barehull.debian.deb import Deb, read_deb
from barehull.debian.known_files import Origin, note_files
from barehull.elf import read_elf
from barehull.files import Store
from barehull.lock import LockedDeb
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.model import Entry, Layer
from barehull.runtime import ldcache, made

_VERSION = "1"  # of the code in this file: change it when the same packages give other layers
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libo32")
_SET_ID = 0o6000
_MASTERS = ("usr/share/base-passwd/passwd.master", "usr/share/base-passwd/group.master")


@dataclass(frozen=True, slots=True)
class Style:
    """How packages are laid out: `minimal` as distroless does, else as dpkg; `merged_usr` moves /lib to /usr/lib."""

    minimal: bool
    merged_usr: bool
    architecture: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One layer of a runtime, of one package or of several, and what was found in it.

    `stanzas` are the packages' paragraphs for dpkg's status; `masters` the files that users are made from.
    """

    layer: Layer
    libraries: tuple[ldcache.Library, ...]
    stanzas: tuple[str, ...]
    masters: dict[str, bytes]


Read = Callable[[LockedDeb], Deb]


def reader(store: Store, shared: Iterable[LockedDeb] = ()) -> Read:
    """What reads packages from the store; those that several threads `shared` want are read once, and kept with it."""
    kept: dict[str, Deb] = {}
    locks = {deb.sha256: threading.Lock() for deb in shared}

    def read(deb: LockedDeb) -> Deb:
        if deb.sha256 not in locks:
            return read_deb(store.path(f"sha256:{deb.sha256}"))
        with locks[deb.sha256]:
            if deb.sha256 not in kept:
                kept[deb.sha256] = read_deb(store.path(f"sha256:{deb.sha256}"))
            return kept[deb.sha256]

    return read


def make_piece(debs: Sequence[LockedDeb], style: Style, store: Store, read: Read | None = None) -> Piece:
    """The layer of the packages, whose files are in the store; from the store when it was made before."""
    key = " ".join((_VERSION, repr(style), *(deb.sha256 for deb in debs)))
    remembered = store.recall("pieces", key)
    if remembered is not None:
        piece = msgspec.json.decode(remembered, type=Piece)
        if store.get(piece.layer.digest.removeprefix("sha256:")) is not None:
            return piece
    piece = _make(debs, style, store, read or reader(store))
    store.remember("pieces", key, msgspec.json.encode(piece))
    return piece


def _make(debs: Sequence[LockedDeb], style: Style, store: Store, read: Read) -> Piece:
    entries: dict[str, Entry] = {}
    stanzas: list[str] = []
    masters: dict[str, bytes] = {}
    for locked in debs:
        deb = read(locked)
        _note(locked, deb, store)
        stanzas.append(_stanza(deb))
        for entry in with_parents(_laid_out(locked, deb, style)):
            _add(entries, entry, locked.name)
            if entry.path in _MASTERS:
                masters[entry.path] = entry.content
    names = ", ".join(f"{deb.name} {deb.version}" for deb in debs)
    layer = write_layer(entries.values(), store, created_by=f"barehull: {names}")
    return Piece(layer, _libraries(entries.values(), style), tuple(stanzas), masters)


def _note(locked: LockedDeb, deb: Deb, store: Store) -> None:
    """Note whose the package's machine code is, for the day when it is found outside of it."""
    codename = locked.suite.partition("-")[0]
    release = next((number for number, name in made.CODENAMES.items() if name == codename), 0)
    if release:
        parts = (locked.name, locked.version, locked.architecture, locked.source, locked.source_version)
        note_files(store, deb, Origin(*parts, release))


def _add(entries: dict[str, Entry], entry: Entry, package: str) -> None:
    """Packages share folders: the first one to bring a folder says how it is. Nothing else may be brought twice."""
    there = entries.setdefault(entry.path, entry)
    if there != entry and not (there.kind == entry.kind == "directory"):
        raise InputError(
            f"{package} brings /{entry.path}, which another package of the image has too",
            advice="Choose packages that do not exclude each other.",
        )


def deb_entries(deb: Deb, style: Style) -> list[Entry]:
    """A package's data as it lies in an image: times clamped, /usr merged, no set-id bits in minimal images."""
    entries = []
    for it in deb.entries:
        mode = it.mode & ~_SET_ID if style.minimal and it.kind == "file" else it.mode
        entry = Entry(it.path, it.kind, mode, it.uid, it.gid, it.content, it.target)
        entries.append(_merged(entry) if style.merged_usr else entry)
    return entries


def _merged(entry: Entry) -> Entry:
    top, slash, _ = entry.path.partition("/")
    # base-files' own links /lib -> usr/lib stay where they are.
    if top in _MERGED and (slash or entry.kind == "directory"):
        return replace(entry, path=f"usr/{entry.path}")
    return entry


def _laid_out(locked: LockedDeb, deb: Deb, style: Style) -> list[Entry]:
    entries = deb_entries(deb, style)
    if locked.name == "ca-certificates" and style.minimal:
        entries, sums = made.bundled_certificates(entries)
        return entries + _status_d(locked.name, deb, sums)
    if locked.name == "ca-certificates":
        entries.append(made.ca_bundle(entries))
    return entries + (_status_d(locked.name, deb, deb.md5sums) if style.minimal else _dpkg_info(locked, deb))


def _status_d(name: str, deb: Deb, sums: bytes) -> list[Entry]:
    """A package's record as distroless keeps it (its PACKAGE_METADATA.md)."""
    folder = "var/lib/dpkg/status.d"
    return [
        Entry(f"{folder}/{name}", "file", content=deb.control),
        Entry(f"{folder}/{name}.md5sums", "file", content=sums),
    ]


def _dpkg_info(locked: LockedDeb, deb: Deb) -> list[Entry]:
    """A package's record as dpkg keeps it, beside its stanza in the status file."""
    same = b"\nMulti-Arch: same\n" in deb.control
    name = f"var/lib/dpkg/info/{locked.name}" + (f":{locked.architecture}" if same else "")
    paths = "".join(f"/{entry.path}\n" for entry in deb.entries)
    entries = [Entry(f"{name}.list", "file", content=f"/.\n{paths}".encode("utf-8", "surrogateescape"))]
    if deb.md5sums:
        entries.append(Entry(f"{name}.md5sums", "file", content=deb.md5sums))
    return entries


def _stanza(deb: Deb) -> str:
    """A package's paragraph in dpkg's status: its control file, with the state after its name."""
    first, _, rest = deb.control.decode("utf-8", "surrogateescape").strip("\n").partition("\n")
    return f"{first}\nStatus: install ok installed\n{rest}\n"


def _libraries(entries: Iterable[Entry], style: Style) -> tuple[ldcache.Library, ...]:
    """The shared libraries in the loader's own folders, as ldconfig would name them."""
    listed = list(entries)
    paths = {entry.path for entry in listed}
    found = []
    for entry in listed:
        if entry.kind != "file" or not ldcache.is_candidate(entry.path, style.architecture):
            continue
        elf = read_elf(entry.content)
        if elf is None or not elf.has_dynamic:
            continue
        folder, _, name = entry.path.rpartition("/")
        soname = elf.soname or name
        # The name that ldconfig gives: the link called like the SONAME where the package brings it.
        at = soname if f"{folder}/{soname}" in paths else name
        shown = folder.removeprefix("usr/") if style.merged_usr else folder
        found.append(ldcache.Library(soname, f"/{shown}/{at}"))
    return tuple(sorted(found))
