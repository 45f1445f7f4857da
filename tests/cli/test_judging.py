"""`--policy`, `--vex` and `--write-vex`, by the program, of two images in a folder."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from barehull.advisories.build import build_store
from barehull.advisories.coverage import Claim
from barehull.files import Store
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry
from barehull.oci.reference import save_image
from barehull.vex.read import parse_vex

from .test_program import refused, run

SITE = "usr/local/lib/python3.13/dist-packages"


def wheel(name: str, version: str) -> list[Entry]:
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(metadata).digest()).rstrip(b"=").decode()
    info = f"{name}-{version}.dist-info"
    record = f"{info}/METADATA,sha256={digest},{len(metadata)}\n{info}/RECORD,,\n".encode()
    files = {"METADATA": metadata, "RECORD": record}
    return [Entry(f"{SITE}/{info}/{path}", "file", 0o644, content=content) for path, content in files.items()]


def advisory(cve: str, name: str, fixed: str) -> bytes:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]
    affected = [{"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges}]
    vector = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
    said = {"id": f"GHSA-{cve}", "aliases": [cve], "modified": "2026-01-02T00:00:00Z", "severity": [vector]}
    return json.dumps(said | {"affected": affected}).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """oci:old has demo 1.0 (CVE-2026-1001) and kept 1.0 (CVE-2026-1002); oci:new has demo 2.0 and kept 1.0."""
    store = Store(tmp_path / "store")
    for name, version in (("old", "1.0"), ("new", "2.0")):
        layer = write_layer(with_parents([*wheel("demo", version), *wheel("kept", "1.0")]), store, created_by="a test")
        save_image(make_image(Config(), [layer], store), f"oci:{tmp_path / name}")
    feeds = {"PyPI": [advisory("CVE-2026-1001", "demo", "2.0"), advisory("CVE-2026-1002", "kept", "1.1")]}
    claims = {"PyPI": Claim(kind="full")}
    build_store(tmp_path / "db.sqlite", feeds, claims=claims, origin="a test", date="2026-11-24T00:00:00Z")
    return tmp_path


def compare(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    command = ("compare", "oci:old", "oci:new", "--db", "db.sqlite", "--format", "json", "-q")
    result = run(*command, *arguments, cwd=folder)
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)


def waive(path: Path, digest: str, **others: Any) -> Path:
    """A VEX document, the least that there can be, on kept in the image."""
    product = {"@id": f"pkg:oci/new@{digest}", "subcomponents": [{"@id": "pkg:pypi/kept"}]}
    statement = {"vulnerability": {"name": "CVE-2026-1002"}, "products": [product], "status": "not_affected"}
    said = {"@context": "https://openvex.dev/ns/v0.2.0", "author": "Ann", "timestamp": "2026-01-01T00:00:00Z"}
    path.write_text(json.dumps(said | {"statements": [statement | others]}))
    return path


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("guideline", 0),
        ("no-new", 0),
        ("fixable", 1),
        ("max-severity=high", 1),
        ("no-known-exploited", 3),
        ("no-new,no-known-exploited", 3),
        ("guideline,fixable,no-known-exploited", 1),
    ],
)
def test_a_policy_by_name(folder: Path, policy: str, code: int) -> None:
    returned, report = compare(folder, "--policy", policy)
    assert returned == code, report["verdict"]
    assert report["verdict"]["policy"] == policy.replace(",", ", ")


def test_the_policy_of_a_configuration(folder: Path) -> None:
    (folder / "b.toml").write_text('[policy]\nrules = ["guideline", "max-severity"]\nmax-severity = "high"\n')
    returned, report = compare(folder, "--config", "b.toml")
    assert (returned, report["verdict"]["policy"]) == (1, "guideline, max-severity=high")
    assert any("CVE-2026-1002 above high" in reason for reason in report["verdict"]["reasons"])
    assert compare(folder, "--config", "b.toml", "--policy", "no-new")[0] == 0


@pytest.mark.parametrize("how", ["--vex", "configuration"])
def test_a_vex_document_waives_and_is_named(folder: Path, how: str) -> None:
    digest = compare(folder)[1]["new"]["digest"]
    (folder / "vex").mkdir()
    waive(folder / "vex" / "a.json", digest, justification="vulnerable_code_not_present")
    (folder / "b.toml").write_text('[policy]\nname = "fixable"\nvex = ["vex/*.json"]\n')
    options = ("--vex", "vex/a.json", "--policy", "fixable") if how == "--vex" else ("--config", "b.toml")
    returned, report = compare(folder, *options)
    assert returned == 0, report["verdict"]
    (used,) = report["verdict"]["used"]
    assert used == "CVE-2026-1002 in kept: not_affected (vulnerable_code_not_present), says Ann in vex/a.json"


def test_a_vex_document_without_a_justification_waives_nothing(folder: Path) -> None:
    waive(folder / "a.json", compare(folder)[1]["new"]["digest"])
    returned, report = compare(folder, "--vex", "a.json", "--policy", "fixable")
    assert returned == 1
    assert any("no justification" in reason for reason in report["verdict"]["reasons"])


def test_what_is_written_is_read_back(folder: Path) -> None:
    result = run("compare", "oci:old", "oci:new", "--db", "db.sqlite", "--write-vex", "out.json", "-q", cwd=folder)
    assert result.returncode == 0, result.stderr
    statements = parse_vex((folder / "out.json").read_bytes(), "out.json")
    assert {it.names[0]: it.status for it in statements} == {
        "CVE-2026-1001": "fixed",
        "CVE-2026-1002": "under_investigation",
    }
    assert compare(folder, "--vex", "out.json", "--policy", "fixable")[0] == 1


def test_nothing_to_state_writes_nothing_and_says_so(folder: Path) -> None:
    build_store(folder / "empty.sqlite", {}, claims={}, origin="a test", date="2026-11-24T00:00:00Z")
    result = run("scan", "oci:new", "--db", "empty.sqlite", "--write-vex", "out.json", "-q", cwd=folder)
    assert "out.json is not written" in result.stderr
    assert not (folder / "out.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--policy", "strict"), ("--policy", "'strict'", "no-new")),
        (("--policy", "max-severity"), ("max-severity=high",)),
        (("--vex", "nowhere.json"), ("nowhere.json", "cannot be read")),
        (("--vex", "store"), ("store",)),
        (("--vex", "db.sqlite"), ("db.sqlite",)),
        (("--write-vex", "store"), ("store is a folder",)),
    ],
)
def test_wrong_usage_is_told(folder: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    for command in (("scan", "oci:new"), ("compare", "oci:old", "oci:new")):
        refused(run(*command, "--db", "db.sqlite", *arguments, "-q", cwd=folder), *words)


def test_a_release_reads_vex_documents_before_any_work(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "requirements.txt").write_text("flask==3.1.2\n")
    (app / "Dockerfile").write_text('FROM python:3.13\nCMD ["gunicorn", "app:app"]\n')
    (tmp_path / "x.json").write_text("{}")
    refused(run("release", "app", "--output", "oci:x", "--vex", "x.json", cwd=tmp_path), "x.json", "no VEX document")
    assert not (tmp_path / "cache").exists()
