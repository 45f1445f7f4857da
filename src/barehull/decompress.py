"""Bounded decompression of gzip, xz and zstd."""

from __future__ import annotations

import io
import lzma
from collections.abc import Iterator
from typing import BinaryIO, cast

import zstandard
from isal import igzip, isal_zlib

from barehull.core.errors import InputError

_CHUNK = 1 << 20
_ZST_CHUNK = 1 << 10  # bytes; its decoder has no bound on what comes out, up to 32 KiB for each byte
_MEMORY = 256 << 20  # bytes; what `xz -9` needs is 65 MiB
_DAMAGED = "The file is damaged or not what its name says: have it fetched or made again."
_ISAL_ERROR = cast(type[Exception], isal_zlib.IsalError)  # its stub types it as an instance
_ERRORS = (lzma.LZMAError, zstandard.ZstdError, _ISAL_ERROR, EOFError, OSError)


def decompress(file: BinaryIO, kind: str, *, limit: int, what: str) -> Iterator[bytes]:
    """The content of `file` in pieces; `kind` is "gz", "xz", "zst" or "" (stored as it is).

    Errors: InputError when it is damaged or truncated, has another kind, or more than `limit` bytes come out of it.
    """
    seen = 0
    try:
        for piece in _pieces(file, kind):
            seen += len(piece)
            if seen > limit:
                raise InputError(f"{what} unpacks to more than {limit} bytes", advice=_DAMAGED)
            yield piece
    except _ERRORS as error:
        raise InputError(f"{what} cannot be unpacked: {error}", advice=_DAMAGED) from error


class Unpacked(io.RawIOBase):
    """Pieces of bytes as a file to be read once from start to end. Wrap it in io.BufferedReader."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from the current piece, or from the next one that is not empty."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _pieces(file: BinaryIO, kind: str) -> Iterator[bytes]:
    if kind == "xz":
        return _xz_pieces(file)
    if kind == "zst":
        return _zst_pieces(file)
    if kind not in ("gz", ""):
        raise OSError(f"the compression {kind!r} is not known")
    unpacked = cast(BinaryIO, igzip.open(file)) if kind else file  # type: ignore[no-untyped-call]
    return iter(lambda: unpacked.read(_CHUNK), b"")


def _xz_pieces(file: BinaryIO) -> Iterator[bytes]:
    decoder = lzma.LZMADecompressor(memlimit=_MEMORY)
    while not decoder.eof:
        data = file.read(_CHUNK) if decoder.needs_input else b""
        if decoder.needs_input and not data:
            raise EOFError("it ends too early")
        yield decoder.decompress(data, _CHUNK)
    if decoder.unused_data or file.read(1):
        raise lzma.LZMAError("something follows its end")


def _zst_pieces(file: BinaryIO) -> Iterator[bytes]:
    """One frame after another, as `zstd:chunked` layers have them (RFC 8878, section 3)."""
    factory = zstandard.ZstdDecompressor(max_window_size=_MEMORY)
    decoder = factory.decompressobj()
    data = file.read(_ZST_CHUNK)
    while data or not decoder.eof:
        if not data:
            raise EOFError("it ends too early")
        yield decoder.decompress(data)
        data = decoder.unused_data or file.read(_ZST_CHUNK)
        if decoder.eof and data:
            decoder = factory.decompressobj()
