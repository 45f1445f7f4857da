"""How far the data reaches, told from the data."""

from __future__ import annotations

import pytest

from barehull.advisories.coverage import Claim, read_claims
from barehull.core.errors import InputError

FIXED = (("introduced", "0"), ("fixed", "2.0"))
OPEN = (("introduced", "0"),)


def coverage_of(store):
    return {one.ecosystem: one for one in store.database().coverage}


def test_debian_releases_where_everything_has_a_fix_are_fixed_only(make_store, record):
    store = make_store(
        {
            "Debian": [
                record("DEBIAN-CVE-2024-0001", "Debian:12", "openssl", *FIXED),
                record("DEBIAN-CVE-2024-0002", "Debian:13", "openssl", *FIXED),
                record("DEBIAN-CVE-2024-0003", "Debian:13", "openssl", *OPEN),
            ],
            "PyPI": [record("PYSEC-1", "PyPI", "flask", *FIXED)],
        }
    )
    assert {name: one.kind for name, one in coverage_of(store).items()} == {
        "Debian:12": "fixed-only",
        "Debian:13": "full",
        "PyPI": "full",
    }


def test_a_debian_entry_with_versions_only_has_no_fix(make_store, record):
    listed = record("DEBIAN-CVE-2024-0001", "Debian:12", "openssl")
    listed["affected"][0]["versions"] = ["3.0.1-1"]
    assert coverage_of(make_store({"Debian": [listed]}))["Debian:12"].kind == "full"


def test_as_of_is_the_newest_record_without_those_that_have_no_date(make_store, record):
    store = make_store(
        {
            "PyPI": [
                record("PYSEC-1", "PyPI", "flask", *FIXED, modified="2024-10-10T17:22:00Z"),
                record("PYSEC-2", "PyPI", "flask", *FIXED, modified="2021-07-05T00:01:17Z"),
                record("PYSEC-3", "PyPI", "flask", *FIXED, modified="1-01-01T00:00:00Z"),
                record("PYSEC-4", "PyPI", "flask", *FIXED, modified="9999-12-31T00:00:00Z"),
            ],
            "Debian": [record("DEBIAN-CVE-2024-0001", "Debian:12", "openssl", *FIXED, modified="0001-01-01T00:00:00Z")],
        }
    )
    assert {name: one.as_of for name, one in coverage_of(store).items()} == {
        "PyPI": "2024-10-10",
        "Debian:12": "unknown",
    }


def test_a_claim_for_the_release_comes_before_one_for_the_ecosystem(make_store, record):
    records = [record(f"DEBIAN-CVE-2024-000{n}", f"Debian:{n}", "openssl", *OPEN) for n in (2, 3)]
    claims = {"Debian": Claim(left_out="a"), "Debian:3": Claim(kind="fixed-only", left_out="b")}
    told = coverage_of(make_store({"Debian": records}, claims))
    assert [(one.kind, one.left_out) for one in told.values()] == [("full", "a"), ("fixed-only", "b")]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"PyPI": {"kind": "most"}}', b'{"PyPI": {"king": "full"}}', b"\xff"])
def test_a_broken_claim_is_refused(data):
    with pytest.raises(InputError, match=r"mirror: coverage.json"):
        read_claims(data, "mirror: coverage.json")
