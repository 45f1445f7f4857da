"""The parts of an ELF file, read piece by piece: a program may have hundreds of megabytes, and these take a few pages.

`elf.py` reads what the dynamic linker sees of a whole file; here are sections too, where there are any. They may be
forged, as all of a file may: they say where to look, and what is not there is not found.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from barehull.elf import MAGIC
from barehull.oci.facts import Content
from barehull.oci.rootfs import Node

T = TypeVar("T")

_PT_LOAD, _PF_X, _PF_W, _SHT_NOBITS = 1, 1, 2, 8
_MAX_SEGMENTS = 4096
_MAX_SECTIONS = 65535
_MAX_NAMES = 1 << 20  # bytes of the sections' names together
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Part:
    """A segment that is loaded (without a name) or a section: `size` bytes of the file from `offset` on."""

    name: str
    offset: int
    address: int
    size: int
    data: bool  # a segment that may be written and not executed


@dataclass(frozen=True, slots=True)
class MachineCode:
    """Where the parts of an ELF file lie; `order` is of its integers, as in `struct`."""

    content: Content
    order: str
    segments: tuple[Part, ...]
    sections: tuple[Part, ...]

    def section(self, name: str) -> Part | None:
        """The first section of a name that has bytes in the file."""
        return next((section for section in self.sections if section.name == name and section.size), None)

    def read(self, part: Part, limit: int) -> bytes:
        """The first bytes of a part, `limit` at most; fewer where the file is cut off."""
        return self.content.piece(part.offset, min(part.size, limit))

    def at(self, address: int, count: int) -> bytes:
        """`count` bytes from where `address` is loaded; fewer where its segment ends, none where nothing is."""
        for segment in self.segments:
            inside = address - segment.address
            if 0 <= inside < segment.size:
                return self.content.piece(segment.offset + inside, min(count, segment.size - inside))
        return b""

    def find(self, part: Part, mark: bytes, limit: int) -> Iterator[int]:
        """Where in the first `limit` bytes of a part a mark of less than 64 KiB is: offsets from its beginning."""
        end = min(part.size, limit)
        for start in range(0, end, _CHUNK):
            chunk = self.content.piece(part.offset + start, min(_CHUNK + len(mark) - 1, end - start))
            if not chunk:
                return
            at = chunk.find(mark)
            while at >= 0:
                yield start + at
                at = chunk.find(mark, at + len(mark))


def by_content(said: Iterable[tuple[Node, T | None]]) -> Iterable[tuple[T, tuple[str, ...]]]:
    """What a fact says, if anything, with the paths of the files that it says it of: a file may have many names."""
    found: dict[int, tuple[T, list[str]]] = {}
    for node, answer in said:
        if answer is not None:
            found.setdefault(id(answer), (answer, []))[1].append(node.path)
    return ((answer, tuple(paths)) for answer, paths in found.values())


def read_machine_code(content: Content) -> MachineCode | None:
    """The parts of a file; None where it does not begin as ELF, or its tables make no sense."""
    head = content.peek(64)
    if head[:4] != MAGIC or len(head) < 52 or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
    word = "Q" if wide else "I"
    try:
        header = struct.unpack_from(f"{order}HHI{word}{word}{word}IHHHHHH", head, 16)
    except struct.error:
        return None
    _, _, _, _, segments, sections, _, _, segment_size, segment_count, section_size, section_count, names = header
    if segment_count > _MAX_SEGMENTS:
        return None
    return MachineCode(
        content,
        order,
        _segments(_records(content, segments, segment_size, segment_count, 56 if wide else 32), order, wide),
        _sections(content, _records(content, sections, section_size, section_count, 64 if wide else 40), order, names),
    )


def _records(content: Content, start: int, size: int, count: int, least: int) -> list[bytes]:
    """The records of a table that are in the file: those with `size` bytes, of which `least` are known here."""
    if size < least or size > 2 * least or count > _MAX_SECTIONS:
        return []
    table = content.piece(start, size * count)
    return [table[at : at + least] for at in range(0, len(table) - least + 1, size)]


def _segments(records: list[bytes], order: str, wide: bool) -> tuple[Part, ...]:
    found = []
    for record in records:
        if wide:
            kind, flags, offset, address, _, size = struct.unpack_from(f"{order}IIQQQQ", record)
        else:
            kind, offset, address, _, size, _, flags = struct.unpack_from(f"{order}IIIIIII", record)
        if kind == _PT_LOAD and size:
            found.append(Part("", offset, address, size, flags & (_PF_X | _PF_W) == _PF_W))
    return tuple(found)


def _sections(content: Content, records: list[bytes], order: str, names: int) -> tuple[Part, ...]:
    """The sections by name; none where the table of names is not there: then nothing can be looked for."""
    if names >= len(records):
        return ()
    form = f"{order}IIQQQQ" if len(records[0]) == 64 else f"{order}IIIIII"
    fields = [struct.unpack_from(form, record) for record in records]  # name, kind, flags, address, offset, size
    text = content.piece(fields[names][4], min(fields[names][5], _MAX_NAMES))
    found = []
    for name, kind, _, address, offset, size in fields:
        word = text[name : name + 64].partition(b"\0")[0]
        found.append(Part(word.decode("latin-1"), offset, address, 0 if kind == _SHT_NOBITS else size, False))
    return tuple(found)
