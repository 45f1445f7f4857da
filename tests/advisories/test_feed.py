"""Zips are hostile until read."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from barehull.advisories import feed
from barehull.core.errors import InputError


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def read(tmp_path):
    def reading(data: bytes) -> list[bytes]:
        (tmp_path / "all.zip").write_bytes(data)
        return list(feed.zipped_records(tmp_path / "all.zip", "a test"))

    return reading


def test_every_json_file_is_a_record_whatever_its_folder(read):
    files = {"../../etc/a.json": b"1", "/abs.json": b"2", "folder/": b"", "README.md": b"not one"}
    assert read(zipped(**files)) == [b"1", b"2"]


@pytest.mark.parametrize(
    "data", [b"", b"not a zip", zipped(**{"a.json": b"x" * 1000})[:-30], zipped(**{"a.json": b"x"})[:20]]
)
def test_a_damaged_zip_is_refused(read, data):
    with pytest.raises(InputError, match="a test is damaged") as caught:
        read(data)
    assert "The advisories of before are still in use." in caught.value.advice


def test_a_changed_byte_is_refused_or_changes_nothing(read):
    content = b'{"id": "PYSEC-2024-1"}' * 4
    whole = zipped(**{"a.json": content})
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0xFF
        try:
            assert read(bytes(changed)) in ([content], []), position
        except InputError:
            pass


def test_a_bomb_is_refused_before_it_is_unpacked(read):
    with pytest.raises(InputError, match="a record of"):
        read(zipped(**{"a.json": b"\0" * (feed.MAX_RECORD + 1)}))
    with pytest.raises(InputError, match="damaged"):
        read(zipped(**{f"{n}.json": b"\0" * (8 << 20) for n in range(9)}))


def test_an_encrypted_zip_is_refused(read):
    data = bytearray(zipped(**{"a.json": b"x"}))
    data[6] |= 1  # the flag in the file's header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    with pytest.raises(InputError, match="damaged"):
        read(bytes(data))


def test_a_file_that_went_is_told(tmp_path):
    with pytest.raises(InputError, match="damaged"):
        list(feed.zipped_records(Path(tmp_path / "none"), "a test"))


def test_every_source_is_found_by_its_file_and_feeds_have_names_and_places_of_their_own():
    feeds = feed.all_feeds()
    assert {"Debian", "Go", "PSF", "Node.js", "debian-tracker", "kev", "epss"} <= {one.name for one in feeds}
    for value in ("name", "path", "address"):
        assert len({getattr(one, value) for one in feeds}) == len(feeds)
    assert all(one.address.startswith("https://") for one in feeds)
