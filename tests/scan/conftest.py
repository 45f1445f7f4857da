"""Inventories, stores and expectations, in the words of the domain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from barehull.advisories.build import build_store
from barehull.advisories.coverage import Claim
from barehull.advisories.store import AdvisoryStore
from barehull.inventory.model import Component, Files, Gap, Inventory, SuspectFile
from barehull.scan.model import Match, Scan
from barehull.scan.scan import scan


def debian_(source: str, version: str, release: int = 13, *, binary: str = "", **more: Any) -> Component:
    name = binary or source
    purl = f"pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-{release}"
    return Component(purl, name, version, f"Debian:{release}", source, version, **more)


def pypi_(name: str, version: str, **more: Any) -> Component:
    return Component(f"pkg:pypi/{name}@{version}", name, version, "PyPI", name, version, **more)


@pytest.fixture(scope="session")
def debian() -> Callable[..., Component]:
    """debian("openssl", "3.5.1-1", 13, binary="libssl3t64")"""
    return debian_


@pytest.fixture(scope="session")
def pypi() -> Callable[..., Component]:
    return pypi_


@pytest.fixture(scope="session")
def inventory() -> Callable[..., Inventory]:
    def make(
        *components: Component, files: tuple[SuspectFile, ...] = (), gaps: tuple[Gap, ...] = (), image: str = "sha256:a"
    ):
        total = Files(10, 10 - len(files), 0, 0, files)
        return Inventory(image, "linux/amd64", "Debian:13", 1000, components, total, gaps)

    return make


@dataclass
class Known:
    """A database in the making: `known.says("PYSEC-1", "PyPI", "flask", fixed="2.0")`, then `known.scan(inventory)`."""

    folder: Path
    feeds: dict[str, list[bytes]] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)

    def says(self, id: str, ecosystem: str, package: str, *, fixed: str = "", **more: Any) -> Known:
        events = [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])
        entry = {
            "package": {"ecosystem": ecosystem, "name": package},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }
        entry |= {key: more.pop(key) for key in ("ranges", "versions") if key in more}
        return self.record(ecosystem, {"id": id, "modified": "2026-01-02T00:00:00Z", "affected": [entry], **more})

    def record(self, ecosystem: str, record: dict[str, Any]) -> Known:
        self.feeds.setdefault(ecosystem.partition(":")[0], []).append(json.dumps(record).encode())
        return self

    def covers(self, ecosystem: str, **claim: Any) -> Known:
        """A record about a package that no image has, so that the ecosystem is covered; and what is claimed of it."""
        self.claims[ecosystem] = Claim(**({"kind": "full"} | claim))
        return self.says(f"X-{ecosystem}", ecosystem, "a-package-of-no-image")

    def scan(self, inventory: Inventory) -> Scan:
        path = self.folder / "store.sqlite"
        build_store(path, self.feeds, claims=self.claims, origin="a test", date="2026-01-02T00:00:00Z")
        with AdvisoryStore.open(path) as store:
            return scan(inventory, store)


@pytest.fixture
def known(tmp_path: Path) -> Known:
    return Known(tmp_path)


class Expectations:
    """What a scan must hold. What is not expected fails, at the end of the `with`."""

    def __init__(self, scan: Scan) -> None:
        self.matches = list(scan.matches)
        self.undecided = list(scan.undecided)

    def match(self, vulnerability: str, name: str, *, fixed: str = "", by: str = "") -> Match:
        for one in self.matches:
            if (one.vulnerability.id, one.component.name, one.fixed_version) == (vulnerability, name, fixed):
                if not by or one.advisory == by:
                    self.matches.remove(one)
                    return one
        raise AssertionError(f"no match of {vulnerability} in {name}, fixed in {fixed!r}; there are {self.matches}")

    def unknown(self, keyword: str, subject: str) -> None:
        for one in self.undecided:
            if one.reason.startswith(f"{keyword}: ") and one.subject == subject:
                self.undecided.remove(one)
                return
        raise AssertionError(f"not undecided, {keyword}: {subject}; there are {self.undecided}")


@pytest.fixture(scope="session")
def expecting() -> Callable[[Scan], Any]:
    @contextmanager
    def expect(scan: Scan) -> Iterator[Expectations]:
        expectations = Expectations(scan)
        yield expectations
        assert not expectations.matches, "matches that nobody expected"
        assert not expectations.undecided, "undecided that nobody expected"

    return expect
