"""`barehull db update`, from folders; over HTTP in tests/integration."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from barehull.advisories.feed import all_feeds
from barehull.advisories.store import AdvisoryStore
from barehull.advisories.update import current, open_store, update
from barehull.core.errors import BarehullError, InputError, UsageError
from barehull.core.progress import silent
from barehull.net import Fetcher

FIXED = (("introduced", "0"), ("fixed", "2.0"))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def updated(origin: Path | str, folder: Path, **more):
    with Fetcher(attempts=1) as fetcher:
        return update(str(origin), folder, silent, fetcher, now=NOON, **more)


@pytest.fixture
def mirror(tmp_path, write_mirror, record) -> Path:
    return write_mirror(
        tmp_path / "mirror",
        {
            "Debian": [record("DEBIAN-CVE-2024-0001", "Debian:13", "openssl", *FIXED)],
            "PyPI": [record("PYSEC-1", "PyPI", "flask", *FIXED)],
            "Hex": [b"not read, as nothing here matches Hex"],
        },
    )


def test_the_store_in_use_is_the_snapshot_until_there_is_another(tmp_path, mirror):
    with current(tmp_path / "cache") as store:
        assert store.database().origin == "the snapshot that comes with barehull"
    database = updated(mirror, tmp_path / "cache")
    assert database.date == "2026-11-24T12:00:00Z"
    assert database.origin == str(mirror)
    assert [one.ecosystem for one in database.coverage] == ["Debian:13", "PyPI"]
    with current(tmp_path / "cache") as store:
        assert store.database() == database
        assert [one.id for one in store.query("PyPI", "flask")] == ["PYSEC-1"]


def test_a_file_url_is_an_origin_too(tmp_path, mirror):
    assert updated(mirror.as_uri(), tmp_path / "cache").digest == updated(mirror, tmp_path / "other").digest


def test_what_the_origin_says_of_its_coverage_is_kept(tmp_path, write_mirror, record):
    mirror = write_mirror(
        tmp_path / "mirror",
        {"PyPI": [record("PYSEC-1", "PyPI", "flask", *FIXED)]},
        coverage={"PyPI": {"left_out": "most of it", "as_of": "2020-01-01", "excluded": ["numpy"]}},
    )
    (coverage,) = updated(mirror, tmp_path / "cache").coverage
    assert (coverage.left_out, coverage.as_of, coverage.excluded) == ("most of it", "2020-01-01", ("numpy",))


def test_an_ecosystem_that_the_origin_does_not_list_has_no_coverage(tmp_path, mirror):
    (mirror / "ecosystems.txt").write_text("PyPI\n")
    assert [one.ecosystem for one in updated(mirror, tmp_path / "cache").coverage] == ["PyPI"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


BROKEN = {
    "no ecosystems.txt": lambda mirror: (mirror / "ecosystems.txt").unlink(),
    "lists nothing of ours": lambda mirror: (mirror / "ecosystems.txt").write_text("Hex\n"),
    "no zip": lambda mirror: (mirror / "PyPI" / "all.zip").unlink(),
    "half a zip": lambda mirror: cut(mirror / "PyPI" / "all.zip"),
    "empty zip file": lambda mirror: (mirror / "PyPI" / "all.zip").write_bytes(b""),
    "an error page": lambda mirror: (mirror / "PyPI" / "all.zip").write_bytes(b"<html>sign in</html>"),
    "broken coverage": lambda mirror: (mirror / "coverage.json").write_text("{"),
}


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_origin_leaves_the_old_store(tmp_path, mirror, damage):
    before = updated(mirror, tmp_path / "cache")
    listed = sorted((tmp_path / "cache").iterdir())
    damage(mirror)
    with pytest.raises(InputError):
        updated(mirror, tmp_path / "cache")
    assert sorted((tmp_path / "cache").iterdir()) == listed
    with current(tmp_path / "cache") as store:
        assert store.database() == before


def test_a_record_that_names_no_package_leaves_the_old_store_and_the_source_can_be_left_out(
    tmp_path, mirror, write_mirror, record
):
    before = updated(mirror, tmp_path / "cache")
    good = record("PYSEC-2", "PyPI", "flask", *FIXED)
    debian = record("DEBIAN-CVE-2024-0001", "Debian:13", "openssl", *FIXED)
    broken = write_mirror(tmp_path / "broken", {"PyPI": [good, b'{"id": "PYSEC-3"}'], "Debian": [debian]})
    with pytest.raises(
        InputError, match="the feed of PyPI holds a record that does not follow the OSV schema"
    ) as caught:
        updated(broken, tmp_path / "cache")
    assert "--without PyPI" in caught.value.advice
    with current(tmp_path / "cache") as store:
        assert store.database() == before
    database = updated(broken, tmp_path / "cache", without=["PyPI"])
    assert [one.ecosystem for one in database.coverage] == ["Debian:13"]
    assert {one.name: one.state for one in database.sources}["PyPI"] == "left-out"


def test_what_did_not_change_is_copied_and_the_digest_is_the_same(tmp_path, mirror, write_mirror, record):
    before = updated(mirror, tmp_path / "cache")
    again = updated(mirror, tmp_path / "cache")
    assert again.digest == before.digest
    assert {one.state for one in again.sources} == {"kept", "absent"}
    zip_ = (mirror / "PyPI" / "all.zip").read_bytes()
    more = [record("PYSEC-1", "PyPI", "flask", *FIXED), record("PYSEC-2", "PyPI", "flask", *FIXED)]
    write_mirror(tmp_path / "other", {"PyPI": more})
    (mirror / "PyPI" / "all.zip").write_bytes((tmp_path / "other" / "PyPI" / "all.zip").read_bytes())
    changed = updated(mirror, tmp_path / "cache")
    states = {one.name: one.state for one in changed.sources}
    assert (states["PyPI"], states["Debian"]) == ("read", "kept")
    assert changed.digest == updated(mirror, tmp_path / "fresh").digest != before.digest
    (mirror / "PyPI" / "all.zip").write_bytes(zip_)
    assert updated(mirror, tmp_path / "cache").digest == before.digest


def test_one_source_can_be_asked_for_alone(tmp_path, mirror):
    before = updated(mirror, tmp_path / "cache")
    cut(mirror / "PyPI" / "all.zip")
    assert updated(mirror, tmp_path / "cache", only=["Debian"]).digest == before.digest


def test_the_store_of_another_origin_is_not_taken_for_unchanged(tmp_path, mirror, write_mirror, record):
    updated(mirror, tmp_path / "cache")
    other = write_mirror(tmp_path / "other", {"PyPI": [record("PYSEC-9", "PyPI", "flask", *FIXED)]})
    for path in (mirror, other):
        os.utime(path / "PyPI" / "all.zip", ns=(0, 0))
    updated(other, tmp_path / "cache")
    with current(tmp_path / "cache") as store:
        assert [one.id for one in store.query("PyPI", "flask")] == ["PYSEC-9"]


def test_a_store_of_another_version_is_made_anew(tmp_path, mirror):
    database = updated(mirror, tmp_path / "cache")
    with closing(sqlite3.connect(tmp_path / "cache" / "advisories.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with pytest.raises(InputError, match="has version 1") as caught:
        current(tmp_path / "cache")
    assert "barehull db update" in caught.value.advice
    again = updated(mirror, tmp_path / "cache")
    assert again == database
    assert {one.state for one in again.sources} == {"read", "absent"}


def test_a_source_that_there_is_not_is_wrong_usage(tmp_path, mirror):
    with pytest.raises(UsageError, match="no source pypi") as caught:
        updated(mirror, tmp_path / "cache", only=["pypi"])
    assert "PyPI" in caught.value.advice


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BarehullError, match="ecosystems.txt"):
        updated(tmp_path / "nowhere", tmp_path / "cache")


def test_a_damaged_store_is_told_and_not_passed_over_for_the_snapshot(tmp_path, mirror):
    updated(mirror, tmp_path / "cache")
    (tmp_path / "cache" / "advisories.sqlite").write_bytes(b"damaged")
    with pytest.raises(InputError) as caught:
        current(tmp_path / "cache")
    assert "barehull db update" in caught.value.advice
    updated(mirror, tmp_path / "cache")
    current(tmp_path / "cache")


def test_a_store_can_be_named(tmp_path, mirror):
    database = updated(mirror, tmp_path / "cache")
    with open_store(tmp_path / "cache" / "advisories.sqlite", tmp_path) as store:
        assert isinstance(store, AdvisoryStore)
        assert store.database() == database
    with pytest.raises(InputError):
        open_store(tmp_path / "none", tmp_path)


@pytest.mark.parametrize("feed", all_feeds(), ids=lambda feed: feed.name)
@pytest.mark.parametrize("garbage", [b"", b"<html>sign in</html>", b"\x1f\x8b", b"PK\x03\x04"])
def test_each_source_alone_that_is_broken_ends_the_update_by_name(tmp_path, mirror, feed, garbage):
    before = updated(mirror, tmp_path / "cache")
    path = mirror / feed.path
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(garbage)
    (mirror / "ecosystems.txt").write_text("Debian\nPyPI\n" + (f"{feed.name}\n" if feed.listed else ""))
    with pytest.raises(InputError) as caught:
        updated(mirror, tmp_path / "cache")
    assert f"--without {feed.name}." in caught.value.advice
    with current(tmp_path / "cache") as store:
        assert store.database() == before
    updated(mirror, tmp_path / "cache", without=[feed.name])
