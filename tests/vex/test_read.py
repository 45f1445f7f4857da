from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.vex import read
from barehull.vex.model import Product
from barehull.vex.read import parse_vex, read_vex

from .conftest import DIGEST, OCI, analysed, cyclonedx, openvex, stated


def test_a_statement_of_openvex() -> None:
    part = {"@id": "pkg:pypi/x", "identifiers": {"purl": "pkg:pypi/x@1"}}
    product = {"@id": "https://example.org/app", "identifiers": {"purl": OCI}, "hashes": {"sha-256": "A" * 64}}
    vulnerability = {"name": "CVE-1", "aliases": ["GHSA-1", "CVE-1"]}
    statement = stated(vulnerability=vulnerability, products=[product | {"subcomponents": [part]}])
    (read,) = parse_vex(openvex(stated(), statement), "f")[1:]
    assert read.names == ("CVE-1", "GHSA-1")
    assert read.products == (Product((OCI,), (DIGEST,), ("pkg:pypi/x", "pkg:pypi/x@1"), in_parts=True),)
    assert (read.status, read.why) == ("not_affected", "vulnerable_code_not_in_execute_path")
    assert (read.author, read.file, read.place) == ("Ann", "f", "statements[1]")
    assert read.waives


@pytest.mark.parametrize(
    ("times", "day"),
    [
        ({}, 1),
        ({"timestamp": "2026-11-03T00:00:00Z"}, 3),
        ({"timestamp": "2026-11-03T00:00:00Z", "last_updated": "2026-11-05T01:00:00+02:00"}, 4),
    ],
)
def test_a_statement_is_of_its_own_time_else_of_its_documents(times: dict[str, str], day: int) -> None:
    (read,) = parse_vex(openvex(stated(**times)), "f")
    assert read.timestamp.astimezone(UTC).date() == datetime(2026, 11, day, tzinfo=UTC).date()


@pytest.mark.parametrize(
    ("others", "waives"),
    [
        ({"justification": None}, False),
        ({"justification": None, "impact_statement": "  "}, False),
        ({"justification": None, "impact_statement": "patched out"}, True),
        ({"status": "fixed", "justification": None}, True),
        ({"status": "affected"}, False),
        ({"status": "under_investigation"}, False),
    ],
)
def test_what_waives_in_openvex(others: dict[str, Any], waives: bool) -> None:
    (read,) = parse_vex(openvex(stated(**others)), "f")
    assert read.waives is waives


@pytest.mark.parametrize(
    ("state", "status", "waives"),
    [
        ("resolved", "fixed", True),
        ("resolved_with_pedigree", "fixed", True),
        ("exploitable", "affected", False),
        ("in_triage", "under_investigation", False),
        ("false_positive", "not_affected", True),
        ("not_affected", "not_affected", True),
    ],
)
def test_the_states_of_cyclonedx(state: str, status: str, waives: bool) -> None:
    (read,) = parse_vex(cyclonedx(analysed(state)), "f")
    assert (read.status, read.waives, read.place) == (status, waives, "vulnerabilities[0]")
    assert read.products == (Product((OCI,), (), ("pkg:pypi/x@1",), in_parts=True),)
    assert read.author == "Ann"


@pytest.mark.parametrize(
    ("ref", "product"),
    [
        ("image", Product((OCI,))),
        ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#image", Product((OCI,))),
        ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#ref-x", Product((OCI,), (), ("pkg:pypi/x@1",), in_parts=True)),
        ("urn:cdx:x/1#pkg%3Apypi%2Fy%402", Product((OCI,), (), ("pkg:pypi/y@2",), in_parts=True)),
        ("pkg:pypi/y@2", Product((OCI,), (), ("pkg:pypi/y@2",), in_parts=True)),
        ("nowhere", Product((OCI,), (), (), in_parts=True)),
    ],
)
def test_what_affects_refers_to_in_cyclonedx(ref: str, product: Product) -> None:
    (read,) = parse_vex(cyclonedx(analysed(ref=ref)), "f")
    assert read.products == (product,)


def test_an_image_that_cyclonedx_names_by_its_digest() -> None:
    image = {"type": "container", "name": "app", "version": DIGEST}
    (read,) = parse_vex(cyclonedx(analysed(), metadata={"component": image}), "f")
    assert read.products[0].digests == (DIGEST,)
    assert read.author == "an author who is not named"


@pytest.mark.parametrize(
    "others",
    [
        {"analysis": {"state": "not_affected"}},
        {"affects": [{"ref": "ref-x", "versions": [{"range": "vers:pypi/<2"}]}]},
    ],
)
def test_what_cyclonedx_states_and_is_not_accepted(others: dict[str, Any]) -> None:
    (read,) = parse_vex(cyclonedx(analysed(**others)), "f")
    assert read.problem
    assert not read.waives


def test_cyclonedx_without_a_product_speaks_of_nothing() -> None:
    (read,) = parse_vex(cyclonedx(analysed(), metadata={}), "f")
    assert read.products == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ("f", "truncated")),
        (b"[]", ("f", "object", "array")),
        (b"\xff", ("f",)),
        (b"{}", ("f", "no VEX document")),
        (b'{"document": {"category": "csaf_vex"}}', ("f", "no VEX document", "OpenVEX 0.2.0")),
        (openvex(), ("f", "states nothing")),
        (cyclonedx(), ("f", "states nothing")),
        (cyclonedx({"id": "CVE-1"}), ("f", "states nothing")),
        (openvex(stated(), **{"@context": "https://openvex.dev/ns"}), ("f", "another version", "v0.2.0")),
        (openvex(stated(), **{"@context": "https://openvex.dev/ns/v9"}), ("f", "another version")),
        (openvex(stated(), author=3), ("f", "author")),
        (openvex(stated(), timestamp="yesterday"), ("f", "timestamp")),
        (openvex(stated(), stated(status="fine")), ("f", "fine", "statements[1].status")),
        (openvex(stated(vulnerability="CVE-1")), ("f", "vulnerability")),
        (openvex(stated(justification="because")), ("f", "because", "justification")),
        (cyclonedx(analysed("fine")), ("f", "fine", "state")),
        (cyclonedx(analysed(), specVersion="1.3"), ("f", "1.3", "1.6")),
        (b'{"@context": ' * 100_000, ("f",)),
        (b'{"x": ' * 100_000 + b"1" + b"}" * 100_000, ("f", "deep")),
    ],
)
def test_bad_input_is_told_with_the_file_and_the_place(data: bytes, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        parse_vex(data, "f")
    for word in words:
        assert word in f"{caught.value.what} {caught.value.advice}"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


@given(st.sampled_from(["vulnerability", "products", "status", "timestamp", "last_updated", "impact_statement"]), _JSON)
def test_any_statement_is_read_or_refused(key: str, value: Any) -> None:
    try:
        assert parse_vex(openvex(stated() | {key: value}), "f")
    except InputError:
        pass


@given(st.sampled_from(["id", "references", "affects", "analysis", "updated"]), _JSON)
def test_any_vulnerability_is_read_or_refused(key: str, value: Any) -> None:
    try:
        parse_vex(cyclonedx(analysed(**{key: value})), "f")
    except InputError:
        pass


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-01T00:00:00"])
def test_times_at_the_ends_of_time(moment: str) -> None:
    assert parse_vex(openvex(stated(timestamp=moment)), "f")


def test_files_are_read_once_each_and_in_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_bytes(openvex(stated()))
    paths = [tmp_path / "b", tmp_path / "a", tmp_path / "b"]
    assert [each.file for each in read_vex(paths)] == [str(tmp_path / "b"), str(tmp_path / "a")]


def test_a_file_that_is_too_large_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(InputError, match=r"x\.json cannot be read"):
        read_vex([path])
    path.write_bytes(openvex(stated()))
    monkeypatch.setattr(read, "MAX_FILE", 20)
    with pytest.raises(InputError, match=r"x\.json is larger"):
        read_vex([path])


def test_too_many_statements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(json.dumps(json.loads(openvex(stated(), stated()))).encode())
    monkeypatch.setattr(read, "MAX_STATEMENTS", 1)
    with pytest.raises(InputError, match="more than 1 VEX statements"):
        read_vex([path])
