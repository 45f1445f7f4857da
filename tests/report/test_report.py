from __future__ import annotations

import json as stdlib_json
import os
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

import barehull.report
from barehull.advisories.model import Coverage
from barehull.core.outcome import Unknown
from barehull.document import Document
from barehull.inventory.model import Component
from barehull.proof.run import Proof
from barehull.report import cyclonedx, json, junit, markdown, sarif, text, words
from barehull.scan.model import Match, Vulnerability

from .conftest import DOCUMENTS, release, scan

CASES = Path(__file__).parents[1] / "cases" / "report"
FIRST = CASES.parent / "report-1"
SCHEMA = Path(barehull.report.__file__).parent / "schemas" / "report-1.json"
RENDERERS = {"txt": text, "json": json, "md": markdown, "sarif": sarif, "xml": junit, "cdx.json": cyclonedx}
READ = ("txt", "json", "md")  # by people, and in full


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_reports_are_as_they_were(name: str, form: str) -> None:
    """`UPDATE_GOLDENS=1 make test` writes them anew; look at the difference before you commit it."""
    golden = CASES / name / f"report.{form}"
    said = RENDERERS[form].render(DOCUMENTS[name]())
    if os.environ.get("UPDATE_GOLDENS"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(said)
    assert said == golden.read_text()


def test_the_json_fits_its_schema(document: Document) -> None:
    jsonschema.validate(stdlib_json.loads(json.render(document)), stdlib_json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("path", sorted(FIRST.glob("*.json")), ids=lambda path: path.stem)
def test_reports_as_version_1_first_was_still_fit_the_schema(path: Path) -> None:
    """What came since is beside it: who reads the first of version 1 reads today's too."""
    first, schema = stdlib_json.loads(path.read_text()), stdlib_json.loads(SCHEMA.read_text())
    jsonschema.validate(first, schema)
    assert not missing(first, stdlib_json.loads(json.render(DOCUMENTS[path.stem]())))


def missing(old: object, new: object, at: str = "") -> list[str]:
    """The places of `old` that `new` does not have, or has as another kind of value."""
    if isinstance(old, dict) and isinstance(new, dict):
        gone = [f"{at}/{key}" for key in old if key not in new]
        return gone + [it for key in old.keys() & new.keys() for it in missing(old[key], new[key], f"{at}/{key}")]
    if isinstance(old, list) and isinstance(new, list):
        return [it for one, other in zip(old, new, strict=False) for it in missing(one, other, f"{at}[]")]
    return [] if type(old) is type(new) else [at]


def test_every_cve_that_went_is_printed_with_its_reason() -> None:
    said = text.render(release("passed"))
    assert "openssl 3.0.1 -> 3.5.1\n      CVE-2026-1, CVE-2026-2" in said
    assert "by a package left out\n    bash 5.2\n      CVE-2026-3" in said


def test_every_format_names_the_database_and_its_reach(document: Document) -> None:
    for form in READ:
        said = RENDERERS[form].render(document)
        assert DATABASE_DIGEST in said
        assert "Debian" in said
        assert "CVEs that Debian has not fixed" in said


DATABASE_DIGEST = "sha256:" + "d" * 64
HOSTILE = "x\x1b[2J|`<script>alert(1)</script>\u202e\n# y"


def hostile() -> Document:
    component = Component(f"pkg:deb/debian/{HOSTILE}@1", HOSTILE, "1", "Debian:13", HOSTILE, "1")
    match = Match(Vulnerability(HOSTILE), component, "A", HOSTILE)
    document = release("passed")
    scanned = scan("b", [component], [match], 13)
    from barehull.compare.compare import compare

    comparison = compare(document.old.scan, scanned)
    return replace(document, name=HOSTILE, comparison=comparison, new=replace(document.new, scan=scanned))


def test_hostile_names_steer_no_terminal() -> None:
    said = text.render(hostile())
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\n# y" not in said


def test_hostile_names_survive_in_json_as_they_are() -> None:
    raw = json.render(hostile())
    assert "\x1b" not in raw
    assert stdlib_json.loads(raw)["name"] == HOSTILE


@pytest.mark.parametrize(
    ("verdict", "proofs", "state"),
    [
        ("passed", (), "passed"),
        ("passed", (Proof("x", "x", Unknown("y")),), "undecided"),
        ("failed", (Proof("x", "x", Unknown("y")),), "failed"),
    ],
)
def test_an_unknown_proof_is_never_green(verdict: str, proofs: tuple[Proof, ...], state: str) -> None:
    document = release("passed")
    assert replace(document, verdict=replace(document.verdict, state=verdict), proofs=proofs).state == state


def test_a_failed_proof_fails_what_the_verdict_passed() -> None:
    document = replace(release("failed"), verdict=release("passed").verdict)
    assert document.state == "failed"
    assert "with the proofs: FAILED" in text.render(document)


def test_words() -> None:
    assert words.many(1, "vulnerability") == "1 vulnerability"
    assert words.many(2000, "vulnerability") == "2,000 vulnerabilities"
    assert words.many(2, "package") == "2 packages"
    assert words.megabytes(29_649_999) == "29.6 MB"
    assert words.coverage(Coverage("Debian:13", "fixed-only", "2026-11-24", 1)).startswith("Debian 13: fixable only")
