from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.zip import Budget, Source, entry_source, read_entry, read_zip

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0\\"), min_size=1, max_size=20)
PLENTY = 1 << 30


def made(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
        archive.comment = comment
    return buffer.getvalue()


def read(data: bytes, budget: int = PLENTY) -> dict[str, bytes]:
    source, left = Source.of(data), Budget(budget)
    return {entry.name: read_entry(source, entry, left) for entry in read_zip(source, left)}


@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=5), st.sampled_from([0, 8]), st.binary(max_size=30))
def test_what_is_written_is_read(files: dict[str, bytes], method: int, comment: bytes) -> None:
    assert read(made(files, method, comment)) == files


@given(st.binary(max_size=300))
def test_a_script_before_the_archive_is_passed_over(before: bytes) -> None:
    assert read(before + made({"a": b"content"})) == {"a": b"content"}


@given(st.data())
def test_an_archive_that_was_changed_is_an_error_or_none_of_its_content_is(data: st.DataObject) -> None:
    files = {"a": b"content" * 9, "b/c": b"", "d": bytes(100)}
    archive = bytearray(made(files))
    for _ in range(data.draw(st.integers(1, 3))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(archive)))
    for variant in (bytes(archive), bytes(archive[:cut])):
        try:
            found = read(variant, 1 << 20)
        except InputError:
            continue
        assert set(found.values()) <= set(files.values())


def test_an_archive_of_zip64_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("big", "w", force_zip64=True) as entry:
        entry.write(b"content")
    plain = buffer.getvalue()
    end = plain.rindex(b"PK\5\6")
    size, offset = struct.unpack_from("<2I", plain, end + 12)
    wide = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    last = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    archive64 = plain[:end] + wide + locator + last
    assert zipfile.ZipFile(io.BytesIO(archive64)).namelist() == ["big"]
    assert read(archive64) == read(b"#!/bin/sh\n" + archive64) == {"big": b"content"}


def test_sizes_of_zip64_are_taken_from_the_extra_field() -> None:
    body = zlib.compressobj(wbits=-15)
    packed = body.compress(b"content") + body.flush()
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 8, 0, 0, zlib.crc32(b"content"), len(packed), 7, 1, 0)
    extra = struct.pack("<2Hx2H3Q", 9, 1, 1, 24, 7, len(packed), 0)
    none = 0xFFFFFFFF
    record = struct.pack("<4s6H3I5H2I", b"PK\1\2", 45, 45, 0, 8, 0, 0, zlib.crc32(b"content"), none, none, 1,
                         len(extra), 0, 0, 0, 0, none)  # fmt: skip
    data = local + b"a" + packed
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(record) + 1 + len(extra), len(data), 0)
    assert read(data + record + b"a" + extra + end) == {"a": b"content"}


def test_an_entry_that_is_stored_is_a_source_of_its_own() -> None:
    inner = made({"x": b"inner"})
    outer = Source.of(made({"inner.jar": inner}, zipfile.ZIP_STORED))
    (entry,) = read_zip(outer, Budget(PLENTY))
    assert entry.stored
    within = entry_source(outer, entry)
    assert within.read(0, within.size) == inner
    assert within.read(within.size, 9) == within.read(within.size - 1, 9)[1:] == b""


def claiming(**fields: int) -> bytes:
    """An archive of one entry, in whose directory other numbers stand."""
    data = bytearray(made({"a": b"content" * 10}))
    at = data.rindex(b"PK\1\2")
    for name, value in fields.items():
        place, form = {"flags": (8, "<H"), "method": (10, "<H"), "crc": (16, "<I"), "packed": (20, "<I"),
                       "size": (24, "<I"), "name": (28, "<H"), "offset": (42, "<I")}[name]  # fmt: skip
        struct.pack_into(form, data, at + place, value)
    return bytes(data)


BAD: list[tuple[str, Callable[[], bytes]]] = [
    ("it has no central directory", lambda: b""),
    ("it has no central directory", lambda: b"PK\3\4" + bytes(100)),
    ("it has no central directory", lambda: made({"a": b"x"})[:-30]),
    ("it has no central directory", lambda: made({"a": b"x"})[50:]),
    ("its directory is inconsistent", lambda: claiming(name=60_000)),
    ("is not where its directory says", lambda: claiming(offset=5)),
    ("is not where its directory says", lambda: claiming(offset=1 << 31)),
    ("is encrypted", lambda: claiming(flags=1)),
    ("is packed by method 12", lambda: claiming(method=12)),
    ("cannot be unpacked", lambda: claiming(offset=0, packed=5, method=8).replace(b"a\x4b", b"a\xff")),
    ("is cut off", lambda: claiming(packed=1 << 20)),
    ("is not what its directory says", lambda: claiming(size=3)),
    ("is not what its directory says", lambda: claiming(crc=3)),
    ("it unpacks to more than barehull reads", lambda: claiming(size=(1 << 32) - 2)),
]


@pytest.mark.parametrize(("words", "archive"), BAD)
def test_what_is_broken_is_said(words: str, archive: Callable[[], bytes]) -> None:
    with pytest.raises(InputError, match=words):
        read(archive())


def test_a_directory_of_too_many_entries_is_not_read() -> None:
    record = struct.pack("<4s6H3I5H2I", b"PK\1\2", *(0 for _ in range(16)))
    directory = record * 300_001
    data = directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0, 0, len(directory), 0, 0)
    with pytest.raises(InputError, match="more than 300000 entries"):
        list(read_zip(Source.of(data), Budget(PLENTY)))


def test_a_directory_that_is_too_large_is_not_read() -> None:
    asked: list[int] = []

    def piece(offset: int, count: int) -> bytes:
        asked.append(count)
        return (bytes(count) + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0, 0, 2 << 30, 0, 0))[-count:]

    with pytest.raises(InputError, match="its directory has 2147483648 bytes"):
        list(read_zip(Source(3 << 30, piece), Budget(4 << 30)))
    assert max(asked) < 1 << 17


def test_nothing_is_left_of_a_budget_that_was_exceeded() -> None:
    budget = Budget(10)
    budget.spend(4)
    with pytest.raises(InputError):
        budget.spend(7)
    assert budget.left == 0
