"""Entries -> one layer: a tar that is the same whoever makes it, compressed by one pinned compressor."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from isal import isal_zlib

from barehull.core.errors import InputError
from barehull.files import Store
from barehull.oci.manifest import brief
from barehull.oci.model import Entry, Layer
from barehull.oci.tree import WHITEOUT
from barehull.tar import BLOCK, RECORD, inside, write_header

_LEVEL = 3  # of isal: 0.3 s for the 62 MB of python3, where zlib's 6 takes 2.2 s for 10 % less
_GZIP = 31  # window bits: gzip's header and trailer, with no name and no time
_KINDS = ("file", "directory", "symlink")


def write_layer(entries: Iterable[Entry], blobs: Store, *, created_by: str) -> Layer:
    """Put the layer of `entries` into `blobs`. Any order of the same entries gives the same digest.

    Parent folders are not invented: see `with_parents`. Errors: InputError when two entries differ about one path, one
    is below another that is no folder, or one is a device, has a path that is not as `Entry` says, or the name of a
    whiteout.
    """
    diff_id = hashlib.sha256()
    size = 0

    def compressed() -> Iterator[bytes]:
        nonlocal size
        gzip = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)
        for chunk in _tar(entries):
            diff_id.update(chunk)
            packed = gzip.compress(chunk)
            size += len(packed)
            yield packed
        packed = gzip.flush()
        size += len(packed)
        yield packed

    digest = blobs.put(compressed(), what=f"the layer of {created_by}")
    return Layer(f"sha256:{digest}", f"sha256:{diff_id.hexdigest()}", size, created_by)


def with_parents(entries: Iterable[Entry]) -> list[Entry]:
    """The entries and, for each parent folder that is not among them, a folder of root's with mode 0755."""
    listed = list(entries)
    paths = {entry.path for entry in listed}
    for entry in list(listed):
        parent = entry.path.rpartition("/")[0]
        while parent and parent not in paths:
            paths.add(parent)
            listed.append(Entry(parent, "directory", 0o755))
            parent = parent.rpartition("/")[0]
    return listed


def _tar(entries: Iterable[Entry]) -> Iterator[bytes]:
    written = 0
    for entry in _sorted(entries):
        size = len(entry.content)
        header = write_header(
            entry.path or ".",
            entry.kind,
            entry.mode,
            uid=entry.uid,
            gid=entry.gid,
            size=size,
            mtime=entry.mtime,
            target=entry.target,
        )
        padding = bytes(-size % BLOCK)
        written += len(header) + size + len(padding)
        yield header
        yield entry.content  # as one: other pieces would be other compressed bytes
        yield padding
    end = 2 * BLOCK
    yield bytes(end + (-(written + end) % RECORD))


def _sorted(entries: Iterable[Entry]) -> Iterator[Entry]:
    """By path, so that parents come first; what was said twice in the same words is said once."""
    seen: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.path.encode("utf-8", "surrogateescape")):
        if (last := seen.get(entry.path)) is not None:
            if last != entry:
                raise InputError(
                    f"two parts of the image disagree about /{entry.path}",
                    advice="Leave one of them out: packages and files may not overwrite each other.",
                )
            continue
        _check(entry, seen)
        seen[entry.path] = entry
        yield entry


def _check(entry: Entry, above: Mapping[str, Entry]) -> None:
    if not _is_path(entry.path):
        raise InputError(f"{brief(repr(entry.path))} is not a path in an image", advice="Rename the file.")
    parent = entry.path
    while parent:
        parent = parent.rpartition("/")[0]
        if parent in above and above[parent].kind != "directory":
            raise InputError(
                f"/{entry.path} would be below /{parent}, which is a {above[parent].kind}",
                advice="Put it where the link leads to, or leave one of them out.",
            )
    if entry.kind not in _KINDS or not (entry.path or entry.kind == "directory"):
        raise InputError(f"/{entry.path} is a {entry.kind}", advice="Images are made of files, folders and links only.")
    if entry.path.rpartition("/")[2].startswith(WHITEOUT):
        raise InputError(
            f"/{entry.path} would not be a file in the image, but would hide another one",
            advice=f"Rename the file, or leave it out: names with {WHITEOUT} are reserved in layers.",
        )


def _is_path(path: str) -> bool:
    try:
        return inside(path) == path
    except ValueError:
        return False
