"""A small inventory with all that an SBOM must tell apart, its lock, and its scan."""

from __future__ import annotations

import pytest

from barehull.advisories.model import Coverage, Database
from barehull.inventory.model import Component, Files, Gap, Inventory, SuspectFile
from barehull.lock import Lock, LockedDeb, LockedSuite, LockedWheel
from barehull.scan.model import Match, Scan, Undecided, Vulnerability

DIGEST = "sha256:" + "b" * 64
PSYCOPG = "pkg:pypi/psycopg2-binary@2.9.11"
OPENSSL = Component(
    "pkg:deb/debian/libssl3t64@3.5.1?arch=amd64&distro=debian-13",
    "libssl3t64",
    "3.5.1",
    "Debian:13",
    "openssl",
    "3.5.1",
    ("var/lib/dpkg/status.d/libssl3t64",),
)
COMPONENTS = (
    OPENSSL,
    Component(PSYCOPG, "psycopg2-binary", "2.9.11", "PyPI", "psycopg2-binary", "2.9.11", ("app/x/METADATA",)),
    Component("pkg:generic/libpq@5.17", "libpq", "5.17", "", "libpq", "5.17", ("app/libpq.so",), PSYCOPG),
)
SUSPECT = (
    SuspectFile("app/tool", "unowned", True, "e" * 64),
    SuspectFile("etc/passwd", "modified", False, "f" * 64, OPENSSL.purl),
)
INVENTORY = Inventory(
    DIGEST, "linux/amd64", "Debian:13", 12_345, COMPONENTS, Files(10, 7, 1, 0, SUSPECT), (Gap("app/y", "no version"),)
)
LOCK = Lock(
    "0.1.0",
    "linux/amd64",
    "python3",
    13,
    (
        LockedSuite("debian", "trixie", "2026-11-21T09:15:44Z", "1" * 64),
        LockedSuite("debian-security", "trixie-security", "2026-11-22T19:58:57Z", "2" * 64),
    ),
    (
        LockedDeb("libssl3t64", "3.5.1", "amd64", "openssl", "3.5.1", "debian", "trixie", "pool/o/l.deb", "3" * 64, 9),
        LockedDeb("tzdata", "1:2~3+b1", "all", "tzdata", "1:2~3", "debian", "trixie", "pool/t/t.deb", "4" * 64, 9),
    ),
    (
        LockedWheel("flask", "3.1.2", "flask-3.1.2-py3-none-any.whl", "5" * 64),
        LockedWheel("psycopg2-binary", "2.9.11", "psycopg2_binary-2.9.11-cp313-cp313-linux_x86_64.whl", "7" * 64),
    ),
    "8" * 64,
)
INPUTS = {"barehull.toml": b"[application]\n", "Dockerfile": b"FROM scratch\n"}
DATABASE = Database(
    "sha256:" + "d" * 64,
    "2026-11-24T00:00:00Z",
    "a test",
    (
        Coverage("Debian:13", "fixed-only", "2026-11-24", 4054, "CVEs that Debian has not fixed"),
        Coverage("Debian:12", "fixed-only", "2026-11-24", 6134, "CVEs that Debian has not fixed"),
    ),
)


@pytest.fixture
def scan() -> Scan:
    match = Match(Vulnerability("CVE-2026-4", ("GHSA-1",)), OPENSSL, "DEBIAN-CVE-2026-4", "3.5.2")
    return Scan(INVENTORY, DATABASE, (match,), (Undecided("Debian:13", "fixed-only: some", "x", "Debian:13"),))
