"""Against Debian's own archive (or BAREHULL_MIRROR), and against dpkg."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from debian.deb822 import Packages

from barehull.core.errors import IncompleteError, IntegrityError
from barehull.debian.archive import Archive, open_archive, suites_of
from barehull.debian.closure import closure, essential_names
from barehull.debian.index import Package, parse
from barehull.debian.mirror import Mirror, mirror_from
from barehull.debian.relation import parse_relations
from barehull.debian.version import compare
from barehull.files import Store
from barehull.net import Fetcher, Want


@pytest.fixture(scope="module")
def mirror() -> Mirror:
    return mirror_from(None, os.environ)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def fetcher() -> Iterator[Fetcher]:
    with Fetcher() as fetcher:
        yield fetcher


@pytest.fixture(scope="module", params=[12, 13])
def archive(request: pytest.FixtureRequest, mirror: Mirror, fetcher: Fetcher, store: Store) -> Archive:
    return open_archive(mirror, request.param, "amd64", fetcher, store, datetime.now(UTC))


def test_debians_archive_is_signed_by_the_keys_that_come_with_barehull(archive: Archive) -> None:
    assert len(archive.packages) > 60_000
    assert archive.packages["libc6"].source == "glibc"
    assert [release.archive for release in archive.releases] == ["debian", "debian", "debian-security"]


def test_another_architecture(mirror: Mirror, fetcher: Fetcher, store: Store) -> None:
    suites = suites_of(13)[2:]
    arm = open_archive(mirror, 13, "arm64", fetcher, store, datetime.now(UTC), suites=suites)
    assert {arm.packages[name].architecture for name in arm.packages} == {"arm64", "all"}


def test_packages_are_read_as_python_debian_reads_them(archive: Archive, store: Store) -> None:
    release = archive.releases[0]
    listed = release.files["main/binary-amd64/Packages.gz"]
    text = gzip.decompress(store.path(f"sha256:{listed.sha256}").read_bytes())
    main = parse([text], archive="debian", suite=release.suite)
    for stanza in random.Random(1).sample(text.strip().split(b"\n\n"), 500):
        theirs = Packages(stanza)
        ours = next(each for each in main.versions(theirs["Package"]) if each.version == theirs["Version"])
        assert (ours.source, ours.source_version) == (theirs.source, str(theirs.source_version))
        assert (ours.path, ours.sha256, ours.size) == (theirs["Filename"], theirs["SHA256"], int(theirs["Size"]))
        assert ours.depends == theirs.get("Depends", "")
        assert ours.essential == (theirs.get("Essential") == "yes")
        assert len(parse_relations(ours.depends)) == len(theirs.relations["depends"])


def test_the_essential_packages_and_apt(archive: Archive) -> None:
    chosen = {package.name: package for package in closure(archive, ["apt"], essential=True)}
    assert {"apt", "bash", "coreutils", "dpkg", "libc6", "perl-base"} <= chosen.keys()
    assert set(essential_names(archive)) <= chosen.keys()
    assert 60 < len(chosen) < 120


def wants(mirror: Mirror, packages: list[Package]) -> list[Want]:
    return [Want(mirror.url(each.archive, each.path), each.sha256, each.size, each.name) for each in packages]


def test_packages_are_downloaded(archive: Archive, mirror: Mirror, fetcher: Fetcher, store: Store) -> None:
    packages = [
        archive.packages[name]
        for name in ("libc6", "base-files", "tzdata", "libssl3", "netbase")
        if name in archive.packages
    ]
    paths = fetcher.download_all(wants(mirror, packages), store)
    assert {path.stat().st_size for path in paths.values()} == {package.size for package in packages}


def test_another_release_in_its_place_is_refused(
    mirror: Mirror, fetcher: Fetcher, store: Store, tmp_path: Path
) -> None:
    replayed = tmp_path / "debian/dists/trixie"
    replayed.mkdir(parents=True)
    inrelease = fetcher.fetch(mirror.url("debian", "dists/bookworm/InRelease"), limit=1 << 24)
    (replayed / "InRelease").write_bytes(inrelease)
    with pytest.raises(IntegrityError, match="served bookworm where trixie"):
        open_archive(mirror_from(str(tmp_path), {}), 13, "amd64", fetcher, store, datetime.now(UTC), suites=["trixie"])


def test_a_really_full_disk(mirror: Mirror, fetcher: Fetcher, store: Store, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(full)], check=False).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        with pytest.raises(IncompleteError, match="no space is left") as caught:
            open_archive(mirror, 13, "amd64", fetcher, Store(full), datetime.now(UTC), suites=["trixie-security"])
        assert "Free space" in caught.value.advice
        assert not [path for path in full.rglob("*") if path.is_file()]
    finally:
        subprocess.run(["umount", "-l", str(full)], check=True)  # the store holds its lock there


def random_version(chance: random.Random) -> str:
    text = str(chance.randint(0, 2)) + "".join(chance.choice("0019aAzZ.+~~-") for _ in range(chance.randint(0, 6)))
    return chance.choice(["", "", "0:", "1:"]) + text.rstrip("-") + chance.choice(["", "-0", "-1", "-1~", "-1+b1"])


def test_versions_are_ordered_as_dpkg_orders_them() -> None:
    chance = random.Random(20)
    for _ in range(600):
        a, b = random_version(chance), random_version(chance)
        order = compare(a, b)
        operator = {-1: "lt", 0: "eq", 1: "gt"}[order]
        assert subprocess.run(["dpkg", "--compare-versions", a, operator, b], check=False).returncode == 0, (a, b)
