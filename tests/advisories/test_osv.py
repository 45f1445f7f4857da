from __future__ import annotations

import json

import pytest

from barehull.advisories import osv
from barehull.advisories.model import Range
from barehull.core.errors import InputError


def decoded(**fields):
    return osv.decode(json.dumps({"id": "X-1", "modified": "2024-01-01T00:00:00Z", **fields}).encode(), "a test")


def entry(ecosystem="PyPI", name="flask", **fields):
    return {"package": {"ecosystem": ecosystem, "name": name}, **fields}


def ranges(*events, type="ECOSYSTEM"):
    return [{"type": type, "events": list(events)}]


def test_unknown_fields_are_ignored_and_null_lists_are_empty():
    record = decoded(
        summary="text", credits=[{}], aliases=None, affected=[entry(ranges=None, database_specific={"a": 1})]
    )
    assert [one.model_ranges() for one in record.of("PyPI")] == [()]


def test_events_keep_their_order_and_commits_are_dropped():
    record = decoded(
        affected=[
            entry(
                ranges=ranges({"fixed": "2"}, {"introduced": "0"})
                + ranges({"introduced": "0"}, {"fixed": "abc"}, type="GIT")
            )
        ]
    )
    (one,) = record.of("PyPI")
    assert one.model_ranges() == (Range("ECOSYSTEM", (("fixed", "2"), ("introduced", "0"))), Range("GIT", ()))


def test_entries_are_told_apart_by_ecosystem_whatever_the_release():
    record = decoded(
        affected=[entry("Debian:12"), entry("Debian:13"), entry("Debianoid"), {"ranges": ranges(type="GIT")}]
    )
    assert [one.package.ecosystem for one in record.of("Debian")] == ["Debian:12", "Debian:13"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b'{"id": "X-1"}',
        b'{"modified": "2024-01-01"}',
        b'{"id": "", "modified": "2024-01-01"}',
        b'{"id": 7, "modified": "2024-01-01"}',
        b'{"id": "X-1", "modified": "2024-01-01", "affected": [{"package": {"name": "flask"}}]}',
        b'{"id": "X-1", "modified": "2024-01-01", "aliases": "CVE-2024-0001"}',
        b'{"id": "X-1", "modified": "2024-01-01", "aliases": ["' + b"A" * 600 + b'"]}',
        json.dumps({"id": "X-1", "modified": "2024", "affected": [entry(ranges=ranges({"introduced": 0}))]}).encode(),
        json.dumps({"id": "X-1", "modified": "2024", "affected": [entry(ranges=ranges({"until": "1"}))]}).encode(),
        json.dumps({"id": "X-1", "modified": "2024", "affected": [entry(ranges=ranges({}))]}).encode(),
        json.dumps(
            {"id": "X-1", "modified": "2024", "affected": [entry(ranges=ranges({"fixed": "1", "limit": "2"}))]}
        ).encode(),
    ],
)
def test_a_record_that_breaks_the_schema_is_refused(data):
    with pytest.raises(InputError, match="a test holds") as caught:
        osv.decode(data, "a test")
    assert "db update" in caught.value.advice


def test_deep_nesting_is_refused_not_a_crash():
    with pytest.raises(InputError):
        osv.decode(b'{"id":"X-1","modified":"2024","database_specific":' + b"[" * 100_000, "a test")


def test_an_oversized_record_is_refused(monkeypatch):
    monkeypatch.setattr(osv, "MAX_RECORD", 50)
    with pytest.raises(InputError, match="bytes"):
        decoded(summary="x" * 50)


@pytest.mark.parametrize(
    ("record", "severity"),
    [
        (
            {
                "severity": [
                    {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"},
                    {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"},
                ]
            },
            "CVSS:4.0/AV:N",
        ),
        ({"database_specific": {"severity": "HIGH"}}, "HIGH"),
        ({"database_specific": {"severity": 7}}, ""),
        ({"database_specific": "HIGH"}, ""),
        ({}, ""),
    ],
)
def test_severity_is_the_newest_vector_or_the_sources_word(record, severity):
    one = decoded(affected=[entry()], **record)
    assert one.severity_of(one.affected[0]) == severity


def test_an_entrys_own_severity_comes_first():
    record = decoded(
        severity=[{"type": "CVSS_V4", "score": "of the record"}],
        affected=[
            entry(severity=[{"type": "CVSS_V2", "score": "of the entry"}]),
            entry(ecosystem_specific={"urgency": "low"}),
        ],
    )
    assert [record.severity_of(one) for one in record.affected] == ["of the entry", "of the record"]
