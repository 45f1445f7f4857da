"""Zip archives, read with distrust: the central directory, where Java looks too, and single entries (APPNOTE.TXT 6.3).

Own code, since the standard library's reader takes a directory of any size into memory, and knows no bound on what an
archive in an archive in an archive costs.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from barehull.core.errors import InputError

_MAX_DIRECTORY = 64 << 20  # bytes; the largest real ones have some 20 MB
_MAX_ENTRIES = 300_000  # the largest real ones have 100,000
_END = b"PK\5\6"
_END_SIZE = 22
_COMMENT = 0xFFFF
_WIDE_END = b"PK\6\6"
_WIDE_END_SIZE, _WIDE_LOCATOR_SIZE = 56, 20
_RECORD = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_STORED, _DEFLATED = 0, 8
_WIDE_FIELD = 1
_ENCRYPTED = 0x1
_NO_16, _NO_32 = 0xFFFF, 0xFFFFFFFF
_ADVICE = "It is damaged or hostile: get it again or leave it out."


@dataclass(frozen=True, slots=True)
class Source:
    """Where an archive is: its size in bytes, and `read(offset, count)`, which gives a piece of it."""

    size: int
    read: Callable[[int, int], bytes]

    @classmethod
    def of(cls, data: bytes) -> Source:
        """An archive in memory."""
        return cls(len(data), lambda offset, count: data[offset : offset + count])

    def part(self, offset: int, size: int) -> Source:
        """A piece of it, as a source of its own."""
        return Source(size, lambda at, count: self.read(offset + at, max(0, min(count, size - at))))


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One entry: `size` in bytes when unpacked, `packed` as it is; `offset` is where it begins in its source."""

    name: str
    size: int
    packed: int
    offset: int
    method: int
    flags: int
    crc: int

    @property
    def stored(self) -> bool:
        """Whether its bytes lie in the archive as they are."""
        return self.method == _STORED and not self.flags & _ENCRYPTED and self.size == self.packed


class Budget:
    """How many bytes may still be read and unpacked for one file, whatever is nested in it."""

    def __init__(self, size: int) -> None:
        self.left = size

    def spend(self, count: int) -> None:
        """Take `count` bytes of it. InputError when it has not as many left; nothing is left then."""
        if count > self.left:
            self.left = 0
            raise _broken("it unpacks to more than barehull reads")
        self.left -= count


def read_zip(source: Source, budget: Budget) -> Iterator[ZipEntry]:
    """The entries of the central directory. What stands before the archive (a shell script, say) is passed over.

    Errors: InputError for what is no zip, is cut off, or has a directory that is inconsistent or too large.
    """
    start, size, before = _directory(source)
    if size > _MAX_DIRECTORY:
        raise _broken(f"its directory has {size} bytes")
    budget.spend(size)
    data = source.read(start, size)
    at = count = 0
    while at < len(data):
        count += 1
        if count > _MAX_ENTRIES:
            raise _broken(f"it has more than {_MAX_ENTRIES} entries")
        try:
            (signature, _, _, flags, method, _, _, crc, packed, unpacked, name_size, extra_size, comment_size,
             _, _, _, offset) = _RECORD.unpack_from(data, at)  # fmt: skip
        except struct.error as error:
            raise _broken("its directory is cut off") from error
        at += _RECORD.size
        end = at + name_size + extra_size
        if signature != b"PK\1\2" or end + comment_size > len(data):
            raise _broken("its directory is inconsistent")
        if _NO_32 in (packed, unpacked, offset):
            unpacked, packed, offset = _wide(data[at + name_size : end], unpacked, packed, offset)
        name = data[at : at + name_size].decode("utf-8", "replace")
        yield ZipEntry(name, unpacked, packed, offset + before, method, flags, crc)
        at = end + comment_size


def _directory(source: Source) -> tuple[int, int, int]:
    """Where the central directory begins, its size, and how many bytes stand before the archive."""
    tail_at = max(0, source.size - _END_SIZE - _COMMENT)
    tail = source.read(tail_at, source.size - tail_at)
    at = len(tail)
    while (at := tail.rfind(_END, 0, at)) >= 0:
        if at + _END_SIZE > len(tail):
            continue
        _, _, count, _, size, offset, comment = struct.unpack_from("<4H2IH", tail, at + 4)
        end = tail_at + at
        if count == _NO_16 or _NO_32 in (size, offset):
            end, size, offset = _wide_end(source, end, size, offset)
        start = end - size
        fits = tail_at + at + _END_SIZE + comment == source.size
        if start >= offset and (fits or source.read(start, 4) == b"PK\1\2"):
            return start, size, start - offset
    raise _broken("it has no central directory")


def _wide_end(source: Source, end: int, size: int, offset: int) -> tuple[int, int, int]:
    """Where the directory ends, its size and its offset, of an archive with zip64's record."""
    at = end - _WIDE_LOCATOR_SIZE - _WIDE_END_SIZE
    record = source.read(at, _WIDE_END_SIZE) if at >= 0 else b""
    if len(record) < _WIDE_END_SIZE or not record.startswith(_WIDE_END):
        return end, size, offset
    size, offset = struct.unpack_from("<2Q", record, 40)
    return at, size, offset


def _wide(extra: bytes, *values: int) -> list[int]:
    """The sizes and the offset of a record, those that do not fit into it from zip64's extra field."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == _WIDE_FIELD:
            body = extra[at + 4 : at + 4 + min(size, 24)]
            wide = iter(struct.unpack_from(f"<{len(body) // 8}Q", body))
            return [next(wide, value) if value == _NO_32 else value for value in values]
        at += 4 + size
    return list(values)


def read_entry(source: Source, entry: ZipEntry, budget: Budget) -> bytes:
    """An entry's content, checked. Errors: InputError when it is damaged, encrypted, or packed in another way."""
    body = entry_source(source, entry)
    budget.spend(max(entry.size, entry.packed))
    data = body.read(0, body.size)
    if entry.method == _DEFLATED:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflate.decompress(data, entry.size + 1)
        except zlib.error as error:
            raise _broken(f"its entry {entry.name!r} cannot be unpacked") from error
    elif entry.method != _STORED:
        raise _broken(f"its entry {entry.name!r} is packed by method {entry.method}")
    if len(data) != entry.size or zlib.crc32(data) != entry.crc:
        raise _broken(f"its entry {entry.name!r} is not what its directory says")
    return data


def entry_source(source: Source, entry: ZipEntry) -> Source:
    """Where an entry's bytes are, as they are stored. Errors: InputError."""
    head = source.read(entry.offset, _LOCAL.size)
    if len(head) < _LOCAL.size or not head.startswith(b"PK\3\4"):
        raise _broken(f"its entry {entry.name!r} is not where its directory says")
    if entry.flags & _ENCRYPTED:
        raise _broken(f"its entry {entry.name!r} is encrypted")
    fields = _LOCAL.unpack(head)
    start = entry.offset + _LOCAL.size + fields[9] + fields[10]
    if start + entry.packed > source.size:
        raise _broken(f"its entry {entry.name!r} is cut off")
    return source.part(start, entry.packed)


def _broken(why: str) -> InputError:
    return InputError(f"broken zip archive: {why}", advice=_ADVICE)
