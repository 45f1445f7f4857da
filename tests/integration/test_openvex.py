"""What barehull writes as OpenVEX, read by OpenVEX's own Go library."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from barehull.advisories.model import Coverage, Database
from barehull.attest.openvex import to_openvex
from barehull.compare.compare import compare
from barehull.compare.model import Policy, Waiver
from barehull.compare.policy import judge
from barehull.inventory.model import Component, Files, Inventory
from barehull.scan.model import Match, Scan, Vulnerability

from .go_programs import built

SOURCE = Path(__file__).parent / "openvex_reader"
CREATED = "2026-11-24T12:00:00Z"


@pytest.fixture(scope="session")
def reader() -> Path:
    """The program, built once for all runs from go.sum's modules. Where it cannot be built the test fails."""
    return built(SOURCE, "openvex-reader")


def deb(name: str, version: str) -> Component:
    purl = f"pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-13"
    return Component(purl, name, version, "Debian:13", name, version)


def scan(image: str, matches: dict[str, Component], *others: Component) -> Scan:
    found = tuple(Match(Vulnerability(cve), component, f"A-{cve}", "9") for cve, component in matches.items())
    components = tuple(sorted({*matches.values(), *others}))
    digest = f"sha256:{image * 64}"
    inventory = Inventory(digest, "linux/amd64", "Debian:13", 1, components, Files(1, 1, 0, 0, ()), ())
    database = Database("sha256:" + "d" * 64, CREATED, "a test", (Coverage("Debian:13", "full", "2026-11-24", 9),))
    return Scan(inventory, database, found, ())


@pytest.mark.parametrize("reference", ["oci:out/app:v1", "docker://localhost:5000/team/app:v1"])
def test_the_library_reads_what_was_stated(reader: Path, tmp_path: Path, reference: str) -> None:
    openssl, bash, zlib = deb("libssl3", "3.0-1+b1"), deb("bash", "1:5.2~rc1"), deb("zlib1g", "1.3")
    old = scan("a", {"CVE-2026-1001": openssl, "CVE-2026-1002": bash, "CVE-2026-1003": zlib, "CVE-2026-1004": zlib})
    new = scan("b", {"CVE-2026-1003": zlib, "CVE-2026-1004": zlib}, deb("libssl3", "3.1-1"))
    comparison = compare(old, new)
    policy = Policy(waivers=(Waiver("CVE-2026-1004", "*", "next week", date(2027, 1, 1)),))
    verdict = judge(comparison, policy, date(2026, 11, 24))
    path = tmp_path / "vex.json"
    path.write_text(to_openvex(new, comparison, verdict, reference, CREATED))
    done = subprocess.run([reader, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "CVE-2026-1001": "fixed",
        "CVE-2026-1002": "not_affected",
        "CVE-2026-1003": "under_investigation",
        "CVE-2026-1004": "affected",
    }
