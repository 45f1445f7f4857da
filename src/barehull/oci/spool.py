"""Layers, decompressed within bounds and checked, one after another in an anonymous temporary file."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from barehull.core.errors import InputError, IntegrityError
from barehull.decompress import decompress
from barehull.files import failed, reading
from barehull.oci.manifest import brief
from barehull.oci.model import Layer
from barehull.tar import TarEntry, read_tar

MAX_TOTAL = 16 << 30  # bytes, of all layers of an image together
MAX_RATIO = 200  # real layers shrink to a fifth; gzip can do 1:1000 with zeros
FREE = 256 << 20  # bytes that any layer may unpack to, whatever its ratio

_ADVICE = "The image is damaged or hostile: fetch it again, or build it anew."


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the spool: where it begins and how many bytes it has."""

    offset: int
    size: int


class Spool:
    """A file that nobody else can see, and that is gone when it is closed.

    Errors of writing to it: IncompleteError (full disk).
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.gettempdir())
        try:
            self._file = tempfile.TemporaryFile(prefix="barehull-", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise failed(error, self._folder) from error
        self._end = 0

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()

    def add(self, layer: Layer, blob: Path) -> Span:
        """Decompress a layer, and say where it is. Errors: IntegrityError (size or diff ID), InputError (a bomb)."""
        start = self._end
        for chunk in unpacked(layer, blob, limit=MAX_TOTAL - start):
            self.append(chunk)
        return Span(start, self._end - start)

    def append(self, data: bytes) -> Span:
        """Write `data` at the end."""
        start, rest = self._end, memoryview(data)
        try:
            while rest:
                written = os.pwrite(self._file.fileno(), rest, self._end)
                self._end += written
                rest = rest[written:]
        except OSError as error:
            raise failed(error, self._folder) from error
        return Span(start, self._end - start)

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset` on; fewer at the end."""
        if self._file.closed:
            raise ValueError("the view of the image is closed")
        return os.pread(self._file.fileno(), count, offset)

    def entries(self, span: Span, what: str) -> Iterator[TarEntry]:
        """The entries of the tar at `span`; their offsets are from its beginning. Errors: InputError."""

        def read(offset: int, count: int) -> bytes:
            return self.read(span.offset + offset, min(count, max(0, span.size - offset)))

        return read_tar(read, span.size, what=what)


def unpacked(layer: Layer, blob: Path, *, limit: int = MAX_TOTAL) -> Iterator[bytes]:
    """The tar of a layer in pieces. Errors, the last ones at its end: IntegrityError (size, diff ID), InputError."""
    what = f"the layer {layer.digest}"
    diff_id = hashlib.sha256()
    with reading(blob), blob.open("rb") as file:
        packed = os.fstat(file.fileno()).st_size
        if packed != layer.size:
            raise IntegrityError(f"{what} has {packed} bytes, not {layer.size} as promised", advice=_ADVICE)
        for chunk in decompress(file, _compression(layer.media_type), limit=bound(packed, limit), what=what):
            diff_id.update(chunk)
            yield chunk
    if f"sha256:{diff_id.hexdigest()}" != layer.diff_id:
        raise IntegrityError(
            f"{what} unpacks to other content than its diff ID {brief(layer.diff_id)} says", advice=_ADVICE
        )


def bound(packed: int, limit: int = MAX_TOTAL) -> int:
    """How many bytes may come out of `packed` ones, `limit` at most, before it is a bomb."""
    return min(limit, max(FREE, packed * MAX_RATIO))


def _compression(media_type: str) -> str:
    for suffix, kind in (("gzip", "gz"), ("zstd", "zst"), (".zst", "zst"), (".tar", "")):
        if media_type.endswith(suffix):
            return kind
    raise InputError(f"a layer has the unknown media type {media_type!r}", advice="Convert the image with skopeo.")
