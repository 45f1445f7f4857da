"""Scanners of others, in whose place stand programs that say what theirs say by their documented forms."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from barehull.compare.compare import compare
from barehull.core.errors import BarehullError, IncompleteError, InputError, UsageError
from barehull.files import Store
from barehull.inventory.model import Component, Inventory
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Image
from barehull.scan.model import Scan
from barehull.scan.scanner import open_scanner, scanner_names

DEBIAN = "pkg:deb/debian/libssl3t64@3.5.1-1?arch=amd64&distro=debian-13"
PROGRAM = """#!{python}
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
says = json.load(open(os.path.join(here, "says.json")))
arguments = sys.argv[1:]
step = next((key for key in says if key.split("+")[0] in arguments), "scan")
counted = os.path.join(here, step.replace("/", "_") + ".count")
count = int(open(counted).read()) if os.path.exists(counted) else 0
open(counted, "w").write(str(count + 1))
answers = says[step]
answer = answers[min(count, len(answers) - 1)]
for option in ("--output-file", "--file", "--output"):
    if "report" in answer and option in arguments and arguments[arguments.index(option) + 1].endswith(".json"):
        open(arguments[arguments.index(option) + 1], "w").write(answer["report"])
sys.stdout.write(answer.get("out", ""))
sys.exit(answer.get("code", 0))
"""
TRIVY_DB = {
    "Version": "0.58.1",
    "VulnerabilityDB": {"Version": 2, "UpdatedAt": "2026-11-24T06:00:00Z", "NextUpdate": "x"},
}
TRIVY = {
    "SchemaVersion": 2,
    "ArtifactName": "image.tar",
    "Results": [
        {
            "Class": "os-pkgs",
            "Type": "debian",
            "Packages": [
                {"Name": "libssl3t64", "Identifier": {"PURL": DEBIAN, "UID": "1"}, "Version": "3.5.1", "Release": "1"}
                | {"SrcName": "openssl", "SrcVersion": "3.5.1", "SrcRelease": "1"}
            ],
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2026-1",
                    "PkgName": "libssl3t64",
                    "PkgIdentifier": {"PURL": DEBIAN, "UID": "1"},
                    "InstalledVersion": "3.5.1-1",
                    "FixedVersion": "3.5.2-1",
                    "Status": "fixed",
                    "Severity": "HIGH",
                    "SeveritySource": "debian",
                    "VendorIDs": ["DSA-1-1"],
                },
                {
                    "VulnerabilityID": "CVE-2026-2",
                    "PkgName": "libssl3t64",
                    "PkgIdentifier": {"PURL": DEBIAN, "UID": "1"},
                    "InstalledVersion": "3.5.1-1",
                    "Status": "will_not_fix",
                    "Severity": "UNKNOWN",
                },
            ],
        },
        {"Class": "lang-pkgs", "Type": "python-pkg", "Packages": [{"Name": "odd", "Version": "1"}]},
    ],
}
GRYPE_DB = {
    "schemaVersion": "v6.0.2",
    "from": "https://grype.anchore.io/x",
    "built": "2026-11-24T06:00:00Z",
    "valid": True,
}
GRYPE = {
    "matches": [
        {
            "vulnerability": {
                "id": "GHSA-aaaa-bbbb-cccc",
                "namespace": "github:language:python",
                "severity": "High",
                "cvss": [{"version": "3.1", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
                "fix": {"versions": ["2.0"], "state": "fixed"},
            },
            "relatedVulnerabilities": [{"id": "CVE-2026-3"}],
            "artifact": {"name": "flask", "version": "1.0", "type": "python", "purl": "pkg:pypi/flask@1.0"},
        },
        {
            "vulnerability": {"id": "CVE-2026-2", "severity": "Unknown", "fix": {"versions": [], "state": "wont-fix"}},
            "relatedVulnerabilities": [],
            "artifact": {"name": "libssl3t64", "version": "3.5.1-1", "type": "deb", "purl": DEBIAN}
            | {"upstreams": [{"name": "openssl"}]},
        },
    ],
    "descriptor": {"name": "grype", "version": "0.90.0"},
}
OSV = {
    "results": [
        {
            "source": {"path": "/var/lib/dpkg/status.d/libssl3t64", "type": "os"},
            "packages": [
                {
                    "package": {"name": "openssl", "os_package_name": "libssl3t64", "version": "3.5.1-1"}
                    | {"ecosystem": "Debian:13"},
                    "vulnerabilities": [
                        {
                            "id": "DEBIAN-CVE-2026-1",
                            "modified": "2026-01-02T00:00:00Z",
                            "upstream": ["CVE-2026-1"],
                            "affected": [
                                {
                                    "package": {"ecosystem": "Debian:13", "name": "openssl"},
                                    "ranges": [
                                        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.5.2-1"}]}
                                    ],
                                }
                            ],
                        }
                    ],
                }
            ],
        },
        {
            "source": {"path": "/x/METADATA", "type": "artifact"},
            "packages": [{"package": {"name": "Flask", "version": "1.0", "ecosystem": "PyPI"}}],
        },
    ]
}
OPENSSL = Component(DEBIAN, "libssl3t64", "3.5.1-1", "Debian:13", "openssl", "3.5.1-1")
FLASK = Component("pkg:pypi/flask@1.0", "flask", "1.0", "PyPI", "flask", "1.0")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return make_image(Config(), [], Store(tmp_path / "store"))


@pytest.fixture
def said(
    tmp_path: Path, image: Image, inventory: Callable[..., Inventory], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Scan]:
    """What the program `name` says, which says `answers` by the argument that it is given; each in turn."""

    def run(name: str, answers: dict[str, Any], components: tuple[Component, ...] = (OPENSSL, FLASK)) -> Scan:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(PROGRAM.format(python=sys.executable))
        (folder / name).chmod(0o755)
        (folder / "says.json").write_text(json.dumps(answers))
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        with open_scanner(name, None) as scanner:
            return scanner(inventory(*components), image)

    return run


@pytest.fixture
def databases(tmp_path: Path) -> Path:
    """Databases of osv-scanner, of Debian and PyPI."""
    for ecosystem in ("Debian", "PyPI"):
        path = tmp_path / "osv-scalibr" / ecosystem / "all.zip"
        path.parent.mkdir(parents=True)
        path.write_bytes(ecosystem.encode())
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return tmp_path / "osv-scalibr"


def trivy(report: Any = None, *, version: Any = None, **more: Any) -> dict[str, Any]:
    report = json.dumps(TRIVY if report is None else report)
    return {"version": [{"out": json.dumps(it)} for it in version or [TRIVY_DB]], "image": [{"report": report} | more]}


def grype(report: Any = None, *, status: Any = None, **more: Any) -> dict[str, Any]:
    report = json.dumps(GRYPE if report is None else report)
    told = {"db": [{"out": json.dumps(it)} for it in status or [GRYPE_DB]]}
    return told | {"json": [{"report": report} | more]}


def osv(databases: Path, *loaded: str, report: str = "", code: int = 1) -> dict[str, Any]:
    lines = "".join(f"Loaded {name} local db from {databases / name / 'all.zip'}\n" for name in loaded)
    scan = {"out": lines, "report": report or json.dumps(OSV), "code": code}
    return {"image": [scan], "--version": [{"out": "osv-scanner version: 2.5.0\nosv-scalibr version: 1\n"}]}


def test_trivy(said: Callable[..., Scan]) -> None:
    scan = said("trivy", trivy())
    first, second = scan.matches
    assert (first.vulnerability.id, first.vulnerability.aliases, first.fixed_version) == (
        "CVE-2026-1",
        ("DSA-1-1",),
        "3.5.2-1",
    )
    assert first.component == OPENSSL, "a component of the inventory, not another one beside it"
    assert (first.severity.level, first.severity.source, first.status) == ("high", "debian", "")
    assert (second.vulnerability.id, second.fixed_version, second.severity.level) == ("CVE-2026-2", "", "unknown")
    assert second.status == "ignored"
    assert [(it.subject, it.reason.partition(":")[0]) for it in scan.undecided] == [
        ("pkg:generic/odd@1", "no-coverage"),
        ("pkg:pypi/flask@1.0", "unseen"),
    ]
    assert scan.database.date == "2026-11-24T06:00:00Z"
    assert scan.database.origin == "the databases of Trivy 0.58.1"


def test_grype(said: Callable[..., Scan]) -> None:
    third = Component("pkg:pypi/other@1", "other", "1", "PyPI", "other", "1")
    scan = said("grype", grype(), (OPENSSL, FLASK, third))
    openssl, flask = scan.matches
    assert (openssl.vulnerability.id, openssl.component, openssl.status) == ("CVE-2026-2", OPENSSL, "ignored")
    assert (flask.vulnerability.id, flask.vulnerability.aliases) == ("CVE-2026-3", ("GHSA-aaaa-bbbb-cccc",))
    assert (flask.fixed_version, flask.severity.score) == ("2.0", 9.8)
    # It does not list what it looked at: where it says nothing of a package, nothing is known.
    assert [(it.subject, it.components) for it in scan.undecided] == [("grype", (third.purl,))]


def test_osv_scanner(said: Callable[..., Scan], databases: Path) -> None:
    scan = said("osv-scanner", osv(databases, "Debian", "PyPI"))
    (match,) = scan.matches
    assert (match.vulnerability.id, match.advisory, match.fixed_version) == (
        "CVE-2026-1",
        "DEBIAN-CVE-2026-1",
        "3.5.2-1",
    )
    assert match.component == OPENSSL
    assert scan.undecided == ()
    assert scan.database.origin == "the databases of osv-scanner 2.5.0"
    assert scan.database.date == "2023-11-14T22:13:20Z"


def test_a_database_that_osv_scanner_could_not_load_is_no_zero(said: Callable[..., Scan], databases: Path) -> None:
    """It exits with 0 then, and reports no vulnerability."""
    scan = said("osv-scanner", osv(databases, "Debian", code=0))
    assert [(it.subject, it.reason) for it in scan.undecided] == [
        ("pkg:pypi/flask@1.0", "no-coverage: osv-scanner has no database of PyPI")
    ]
    with pytest.raises(IncompleteError, match="read no database"):
        said("osv-scanner", osv(databases, code=0))


def test_databases_that_differ_are_not_compared(said: Callable[..., Scan], databases: Path) -> None:
    """One that was updated between the two images, and one that was updated while an image was scanned."""
    newer = TRIVY_DB | {"VulnerabilityDB": {"Version": 2, "UpdatedAt": "2026-11-25T06:00:00Z"}}
    old = said("trivy", trivy())
    assert compare(old, said("trivy", trivy())).fixed == ()
    with pytest.raises(InputError, match="different databases"):
        compare(old, said("trivy", trivy(version=[newer])))
    before = said("osv-scanner", osv(databases, "Debian", "PyPI"))
    assert compare(before, said("osv-scanner", osv(databases, "Debian"))).fixed == (), "it may need fewer of them"
    (databases / "PyPI" / "all.zip").write_bytes(b"newer")
    os.utime(databases / "PyPI" / "all.zip", (1_700_000_001, 1_700_000_001))
    with pytest.raises(InputError, match="different databases"):
        compare(before, said("osv-scanner", osv(databases, "Debian", "PyPI")))
    os.utime(databases / "PyPI" / "all.zip", (4_000_000_000, 4_000_000_000))
    with pytest.raises(IncompleteError, match="changed while it scanned"):
        said("osv-scanner", osv(databases, "Debian", "PyPI"))


@pytest.mark.parametrize(("name", "key", "field"), [("trivy", "version", "UpdatedAt"), ("grype", "db", "built")])
def test_a_database_that_changes_during_the_scan(name: str, key: str, field: str, said: Callable[..., Scan]) -> None:
    answers = trivy() if name == "trivy" else grype()
    answers[key].append({"out": answers[key][0]["out"].replace("2026-11-24", "2026-11-25")})
    assert field in answers[key][0]["out"]
    with pytest.raises(IncompleteError, match="changed while it scanned"):
        said(name, answers)


@pytest.mark.parametrize(
    ("name", "answers", "words"),
    [
        ("trivy", trivy(code=1), "failed with exit code 1"),
        ("trivy", trivy(version=[{"Version": "0.58.1"}]), "no database"),
        ("trivy", trivy(report={"SchemaVersion": 3}), "SchemaVersion 3"),
        ("trivy", trivy(report=[]), "no JSON object"),
        ("trivy", trivy(report={"SchemaVersion": 2, "Results": [{"Packages": [{}]}]}), "cannot be read"),
        ("trivy", trivy() | {"image": [{"report": '{"SchemaVersion": 2, "Resu'}]}, "cannot be read"),
        ("trivy", trivy() | {"image": [{}]}, "cannot be read"),
        ("trivy", trivy() | {"version": [{"out": "Version: 0.1"}]}, "cannot be read"),
        ("grype", grype(code=2), "failed with exit code 2"),
        ("grype", grype(status=[GRYPE_DB | {"valid": False, "error": "too old"}]), "no valid database: too old"),
        ("grype", grype(report={"matches": []}), "no matches and descriptor"),
        ("grype", grype(report={"matches": [{}], "descriptor": {}}), "cannot be read"),
        ("osv-scanner", osv(Path("/d"), code=127), "failed with exit code 127"),
        ("osv-scanner", osv(Path("/d"), code=128), "failed with exit code 128"),
        ("osv-scanner", osv(Path("/d"), report='{"results": [', code=0), "cannot be read"),
        ("osv-scanner", osv(Path("/d"), report="{}", code=0), "cannot be read"),
    ],
)
def test_no_failure_is_a_zero(name: str, answers: dict[str, Any], words: str, said: Callable[..., Scan]) -> None:
    with pytest.raises(IncompleteError, match=words) as raised:
        said(name, answers)
    assert raised.value.exit_code == 3


def test_an_image_of_which_trivy_lists_nothing_is_undecided(said: Callable[..., Scan]) -> None:
    scan = said("trivy", trivy(report={"SchemaVersion": 2}))
    assert [it.reason for it in scan.undecided] == ["unseen: trivy does not list it"] * 2


def test_which_scanners_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, inventory: Callable[..., Inventory], said: Callable[..., Scan]
) -> None:
    assert scanner_names() == ("barehull", "grype", "osv-scanner", "trivy")
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, error, words in [
        ("clair", UsageError, "there is no scanner 'clair'"),
        ("trivy", IncompleteError, "no trivy on PATH"),
    ]:
        with pytest.raises(error, match=words), open_scanner(name, None):
            pass
    with pytest.raises(UsageError, match="--db is a database of barehull's"), open_scanner("trivy", tmp_path):
        pass
    monkeypatch.setenv("PATH", path)
    said("trivy", trivy())
    with open_scanner("trivy", None) as scanner, pytest.raises(BarehullError, match="on images, not on SBOMs"):
        scanner(inventory(OPENSSL), None)
