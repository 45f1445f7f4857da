"""Scans in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterable

from barehull.advisories.model import Coverage, Database
from barehull.inventory.model import Component, Files, Inventory
from barehull.scan.model import Match, Scan, Undecided, Vulnerability

DATABASE = Database(
    "sha256:" + "d" * 64,
    "2026-11-24T00:00:00Z",
    "a test",
    (Coverage("Debian:12", "full", "2026-11-24", 10), Coverage("Debian:13", "full", "2026-11-24", 10)),
)
FIXED_ONLY = Database(
    "sha256:" + "e" * 64, DATABASE.date, "a test", (Coverage("Debian:13", "fixed-only", "2026-11-24", 10, "the rest"),)
)


def package(text: str, ecosystem: str = "Debian:13") -> Component:
    """ "libssl3=openssl 3.0" is libssl3 of the source openssl, version 3.0."""
    names, version = text.split()
    name, _, source = names.partition("=")
    purl = f"pkg:deb/debian/{name}@{version}" if ecosystem.startswith("Debian") else f"pkg:pypi/{name}@{version}"
    return Component(purl, name, version, ecosystem, source or name, version)


def match(cve: str, component: Component, fixed: str = "9") -> Match:
    return Match(Vulnerability(cve), component, f"ADV-{cve}", fixed)


def scan(
    *matches: Match,
    others: Iterable[Component] = (),
    undecided: Iterable[Undecided] = (),
    database: Database = DATABASE,
    image: str = "a",
) -> Scan:
    components = tuple(sorted({*(each.component for each in matches), *others}))
    inventory = Inventory(
        f"sha256:{image * 64}", "linux/amd64", "Debian:13", 1_000_000, components, Files(10, 10, 0, 0, ()), ()
    )
    return Scan(inventory, database, tuple(sorted(matches)), tuple(sorted(undecided)))


def unknown(subject: str, keyword: str = "no-coverage", ecosystem: str = "") -> Undecided:
    return Undecided(subject, f"{keyword}: of a test", f"{keyword}: {subject}", ecosystem)
