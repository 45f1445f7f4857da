"""Records that break the schema, and severities that others say."""

from __future__ import annotations

import json

import pytest

from barehull.advisories.build import build_store
from barehull.advisories.model import Context
from barehull.advisories.store import AdvisoryStore
from barehull.core.errors import InputError
from barehull.inventory.model import Component, Files, Inventory
from barehull.scan.scan import scan

FIXED = (("introduced", "0"), ("fixed", "2.0"))
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
LOW = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"


def vector(text: str) -> list[dict[str, str]]:
    return [{"type": "CVSS_V3", "score": text}]


def image(*names: str) -> Inventory:
    components = tuple(Component(f"pkg:pypi/{name}@1.0", name, "1.0", "PyPI", name, "1.0") for name in names)
    return Inventory("sha256:a", "linux/amd64", "", 1, components, Files(1, 1, 0, 0, ()), ())


def test_a_broken_record_leaves_its_package_undecided_and_no_other(make_store, record):
    broken = record("PYSEC-2", "PyPI", "Flask", ("introduced", "0"), ("until", "2.0"))
    store = make_store({"PyPI": [record("PYSEC-1", "PyPI", "django", *FIXED), broken]})
    found = scan(image("django", "flask"), store)
    assert [match.advisory for match in found.matches] == ["PYSEC-1"]
    assert [(one.subject, one.reason) for one in found.undecided] == [
        ("pkg:pypi/flask@1.0", "record-unreadable: PYSEC-2 does not follow the OSV schema")
    ]
    (coverage,) = store.database().coverage
    assert coverage.left_out == "1 records that could not be read"


def test_too_many_broken_records_are_another_format(tmp_path, record):
    broken = [record(f"PYSEC-{n}", "PyPI", "flask", ("until", "2.0")) for n in range(11)]
    packed = [json.dumps(one).encode() for one in broken]
    with pytest.raises(InputError, match="holds 11 records that do not follow the OSV schema, of 11") as caught:
        build_store(tmp_path / "a", {"PyPI": packed}, claims={}, origin="", date="")
    assert "--without PyPI" in caught.value.advice
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"[]", b'{"id": 1}', b"\xff", b'{"id": "X", "affected": [{"ranges": []}]}'])
def test_a_record_that_names_no_package_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="the feed of PyPI holds a record"):
        build_store(tmp_path / "a", {"PyPI": [content]}, claims={}, origin="", date="")


def test_aliases_in_a_circle_are_one_vulnerability(make_store, record):
    ring = [record(f"PYSEC-{n}", "PyPI", "flask", *FIXED, aliases=[f"PYSEC-{(n + 1) % 50}"]) for n in range(50)]
    assert len(scan(image("flask"), make_store({"PyPI": ring})).vulnerabilities) == 1


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([("CVE-2024-1", vector(HIGH)), ("GHSA-1", vector(LOW))], (HIGH, "CVE-2024-1")),
        ([("GHSA-1", vector(HIGH)), ("PYSEC-2", vector(LOW))], (HIGH, "GHSA-1")),
        ([("GHSA-1", [{"type": "Ubuntu", "score": "high"}]), ("PYSEC-2", vector(LOW))], (LOW, "PYSEC-2")),
        ([("GHSA-1", [{"type": "Ubuntu", "score": "high"}])], ("high", "GHSA-1")),
        ([], ("", "")),
    ],
)
def test_a_record_without_severity_has_that_of_the_best_alias(make_store, record, others, expected):
    names = ["CVE-2024-1"]
    records = [record("PYSEC-1", "PyPI", "flask", *FIXED, aliases=names)]
    records += [record(id, "PyPI", "other", *FIXED, aliases=names, severity=said) for id, said in others]
    store = make_store({"PyPI": records})
    (match,) = scan(image("flask"), store).matches
    assert (match.severity.vector, match.severity.source) == expected


def test_a_records_own_vector_counts_first_and_its_own_word_last(make_store, record):
    records = [
        record("PYSEC-1", "PyPI", "flask", *FIXED, aliases=["CVE-2024-1"], severity=vector(LOW)),
        record("PYSEC-2", "PyPI", "django", *FIXED, aliases=["CVE-2024-1"], database_specific={"severity": "LOW"}),
        record("GHSA-1", "PyPI", "other", *FIXED, aliases=["CVE-2024-1"], severity=vector(HIGH)),
    ]
    found = {it.advisory: it.severity for it in scan(image("flask", "django"), make_store({"PyPI": records})).matches}
    assert (found["PYSEC-1"].vector, found["PYSEC-1"].level) == (LOW, "low")
    assert (found["PYSEC-2"].vector, found["PYSEC-2"].source, found["PYSEC-2"].score) == (HIGH, "GHSA-1", 7.5)


def test_a_distributions_severity_of_many_cves_is_none_of_each(make_store, record):
    many = record("DSA-1-1", "Debian:13", "a", *FIXED, upstream=["CVE-2024-1", "CVE-2024-2"], severity=vector(HIGH))
    one = record("PYSEC-1", "PyPI", "flask", *FIXED, aliases=["CVE-2024-1"])
    assert make_store({"Debian": [many], "PyPI": [one]}).contexts(["CVE-2024-1"]) == {"CVE-2024-1": Context()}


def test_one_vulnerability_is_counted_once_over_ecosystems(make_store, record):
    store = make_store(
        {
            "Debian": [record("DEBIAN-CVE-2024-1", "Debian:13", "flask", *FIXED, upstream=["CVE-2024-1"])],
            "PyPI": [record("PYSEC-1", "PyPI", "flask", *FIXED, aliases=["GHSA-1"])],
            "Go": [record("GO-2024-1", "Go", "example.org/flask", *FIXED, aliases=["CVE-2024-1", "GHSA-1"])],
            "npm": [record("GHSA-1", "npm", "flask", *FIXED)],
        }
    )
    keys = [("Debian:13", "flask"), ("PyPI", "flask"), ("Go", "example.org/flask"), ("npm", "flask")]
    about = {one.vulnerabilities for said in store.query_all(keys).values() for one in said}
    assert about == {(("CVE-2024-1", "GHSA-1", "GO-2024-1", "PYSEC-1"),)}


def test_a_store_of_the_first_version_is_refused_with_advice(tmp_path):
    import sqlite3

    path = tmp_path / "old.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA application_id = 0x62617265; PRAGMA user_version = 1; CREATE TABLE meta (a, b);")
    connection.close()
    with pytest.raises(InputError, match="has version 1, and this barehull reads 2") as caught:
        AdvisoryStore.open(path)
    assert "barehull db update" in caught.value.advice
