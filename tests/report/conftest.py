"""Documents made of small scans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from barehull.advisories.model import Coverage, Database
from barehull.compare.compare import compare
from barehull.compare.model import Acceptance, Policy
from barehull.compare.policy import judge, judge_alone
from barehull.core.finding import Finding
from barehull.core.outcome import Failed, Passed
from barehull.document import Document, Side
from barehull.inventory.model import Component, Files, Inventory
from barehull.proof.run import Proof
from barehull.scan.model import Match, Scan, Undecided, Vulnerability

DATABASE = Database(
    "sha256:" + "d" * 64,
    "2026-11-24T00:00:00Z",
    "a test",
    (
        Coverage("Debian:12", "fixed-only", "2026-11-24", 6134, "CVEs that Debian has not fixed"),
        Coverage("Debian:13", "fixed-only", "2026-11-24", 4054, "CVEs that Debian has not fixed"),
    ),
)


def deb(name: str, source: str, version: str, release: int) -> Component:
    purl = f"pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-{release}"
    return Component(purl, name, version, f"Debian:{release}", source, version, (f"var/lib/dpkg/status.d/{name}",))


def scan(image: str, components: list[Component], matches: list[Match], release: int) -> Scan:
    ecosystem = f"Debian:{release}"
    inventory = Inventory(
        f"sha256:{image * 64}", "linux/amd64", ecosystem, 12_345_678, tuple(components), Files(100, 90, 10, 0, ()), ()
    )
    limited = Undecided(ecosystem, f"fixed-only: the data of {ecosystem}", f"fixed-only: {ecosystem}", ecosystem)
    return Scan(inventory, DATABASE, tuple(matches), (limited,))


def release(state: str) -> Document:
    """A release that passed, failed or was left undecided."""
    openssl, bash = deb("libssl3", "openssl", "3.0.1", 12), deb("bash", "bash", "5.2", 12)
    old = scan(
        "a",
        [openssl, bash],
        [
            Match(Vulnerability("CVE-2026-1"), openssl, "DEBIAN-CVE-2026-1", "3.0.2"),
            Match(Vulnerability("CVE-2026-2"), openssl, "DEBIAN-CVE-2026-2", "3.0.2"),
            Match(Vulnerability("CVE-2026-3"), bash, "DEBIAN-CVE-2026-3", "5.3"),
        ],
        12,
    )
    newer = deb("libssl3t64", "openssl", "3.5.1", 13)
    matches = [Match(Vulnerability("CVE-2026-4"), newer, "DEBIAN-CVE-2026-4", "3.5.2")] if state == "failed" else []
    new = scan("b", [newer], matches, 13)
    acceptances = () if state == "undecided" else (Acceptance("Debian:13", "fixable only is fine", date(2027, 1, 1)),)
    comparison = compare(old, new)
    finding = Finding("/bin/sh", "a shell", "Leave it out.")
    return Document(
        kind="release",
        tool_version="0.1.0",
        created="2026-11-24T12:00:00Z",
        name="demo",
        new=Side("oci:new", new),
        old=Side("oci:old", old),
        comparison=comparison,
        verdict=judge(comparison, Policy(acceptances=acceptances), date(2026, 11, 24)),
        proofs=(
            Proof("elf-closure", "every ELF file finds its libraries", Passed("3 ELF files")),
            Proof("no-shell", "has no shell", Failed((finding,)) if state == "failed" else Passed()),
        ),
        lock_digest="sha256:" + "c" * 64,
        run="podman run --rm oci:new",
    )


def single() -> Document:
    """A plain scan."""
    one = scan("b", [deb("libssl3t64", "openssl", "3.5.1", 13)], [], 13)
    verdict = judge_alone(one, Policy(), date(2026, 11, 24))
    return Document("scan", "0.1.0", "2026-11-24T12:00:00Z", "oci:new", Side("oci:new", one), None, None, verdict)


DOCUMENTS: dict[str, Callable[[], Document]] = {
    "passed": lambda: release("passed"),
    "failed": lambda: release("failed"),
    "undecided": lambda: release("undecided"),
    "scan": single,
}


@pytest.fixture(params=sorted(DOCUMENTS))
def document(request: pytest.FixtureRequest) -> Document:
    return DOCUMENTS[request.param]()
