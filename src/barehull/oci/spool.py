"""Layers, decompressed within bounds and checked, one after another in a file."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from barehull.core.errors import InputError, IntegrityError
from barehull.decompress import decompress
from barehull.files import failed
from barehull.oci.model import Layer

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
    """Appends layers to `file`, each as the tar that it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = 0

    def add(self, layer: Layer, blob: Path) -> Span:
        """Decompress a layer, and say where it is. Errors: IntegrityError (size or diff ID), InputError (a bomb)."""
        packed = blob.stat().st_size
        if packed != layer.size:
            raise IntegrityError(
                f"the layer {layer.digest} has {packed} bytes, not {layer.size} as promised", advice=_ADVICE
            )
        limit = min(MAX_TOTAL - self._end, max(FREE, packed * MAX_RATIO))
        kind = next(
            (kind for suffix, kind in (("gzip", "gz"), ("zstd", "zst")) if layer.media_type.endswith(suffix)), ""
        )
        diff_id = hashlib.sha256()
        size = 0
        with blob.open("rb") as file:
            for chunk in decompress(file, kind, limit=limit, what=f"the layer {layer.digest}"):
                diff_id.update(chunk)
                try:
                    self._file.write(chunk)
                except OSError as error:
                    raise failed(error, Path("the temporary folder")) from error
                size += len(chunk)
        if f"sha256:{diff_id.hexdigest()}" != layer.diff_id:
            raise IntegrityError(
                f"the layer {layer.digest} unpacks to other content than its diff ID {layer.diff_id} says",
                advice=_ADVICE,
            )
        self._file.flush()
        span = Span(self._end, size)
        self._end += size
        return span

    def entries(self, span: Span, what: str) -> Iterator[tuple[tarfile.TarInfo, int]]:
        """The entries of the tar at `span`, each with the offset of its content in the file."""
        window = io.BufferedReader(_Window(self._file, span), 1 << 16)
        try:
            with tarfile.open(fileobj=window, mode="r:") as tar:
                for info in tar:
                    tar.members = []  # type: ignore[attr-defined]  # tarfile would keep them all
                    if info.issparse():
                        raise InputError(f"the layer {what} has the sparse file {info.name!r}", advice=_ADVICE)
                    if info.offset_data + (info.size if info.isreg() else 0) > span.size:
                        raise InputError(f"the layer {what} is cut short", advice=_ADVICE)
                    yield info, span.offset + info.offset_data
        except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
            raise InputError(f"the layer {what} is not a tar: {error}", advice=_ADVICE) from error


class _Window(io.RawIOBase):
    """A part of a file as a file of its own."""

    def __init__(self, file: IO[bytes], span: Span) -> None:
        self._file = file
        self._span = span
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._span.size}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self._span.size - self._at)
        if count <= 0:
            return 0
        data = os.pread(self._file.fileno(), count, self._span.offset + self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
