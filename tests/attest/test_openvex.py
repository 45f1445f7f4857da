from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import jsonschema
import pytest

from barehull.advisories.model import Coverage, Database
from barehull.attest.openvex import to_openvex
from barehull.compare.compare import compare
from barehull.compare.model import Policy, Waiver
from barehull.compare.policy import judge, judge_alone
from barehull.inventory.model import Component, Files, Inventory
from barehull.scan.model import Match, Scan, Undecided, Vulnerability
from barehull.vex.model import JUSTIFICATIONS, Product, Statement
from barehull.vex.read import parse_vex

TODAY = date(2026, 11, 24)
CREATED = "2026-11-24T12:00:00Z"
DIGEST = "sha256:" + "b" * 64
FULL = Coverage("Debian:12", "full", "2026-11-24", 10), Coverage("Debian:13", "full", "2026-11-24", 10)
FIXED_ONLY = tuple(replace(reach, kind="fixed-only") for reach in FULL)

# What the specification of OpenVEX 0.2.0 asks of a document, in our own words.
_TEXT = {"type": "string", "minLength": 1}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_PART = {
    "type": "object",
    "properties": {
        "@id": {"type": "string", "pattern": "^pkg:"},
        "identifiers": {"properties": {"purl": {"pattern": "^pkg:"}}, "additionalProperties": False},
        "hashes": {"properties": {"sha-256": {"pattern": "^[0-9a-f]{64}$"}}, "additionalProperties": False},
        "subcomponents": {"type": "array", "uniqueItems": True, "minItems": 1},
    },
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "required": ["@context", "@id", "author", "timestamp", "version", "statements"],
    "additionalProperties": False,
    "properties": {
        "@context": {"const": "https://openvex.dev/ns/v0.2.0"},
        "@id": {"type": "string", "pattern": "^urn:uuid:"},
        "author": _TEXT,
        "timestamp": _TIME,
        "version": {"type": "integer", "minimum": 1},
        "tooling": _TEXT,
        "statements": {
            "type": "array",
            "uniqueItems": True,
            "minItems": 1,
            "items": {
                "required": ["vulnerability", "status", "products"],
                "additionalProperties": False,
                "properties": {
                    "vulnerability": {
                        "required": ["name"],
                        "properties": {"name": _TEXT, "aliases": {"type": "array", "uniqueItems": True}},
                        "additionalProperties": False,
                    },
                    "products": {"type": "array", "minItems": 1, "items": _PART},
                    "status": {"enum": ["not_affected", "affected", "fixed", "under_investigation"]},
                    "status_notes": _TEXT,
                    "justification": {"enum": sorted(JUSTIFICATIONS)},
                    "impact_statement": _TEXT,
                    "action_statement": _TEXT,
                },
                "allOf": [
                    {
                        "if": {"properties": {"status": {"const": "not_affected"}}},
                        "then": {"oneOf": [{"required": ["justification"]}, {"required": ["impact_statement"]}]},
                    },
                    {
                        "if": {"properties": {"status": {"const": "affected"}}},
                        "then": {"required": ["action_statement"]},
                    },
                ],
            },
        },
    },
}


def deb(name: str, version: str, release: int = 13) -> Component:
    purl = f"pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-{release}"
    return Component(purl, name, version, f"Debian:{release}", name, version)


def match(cve: str, component: Component, fixed: str = "9") -> Match:
    return Match(Vulnerability(cve, (f"GHSA-{cve}",)), component, f"ADV-{cve}", fixed)


def scan(image: str, *matches: Match, others: tuple[Component, ...] = (), **given: Any) -> Scan:
    components = tuple(sorted({*(each.component for each in matches), *others}))
    digest = f"sha256:{image * 64}"
    inventory = Inventory(digest, "linux/amd64", "Debian:13", 1, components, Files(1, 1, 0, 0, ()), ())
    database = Database("sha256:" + "d" * 64, CREATED, "a test", given.get("coverage", FULL))
    return Scan(inventory, database, matches, given.get("undecided", ()))


def written(old: Scan, new: Scan, policy: Policy | None = None, reference: str = "oci:out/app:v1") -> dict[str, Any]:
    comparison = compare(old, new)
    verdict = judge(comparison, policy or Policy(), TODAY)
    document = json.loads(to_openvex(new, comparison, verdict, reference, CREATED))
    jsonschema.validate(document, SCHEMA)
    return document


def statement(*arguments: Any, **others: Any) -> dict[str, Any]:
    (only,) = written(*arguments, **others)["statements"]
    return only


OLD = scan("a", match("CVE-1", deb("openssl", "3.0")))


def test_fixed_by_a_newer_version() -> None:
    said = statement(OLD, scan("b", others=(deb("openssl", "3.1"),)))
    assert said["status"] == "fixed"
    assert said["vulnerability"] == {"name": "CVE-1", "aliases": ["GHSA-CVE-1"]}
    (product,) = said["products"]
    assert product["hashes"] == {"sha-256": "b" * 64}
    assert [part["@id"] for part in product["subcomponents"]] == [deb("openssl", "3.1").purl]
    assert "3.0 was replaced by 3.1" in said["status_notes"]


def test_left_out_is_not_present() -> None:
    said = statement(OLD, scan("b"))
    assert (said["status"], said["justification"]) == ("not_affected", "component_not_present")


@pytest.mark.parametrize(
    "undecided",
    [
        Undecided("usr/lib/x.so", "unowned-elf: machine code", "1"),
        Undecided("usr/lib/x.so", "gap: not read", "1"),
        Undecided("pkg:generic/libcrypto", "vendored: bundled in x", "1"),
    ],
)
def test_where_something_is_unidentified_nothing_is_known_to_be_left_out(undecided: Undecided) -> None:
    said = statement(OLD, scan("b", undecided=(undecided,)))
    assert said["status"] == "under_investigation"
    assert "could be identified" in said["status_notes"]


def test_a_new_version_that_could_not_be_decided_is_not_called_fixed() -> None:
    newer = deb("openssl", "3.1")
    undecided = Undecided(newer.purl, "version-unparsable: odd", "1")
    assert statement(OLD, scan("b", others=(newer,), undecided=(undecided,)))["status"] == "under_investigation"


def test_silence_of_data_on_fixed_ones_only_is_not_called_fixed() -> None:
    old = scan("a", match("CVE-1", deb("openssl", "3.0", 12)), coverage=FIXED_ONLY)
    said = statement(old, scan("b", others=(deb("openssl", "3.1", 13),), coverage=FIXED_ONLY))
    assert said["status"] == "under_investigation"
    assert "is not whole" in said["status_notes"]


def test_data_on_fixed_ones_only_knows_the_fix_within_one_release() -> None:
    old = scan("a", match("CVE-1", deb("openssl", "3.0")), coverage=FIXED_ONLY)
    assert statement(old, scan("b", others=(deb("openssl", "3.1"),), coverage=FIXED_ONLY))["status"] == "fixed"


def test_without_data_on_the_new_version_nothing_is_called_fixed() -> None:
    old = scan("a", match("CVE-1", deb("openssl", "3.0", 12)), coverage=FULL[:1])
    new = scan("b", others=(deb("openssl", "3.1", 13),), coverage=FULL[:1])
    assert statement(old, new)["status"] == "under_investigation"


def test_what_nobody_judged_is_under_investigation() -> None:
    new = scan("b", match("CVE-1", deb("openssl", "3.0")))
    assert statement(OLD, new)["status"] == "under_investigation"


def test_a_waiver_accepts_and_claims_nothing() -> None:
    new = scan("b", match("CVE-1", deb("openssl", "3.0")))
    waiver = Waiver("CVE-1", "*", "rebuilt next week", date(2027, 1, 1))
    said = statement(OLD, new, Policy(waivers=(waiver,)))
    assert said["status"] == "affected"
    assert said["action_statement"] == "Accepted until 2027-01-01: rebuilt next week"


@pytest.mark.parametrize(
    ("why", "key"),
    [("vulnerable_code_not_present", "justification"), ("code_not_reachable", "impact_statement")],
)
def test_the_word_of_others_is_passed_on_as_theirs(why: str, key: str) -> None:
    new = scan("b", match("CVE-1", deb("openssl", "3.0")))
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    products = (Product(digests=(DIGEST,)),)
    others = Statement(("CVE-1",), "not_affected", products, why, moment, "Ann", "a.json", "statements[0]")
    said = statement(OLD, new, Policy(vex=(others,)))
    assert (said["status"], said[key]) == ("not_affected", why)
    assert said["status_notes"] == "As Ann stated on 2026-11-01 in a.json, statements[0]."


def test_the_same_input_gives_the_same_document_and_another_one_another_id() -> None:
    new = scan("b", others=(deb("openssl", "3.1"),))
    assert written(OLD, new) == written(OLD, new)
    assert written(OLD, new)["timestamp"] == CREATED
    assert written(OLD, new)["@id"] != written(OLD, scan("b"))["@id"]


@pytest.mark.parametrize(
    ("reference", "purl"),
    [
        ("oci:out/App:v1", f"pkg:oci/app@sha256:{'b' * 64}?arch=amd64"),
        ("oci:.", f"pkg:oci/.@sha256:{'b' * 64}?arch=amd64"),
        (
            "docker://example.org/team/app:v1",
            f"pkg:oci/app@sha256:{'b' * 64}?arch=amd64&repository_url=example.org/team/app",
        ),
    ],
)
def test_the_product_is_the_image_by_its_digest(reference: str, purl: str) -> None:
    (product,) = statement(OLD, scan("b"), reference=reference)["products"]
    assert product["@id"].replace("%3A", ":") == purl


def test_nothing_to_speak_of_is_no_document() -> None:
    clean = scan("b")
    comparison = compare(scan("a"), clean)
    assert to_openvex(clean, comparison, judge(comparison, Policy(), TODAY), "oci:x", CREATED) == ""


def test_what_is_written_is_read_back_and_waives_only_what_was_judged() -> None:
    new = scan("b", match("CVE-2", deb("zlib", "1")), match("CVE-3", deb("zlib", "1")), others=(deb("openssl", "3.1"),))
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    products, why = (Product(digests=(DIGEST,)),), "vulnerable_code_not_present"
    judged = Policy(
        vex=(Statement(("CVE-2",), "not_affected", products, why, moment, "Ann", "a.json", "statements[0]"),)
    )
    comparison = compare(OLD, new)
    text = to_openvex(new, comparison, judge(comparison, judged, TODAY), "oci:x", CREATED)
    read = parse_vex(text.encode(), "out.json")
    assert {each.names[0]: each.status for each in read} == {
        "CVE-1": "fixed",
        "CVE-2": "not_affected",
        "CVE-3": "under_investigation",
    }
    again = judge_alone(new, Policy(vex=read), TODAY)
    assert [it.match.vulnerability.id for it in again.waived] == ["CVE-2"]
    assert again.used == (
        "CVE-2 in zlib: not_affected (vulnerable_code_not_present), says "
        "barehull (https://github.com/barehull/barehull), automated in out.json",
    )
