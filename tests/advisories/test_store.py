from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from barehull.advisories import build
from barehull.advisories.coverage import Claim
from barehull.advisories.model import Advisory, Coverage, Range
from barehull.advisories.store import AdvisoryStore
from barehull.core.errors import IncompleteError, InputError

FIXED = (("introduced", "0"), ("fixed", "2.0"))


def test_a_package_is_found_with_all_that_is_said_of_it(make_store, record):
    store = make_store(
        {
            "PyPI": [
                record("PYSEC-2024-2", "PyPI", "Flask", *FIXED, aliases=["CVE-2024-0002"]),
                record(
                    "PYSEC-2024-1", "PyPI", "flask", *FIXED, severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}]
                ),
                record("PYSEC-2024-3", "PyPI", "django", *FIXED),
            ]
        }
    )
    assert store.query("PyPI", "FLASK") == (
        Advisory(
            "PYSEC-2024-1", "PyPI", "flask", (Range("ECOSYSTEM", FIXED),), (), (("PYSEC-2024-1",),), "CVSS:3.1/AV:N"
        ),
        Advisory(
            "PYSEC-2024-2", "PyPI", "flask", (Range("ECOSYSTEM", FIXED),), (), (("CVE-2024-0002", "PYSEC-2024-2"),)
        ),
    )
    assert store.query("PyPI", "unheard-of") == ()


def test_releases_are_told_apart(make_store, record):
    store = make_store(
        {"Debian": [record("DEBIAN-CVE-2024-0001", "Debian:12", "openssl", *FIXED, upstream=["CVE-2024-0001"])]}
    )
    assert [one.id for one in store.query("Debian:12", "openssl")] == ["DEBIAN-CVE-2024-0001"]
    assert store.query("Debian:13", "openssl") == ()


def test_many_packages_are_asked_for_at_once(make_store, record):
    records = [record(f"PYSEC-{n}", "PyPI", f"package-{n}", *FIXED) for n in range(50)]
    store = make_store({"PyPI": records})
    wanted = [("PyPI", f"Package_{n}") for n in range(0, 50, 2)] + [("npm", "package-1"), ("PyPI", "it's; DROP TABLE")]
    found = store.query_all(wanted)
    assert {key: [one.id for one in advisories] for key, advisories in found.items()} == {
        ("PyPI", f"Package_{n}"): [f"PYSEC-{n}"] for n in range(0, 50, 2)
    }


def test_withdrawn_records_and_malware_are_no_vulnerabilities_and_join_nothing(make_store, record):
    store = make_store(
        {
            "PyPI": [
                record("PYSEC-1", "PyPI", "flask", *FIXED, aliases=["GHSA-1"]),
                record(
                    "PYSEC-2",
                    "PyPI",
                    "flask",
                    *FIXED,
                    aliases=["GHSA-1", "CVE-2024-0001"],
                    withdrawn="2024-02-02T00:00:00Z",
                ),
                record("MAL-2024-1", "PyPI", "flask", *FIXED, aliases=["GHSA-1", "CVE-2024-0002"]),
            ]
        }
    )
    (one,) = store.query("PyPI", "flask")
    assert one.vulnerabilities == (("GHSA-1", "PYSEC-1"),)
    (coverage,) = store.database().coverage
    assert coverage.records == 1
    assert coverage.left_out == "1 records of malware (MAL-)"


def test_a_feed_speaks_of_its_own_ecosystem_only(make_store, record):
    store = make_store({"PyPI": [record("GHSA-1", "npm", "flask", *FIXED), record("GHSA-2", "PyPI", "flask", *FIXED)]})
    assert [one.ecosystem for one in store.database().coverage] == ["PyPI"]
    assert store.query("npm", "flask") == ()


def test_a_record_in_two_feeds_is_one(make_store, record):
    both = record("GHSA-1", "PyPI", "flask", *FIXED, aliases=["CVE-2024-0001"])
    both["affected"] += record("", "Debian:12", "flask", *FIXED)["affected"]
    store = make_store({"PyPI": [both], "Debian": [both]})
    for ecosystem in ("PyPI", "Debian:12"):
        assert [one.vulnerabilities for one in store.query(ecosystem, "flask")] == [(("CVE-2024-0001", "GHSA-1"),)]


def test_the_same_records_in_any_order_have_the_same_digest(make_store, record):
    records = [record(f"PYSEC-{n}", "PyPI", "flask", *FIXED, aliases=[f"CVE-2024-000{n}", "GHSA-x"]) for n in range(5)]
    debian = [record("DEBIAN-CVE-2024-0001", "Debian:12", "flask", *FIXED)]
    one = make_store({"PyPI": records, "Debian": debian}).database()
    other = make_store({"Debian": debian, "PyPI": records[::-1]}).database()
    assert one.digest == other.digest
    assert one.digest.startswith("sha256:")


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(aliases=["CVE-2024-0009"]),
        lambda one: one["affected"][0]["ranges"][0]["events"][1].update(fixed="2.1"),
        lambda one: one["affected"][0].update(versions=["0.1"]),
        lambda one: one["affected"][0]["package"].update(name="flask2"),
        lambda one: one.update(modified="2024-03-02T00:00:00Z"),
    ],
)
def test_any_change_of_a_fact_changes_the_digest(make_store, record, change):
    changed = record("PYSEC-1", "PyPI", "flask", *FIXED)
    before = make_store({"PyPI": [changed]}).database().digest
    change(changed)
    assert make_store({"PyPI": [changed]}).database().digest != before


def test_coverage_is_part_of_the_identity(make_store, record):
    feeds = {"PyPI": [record("PYSEC-1", "PyPI", "flask", *FIXED)]}
    claims = {"PyPI": Claim("fixed-only", "2024-01-01", "the rest", ("django",))}
    database = make_store(feeds, claims).database()
    assert database.coverage == (Coverage("PyPI", "fixed-only", "2024-01-01", 1, "the rest", ("django",)),)
    assert (database.origin, database.date) == ("a test", "2024-05-01T00:00:00Z")
    assert database.digest != make_store(feeds).database().digest


@pytest.fixture
def stored(make_store, record) -> Path:
    records = [record(f"PYSEC-{n}", "PyPI", f"flask-{n}", *FIXED) for n in range(200)]
    return make_store({"PyPI": records})._path


def test_a_missing_store_is_told(tmp_path):
    with pytest.raises(InputError, match="no store of advisories") as caught:
        AdvisoryStore.open(tmp_path / "none.sqlite")
    assert "barehull db update" in caught.value.advice


def test_a_store_of_another_version_is_refused(stored):
    connection = sqlite3.connect(stored)
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="has version 99") as caught:
        AdvisoryStore.open(stored)
    assert "barehull db update" in caught.value.advice


@pytest.mark.parametrize("length", [0, 10, 100, 4096, 10_000])
def test_a_store_that_was_cut_short_is_refused(stored, length):
    os.truncate(stored, length)
    with pytest.raises(InputError, match="cannot be read") as caught:
        AdvisoryStore.open(stored)
    assert "barehull db update" in caught.value.advice


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\0" + b"\xff" * 5000, b"\0" * 8192])
def test_another_kind_of_file_is_refused(tmp_path, content):
    path = tmp_path / "other.sqlite"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        AdvisoryStore.open(path)


def test_another_programs_database_is_refused(tmp_path):
    path = tmp_path / "other.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE meta (key, value)")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="another kind of file"):
        AdvisoryStore.open(path)


def test_damage_inside_is_an_error_of_the_query_not_an_empty_answer(stored):
    data = bytearray(stored.read_bytes())
    start = data.index(b"flask-100") - 500
    data[start : start + 1000] = b"\xa5" * 1000
    stored.write_bytes(data)
    with pytest.raises(InputError, match="cannot be read"), AdvisoryStore.open(stored) as store:
        store.query_all(("PyPI", f"flask-{n}") for n in range(200))
        raise AssertionError("damage was not seen")


def test_a_failed_build_leaves_the_old_store_and_nothing_else(stored, record):
    before, listed = stored.read_bytes(), sorted(stored.parent.iterdir())
    with pytest.raises(InputError):
        build.build_store(stored, {"PyPI": [b"{}"]}, claims={}, origin="", date="")
    assert stored.read_bytes() == before
    assert sorted(stored.parent.iterdir()) == listed


def test_an_open_store_goes_on_while_it_is_replaced(stored, record):
    with AdvisoryStore.open(stored) as store:
        new = json.dumps(record("PYSEC-9", "PyPI", "flask-1", *FIXED)).encode()
        build.build_store(stored, {"PyPI": [new]}, claims={}, origin="", date="")
        assert [one.id for one in store.query("PyPI", "flask-1")] == ["PYSEC-1"]
    with AdvisoryStore.open(stored) as store:
        assert [one.id for one in store.query("PyPI", "flask-1")] == ["PYSEC-9"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IncompleteError, match="cannot be written") as caught:
        build.build_store(tmp_path / "file" / "store.sqlite", {}, claims={}, origin="", date="")
    assert "BAREHULL_CACHE" in caught.value.advice


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, record, monkeypatch):
    monkeypatch.setattr(build.schema, "CREATE", "PRAGMA max_page_count = 8;" + build.schema.CREATE)
    records = (json.dumps(record(f"PYSEC-{n}", "PyPI", f"flask-{n}", *FIXED)).encode() for n in range(2000))
    with pytest.raises(IncompleteError, match="full"):
        build.build_store(tmp_path / "store.sqlite", {"PyPI": records}, claims={}, origin="", date="")
    assert list(tmp_path.iterdir()) == []


def test_a_duplicated_record_is_refused(tmp_path, record):
    twice = [json.dumps(record("PYSEC-1", "PyPI", "flask", *FIXED)).encode()] * 2
    with pytest.raises(InputError, match="two records PYSEC-1"):
        build.build_store(tmp_path / "store.sqlite", {"PyPI": twice}, claims={}, origin="", date="")
