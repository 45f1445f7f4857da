"""Zips are hostile until read."""

from __future__ import annotations

import io
import zipfile

import pytest

from barehull.advisories import feed
from barehull.core.errors import InputError


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read(data: bytes) -> list[bytes]:
    return list(feed.read_zip(data, "a test"))


def test_every_file_is_a_record_whatever_its_name():
    assert read(zipped(**{"../../etc/passwd": b"1", "/abs": b"2", "folder/": b""})) == [b"1", b"2"]


@pytest.mark.parametrize("data", [b"", b"not a zip", zipped(a=b"x" * 1000)[:-30], zipped(a=b"x" * 1000)[40:]])
def test_a_damaged_zip_is_refused(data):
    with pytest.raises(InputError, match="a test is damaged"):
        read(data)


def test_a_changed_byte_is_refused_or_changes_nothing():
    content = b'{"id": "PYSEC-2024-1"}' * 4
    whole = zipped(a=content)
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0xFF
        try:
            assert read(bytes(changed)) in ([content], []), position
        except InputError:
            pass


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    with pytest.raises(InputError, match="zip bomb"):
        read(zipped(a=b"\0" * (feed.MAX_RECORD + 1)))
    many = zipped(**{f"{n}.json": b"\0" * (8 << 20) for n in range(9)})
    with pytest.raises(InputError, match="zip bomb"):
        read(many)


def test_too_many_files_are_refused(monkeypatch):
    monkeypatch.setattr(feed, "MAX_RECORDS", 2)
    with pytest.raises(InputError, match="3 files"):
        read(zipped(a=b"", b=b"", c=b""))


def test_an_encrypted_zip_is_refused():
    data = bytearray(zipped(a=b"x"))
    data[6] |= 1  # the flag in the file's header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    with pytest.raises(InputError, match="damaged"):
        read(bytes(data))
