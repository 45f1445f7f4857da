"""Images in one file: a tar that a stranger may have made, and oci-archive, which is a layout in a tar."""

from __future__ import annotations

import contextlib
import os
import posixpath
import stat
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from barehull.core.errors import IncompleteError, InputError, IntegrityError, UsageError
from barehull.decompress import decompress
from barehull.files import Store, is_sha256, reading, scratch_folder, whole_file
from barehull.oci.layout import (
    MARK,
    TAG,
    blobs_of,
    choose_image,
    describe,
    descriptors,
    images_of,
    index_of,
    manifest_of,
)
from barehull.oci.manifest import MAX_JSON, brief, parse_any_json, parse_json
from barehull.oci.model import Image
from barehull.oci.spool import Spool, bound
from barehull.tar import BLOCK, RECORD, TarEntry, inside, read_tar, write_header

LAYOUT_FILE, INDEX_FILE, DOCKER_FILE, BLOBS = "oci-layout", "index.json", "manifest.json", "blobs/sha256"
MAGIC = {b"\x1f\x8b": "gz", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zst"}  # how compressed files begin
Member = tuple[str, int, Iterable[bytes]]  # path, size in bytes, content

_MAX_ENTRIES = 50_000
_MAX_PATH = 512  # characters
_MAX_DEPTH = 32
_MAX_LINKS = 8
_CHUNK = 1 << 20
_ADVICE = "It is damaged or hostile, or no image: fetch it again, or save it anew, e.g. with `skopeo copy`."
Read = Callable[[int, int], bytes]


class Archive:
    """The files in a tar, which may be compressed as a whole. Links lead inside it, or nowhere.

    Errors of all methods: InputError for what is not to be used.
    """

    def __init__(self, path: Path) -> None:
        """Read which files there are. Further errors: IncompleteError (no space to decompress it)."""
        self.path = path
        self._read, size, close = _opened(path)
        weakref.finalize(self, close)
        self._members = _members(read_tar(self._read, size, what=str(path)), path)

    def __contains__(self, path: str) -> bool:
        return path in self._members

    def find(self, path: str) -> TarEntry:
        """The file that `path` is, or that it is a link to."""
        at = path
        for _ in range(_MAX_LINKS):
            member = self._members.get(at)
            if member is None or member.kind == "directory":
                raise InputError(f"{self.path} lacks the file {brief(repr(path))}", advice=_ADVICE)
            if member.kind == "file":
                return member
            at = member.target if member.kind == "hardlink" else _beside(at, member.target)
        raise InputError(f"{self.path}: {brief(repr(path))} is a link to a link, and so on", advice=_ADVICE)

    def chunks(self, member: TarEntry) -> Iterator[bytes]:
        """The content of a file."""
        at, end = member.offset, member.offset + member.size
        while at < end:
            chunk = self._read(at, min(_CHUNK, end - at))
            if not chunk:
                raise InputError(f"{self.path} became shorter while it was read", advice="Run the command again.")
            yield chunk
            at += len(chunk)

    def read(self, path: str) -> bytes:
        """A small file."""
        member = self.find(path)
        if member.size > MAX_JSON:
            raise InputError(f"{path} in {self.path} is larger than {MAX_JSON >> 20} MiB", advice=_ADVICE)
        return b"".join(self.chunks(member))


class ArchiveBlobs:
    """The blobs of an image in an archive, each copied to a private folder when it is asked for.

    The folder is removed when the image is not used any more, at the latest at the end of the program.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        scratch = contextlib.ExitStack()
        self._store = Store(scratch.enter_context(scratch_folder()))
        weakref.finalize(self, scratch.close)
        self._lock = threading.Lock()

    def path(self, digest: str) -> Path:
        """The file of a blob. Errors: InputError (missing), IntegrityError (other content), IncompleteError (disk)."""
        kind, _, name = digest.partition(":")
        if kind != "sha256" or not is_sha256(name):
            raise InputError(f"{brief(repr(digest))} is not a digest that barehull knows (sha256)", advice=_ADVICE)
        with self._lock:
            if self._store.get(name) is None:
                self.keep(self._archive.chunks(self._archive.find(f"{BLOBS}/{name}")), digest)
            return self._store.path(digest)

    def keep(self, chunks: Iterable[bytes], digest: str) -> Path:
        """Have a blob at hand that is not where layouts have it. Errors: as `path`, and those of `chunks`."""
        found = self._store.put(chunks)
        if f"sha256:{found}" != digest:
            raise IntegrityError(
                f"{self._archive.path} has sha256:{found} in place of {brief(digest)}",
                advice="The image is damaged or hostile: fetch it again, or save it anew.",
            )
        return self._store.path(digest)


# -- oci-archive


def read_oci_archive(file: Path, tag: str = "", platform: str = "") -> Image:
    """The image with `tag` in a layout's archive, for `platform`; which one where they are "", as `read_layout` says.

    Errors: as `Archive` and `read_layout`.
    """
    what = f"oci-archive:{file}" + (f":{tag}" if tag else "")
    return choose_image(*open_oci_archive(file), what, tag, platform)


def open_oci_archive(file: Path) -> tuple[list[dict[str, Any]], ArchiveBlobs]:
    """What the index of a layout's archive lists, and its blobs. Errors: as `Archive`; InputError for no index."""
    archive = Archive(file)
    if LAYOUT_FILE not in archive or INDEX_FILE not in archive:
        other = f"Try docker-archive:{file}." if DOCKER_FILE in archive else _ADVICE
        raise InputError(f"{file} is not an archive of an OCI image layout", advice=other)
    index = parse_json(archive.read(INDEX_FILE), f"{INDEX_FILE} in {file}")
    return descriptors(index, f"oci-archive:{file}"), ArchiveBlobs(archive)


def write_oci_archive(
    image: Image,
    file: Path,
    tag: str = "latest",
    *,
    beside: Sequence[dict[str, Any]] = (),
    others: Mapping[str, Path] | None = None,
) -> None:
    """Write the image into a layout of its own in a tar: whole or not at all, and the same bytes for the same image.

    `beside` are further entries of its index, `others` their blobs by digest. Errors: those of `check_file`;
    IncompleteError (full disk).
    """
    check_file(file)
    blobs = {digest: image.blobs.path(digest) for digest in blobs_of(image)} | dict(others or {})
    members = {digest: (path.stat().st_size, pieces(path)) for digest, path in blobs.items()}
    entries = [describe(manifest_of(image), image.config, {TAG: tag}), *beside]
    write_archive(file, {INDEX_FILE: index_of(entries)}, members)


def pieces(path: Path) -> Iterator[bytes]:
    """A file's content."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


# -- writing


def write_archive(file: Path, files: Mapping[str, bytes], blobs: Mapping[str, tuple[int, Iterable[bytes]]]) -> None:
    """Write a layout as a tar: its small `files`, then the blobs by digest, each with its size in bytes.

    What tells of times, users and this machine is left out. Errors: IncompleteError (full disk).
    """
    members: list[Member] = [(name, len(data), (data,)) for name, data in {LAYOUT_FILE: MARK, **files}.items()]
    members += [(f"{BLOBS}/{digest.removeprefix('sha256:')}", *blobs[digest]) for digest in sorted(blobs)]
    with whole_file(file) as out:
        for folder in ("blobs", BLOBS):
            out.write(write_header(folder, "directory", 0o755))
        for path, size, chunks in members:
            out.write(write_header(path, "file", 0o644, size=size))
            count = sum(out.write(chunk) for chunk in chunks)
            if count != size:
                raise IncompleteError(f"{path} changed while it was written to {file}", advice="Run the command again.")
            out.write(bytes(-size % BLOCK))
        out.write(bytes(2 * BLOCK))
        out.write(bytes(-out.tell() % RECORD))


def check_file(file: Path) -> None:
    """Whether an archive can be written to `file`: nothing is there, or an archive with one image, which is replaced.

    Errors: UsageError.
    """
    with reading(file):
        if file.is_dir() or (file.parent.exists() and not file.parent.is_dir()):
            raise UsageError(f"{file} cannot be a file", advice="Name a file, e.g. image.tar.")
        if not os.path.lexists(file) or (file.is_file() and file.stat().st_size == 0):
            return
    try:
        count = _count(Archive(file))
    except InputError as error:
        what = f"{file} exists and is not an archive of an image"
        raise UsageError(what, advice="Name another file, or remove it.") from error
    if count > 1:
        what = f"{file} holds {count} images, which would all be replaced"
        raise UsageError(what, advice="Name another file, or remove it.")


def _count(archive: Archive) -> int:
    """How many images an archive has."""
    if DOCKER_FILE in archive:
        images = parse_any_json(archive.read(DOCKER_FILE), DOCKER_FILE)
        return len(images) if isinstance(images, list) else 1
    return len(images_of(descriptors(parse_json(archive.read(INDEX_FILE), INDEX_FILE), str(archive.path))))


# -- reading


def compression_of(start: bytes) -> str:
    """How a file that begins so is compressed, as `decompress` names it; "" where it is not."""
    return next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), "")


def _opened(path: Path) -> tuple[Read, int, Callable[[], None]]:
    """How to read a file, decompressed; its size; how to close it. It stays open: what is read is of one file."""
    with reading(path):
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for
        file = os.fdopen(handle, "rb", buffering=0) if stat.S_ISREG(os.fstat(handle).st_mode) else None
        if file is None:
            os.close(handle)
            raise InputError(f"{path} is not a file", advice="Give the file of an image archive.")
        size = os.fstat(handle).st_size
        kind = compression_of(os.pread(handle, 8, 0))
        if kind:
            with file:
                return _decompressed(decompress(file, kind, limit=bound(size), what=str(path)))

    def read(offset: int, count: int) -> bytes:
        with reading(path):
            return os.pread(handle, count, offset)

    return read, size, file.close


def _decompressed(chunks: Iterator[bytes]) -> tuple[Read, int, Callable[[], None]]:
    spool, size = Spool(), 0
    try:
        for chunk in chunks:
            size += spool.append(chunk).size
    except BaseException:
        spool.close()
        raise
    return spool.read, size, spool.close


def _members(entries: Iterator[TarEntry], path: Path) -> dict[str, TarEntry]:
    members: dict[str, TarEntry] = {}
    for entry in entries:
        there = members.setdefault(entry.path, entry)
        if there is not entry and not (there.kind == entry.kind == "directory"):
            raise InputError(
                f"{path} has two entries {brief(repr(entry.path))}: it is not clear which one is meant", advice=_ADVICE
            )
        if entry.kind == "device":
            raise InputError(f"{path} has the device {brief(repr(entry.path))}", advice=_ADVICE)
        if len(members) > _MAX_ENTRIES or len(entry.path) > _MAX_PATH or entry.path.count("/") > _MAX_DEPTH:
            raise InputError(f"{path} has more files, or in deeper folders, than images have", advice=_ADVICE)
    for name in members:
        above = name
        while above := above.rpartition("/")[0]:
            if above in members and members[above].kind != "directory":
                raise InputError(f"{path} has a file below {brief(repr(above))}, which is no folder", advice=_ADVICE)
    return members


def _beside(path: str, target: str) -> str:
    """What a symbolic link at `path` leads to; "" when that is outside of the archive."""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    try:
        return "" if target.startswith("/") else inside(joined)
    except ValueError:
        return ""
