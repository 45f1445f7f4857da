"""Documents made of small scans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from barehull.advisories.model import Coverage, Database
from barehull.advisories.severity import severity
from barehull.compare.compare import compare
from barehull.compare.model import Acceptance, Policy, Waiver
from barehull.compare.policy import judge, judge_alone
from barehull.core.finding import Finding
from barehull.core.outcome import Failed, Passed, Unknown
from barehull.document import Document, Side
from barehull.inventory.model import Component, Files, Inventory
from barehull.lock import LockedBase
from barehull.proof.run import Proof
from barehull.scan.model import Match, Scan, Undecided, Vulnerability
from barehull.vex.model import Product, Statement

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


CRITICAL = severity("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "GHSA-aaaa-bbbb-cccc")
MEDIUM = severity("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", "PYSEC-2026-1")
LOW = severity("low", "DEBIAN-CVE-2026-30")


def rich() -> Document:
    """One of everything: severities, KEV, EPSS, statuses, waivers, VEX, bundled libraries, files, proofs, a base."""
    openssl, kernel = deb("libssl3", "openssl", "3.0.15", 12), deb("linux-libc-dev", "linux", "6.1.1", 12)
    newer, zlib = deb("libssl3t64", "openssl", "3.5.1", 13), deb("zlib1g", "zlib", "1.3.1", 13)
    wheel = Component("pkg:pypi/pillow@11.0", "pillow", "11.0", "PyPI", "pillow", "11.0", ("srv/pillow/METADATA",))
    bundled = Component("pkg:generic/libwebp@1.2", "libwebp", "1.2", "Debian:13", "libwebp", "1.2", (), wheel.purl)
    stays = [
        Match(Vulnerability("CVE-2026-30"), zlib, "DEBIAN-CVE-2026-30", "", LOW, "unimportant"),
        Match(
            Vulnerability("CVE-2026-31", ("GHSA-dddd-eeee-ffff",)), wheel, "PYSEC-2026-1", "11.1", MEDIUM, epss=0.004
        ),
    ]
    went = [Match(Vulnerability(f"CVE-2026-{n}"), kernel, f"DEBIAN-CVE-2026-{n}", "6.1.2") for n in range(100, 112)]
    went.append(Match(Vulnerability("CVE-2026-20"), openssl, "DEBIAN-CVE-2026-20", "3.0.17", CRITICAL, "", True, 0.97))
    came = [
        Match(Vulnerability("CVE-2026-40"), bundled, "DEBIAN-CVE-2026-40", "1.3", CRITICAL, "postponed", True, 0.5),
        Match(Vulnerability("CVE-2026-41"), newer, "DEBIAN-CVE-2026-41", "", severity("", "")),
    ]
    old, new = (
        scan("a", [openssl, kernel, wheel], went + stays[1:], 12),
        scan("b", [newer, zlib, wheel, bundled], came, 13),
    )
    old = replace(old, matches=(*old.matches, replace(stays[0], component=deb("zlib1g", "zlib", "1.2.13", 12))))
    unowned = Undecided("usr/lib/libfoo.so", "unowned-elf: machine code that no package owns", "unowned-elf: x")
    new = replace(new, matches=(*new.matches, *stays), undecided=(*new.undecided, unowned))
    comparison = compare(old, new)
    stated = Statement(
        ("CVE-2026-41",), "not_affected", (Product(purls=("pkg:deb/debian/libssl3t64",)),),
        "vulnerable_code_not_present", datetime(2026, 1, 1, tzinfo=UTC), "a vendor", "vendor.vex.json", "statements[0]",
    )  # fmt: skip
    policy = Policy(
        waivers=(
            Waiver("CVE-2026-31", "pillow", "images come from us", date(2027, 1, 1)),
            Waiver("CVE-2026-20", "*", "over", date(2026, 1, 1)),
        ),
        acceptances=(Acceptance("Debian:13", "fixable only is fine", date(2027, 1, 1)),),
        vex=(stated,),
    )
    finding = Finding("/bin/sh", "a shell", "Leave it out.")
    return replace(
        release("failed"),
        name="Ünïcode-船",
        new=Side("docker://registry.example/app:1", new),
        old=Side("oci:old", old),
        comparison=comparison,
        verdict=judge(comparison, policy, date(2026, 11, 24)),
        proofs=(
            Proof("elf-closure", "every ELF file finds its libraries", Passed("3 ELF files")),
            Proof("no-shell", "has no shell", Failed((finding,))),
            Proof("imports", "every import resolves", Unknown("no Python was found")),
        ),
        base=LockedBase("gcr.io/distroless/cc", "sha256:" + "1" * 64, "sha256:" + "2" * 64),
    )


DOCUMENTS: dict[str, Callable[[], Document]] = {
    "passed": lambda: release("passed"),
    "failed": lambda: release("failed"),
    "undecided": lambda: release("undecided"),
    "scan": single,
    "rich": rich,
}


@pytest.fixture(params=sorted(DOCUMENTS))
def document(request: pytest.FixtureRequest) -> Document:
    return DOCUMENTS[request.param]()
