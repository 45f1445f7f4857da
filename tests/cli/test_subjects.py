"""SBOMs in the place of images, and other scanners, as a user asks for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .test_program import run

FORMATS = ("text", "json", "markdown", "sarif", "junit", "cyclonedx")


@pytest.fixture
def sbom(tmp_path: Path) -> Path:
    packages = [{"type": "library", "name": "flask", "version": "0.12", "purl": "pkg:pypi/flask@0.12"}]
    path = tmp_path / "app.cdx.json"
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": packages}))
    return path


def test_an_sbom_is_scanned_in_every_format(sbom: Path, tmp_path: Path) -> None:
    for form in FORMATS:
        done = run("scan", f"sbom:{sbom}", "--format", form, "-q", cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        assert "CVE-2018-1000656" in done.stdout, form


def test_what_it_cannot_tell_leaves_it_undecided(sbom: Path, tmp_path: Path) -> None:
    sbom.write_text(sbom.read_text().replace("flask", "a-package-of-nobody"))
    done = run("scan", f"sbom:{sbom}", "-q", cwd=tmp_path)
    assert done.returncode == 3
    assert "no-files: an SBOM tells nothing of files" in " ".join(done.stdout.split())


def test_it_is_compared(sbom: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.cdx.json"
    newer.write_text(sbom.read_text().replace("0.12", "3.1.2"))
    done = run("compare", f"sbom:{sbom}", f"sbom:{newer}", "-q", "--format", "json", cwd=tmp_path)
    assert done.returncode == 3, "files of the new one are unknown, whatever is unknown of the old one's"
    said = json.loads(done.stdout)
    assert {it["why"] for it in said["comparison"]["fixed"]} == {"newer-version"}
    assert [it["subject"] for it in said["comparison"]["undecided"]] == ["files"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("scan", "sbom:none.json"), 2, "there is no SBOM none.json"),
        (("scan", "sbom:"), 2, "there is no SBOM"),
        (("scan", "sbom:app.cdx.json", "--scanner", "clair"), 2, "there is no scanner 'clair'"),
        (("scan", "sbom:app.cdx.json", "--scanner", "trivy", "--db", "x"), 2, "trivy has its own"),
        (("scan", "sbom:app.cdx.json", "--scanner", "trivy"), 3, "no trivy on PATH"),
    ],
)
def test_what_cannot_be_done_is_told(
    arguments: tuple[str, ...], code: int, words: str, sbom: Path, tmp_path: Path
) -> None:
    done = run(*arguments, cwd=tmp_path, PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
