from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from barehull.core.errors import IncompleteError, InputError, IntegrityError
from barehull.debian.archive import Archive, open_archive, suites_of
from barehull.files import Store
from barehull.net import Fetcher, NotFoundError

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(pause=0.001) as fetcher:
        yield fetcher


@pytest.fixture
def opened(folder: Any, fetcher: Fetcher, tmp_path: Path) -> Any:
    """Opens the archive in `folder`, with its key and a store, at NOW."""

    def opened(
        suites: tuple[str, ...] | None = ("trixie",), architecture: str = "amd64", now: datetime = NOW
    ) -> Archive:
        store = Store(tmp_path / "store")
        keys = [folder.key.cert]
        return open_archive(folder.mirror, 13, architecture, fetcher, store, now, suites=suites, keys=keys)

    return opened


def test_the_newest_of_the_release_its_updates_and_its_security_updates(folder: Any, opened: Any) -> None:
    folder.add("trixie", "openssl", "3.5.0-1")
    folder.add("trixie", "tzdata", "2026a-1")
    folder.add("trixie-updates", "tzdata", "2026b-1")
    folder.add("trixie-security", "openssl", "3.5.0-1+deb13u1")
    folder.publish_all()
    archive = opened(suites=None)
    assert [release.suite for release in archive.releases] == list(suites_of(13))
    assert [release.archive for release in archive.releases] == ["debian", "debian", "debian-security"]
    assert archive.packages["tzdata"].suite == "trixie-updates"
    openssl = archive.packages["openssl"]
    assert (openssl.version, openssl.archive) == ("3.5.0-1+deb13u1", "debian-security")


def test_main_alone(folder: Any, opened: Any) -> None:
    folder.add("trixie", "openssl", "3.5.0-1")
    folder.add("trixie-security", "openssl", "3.5.0-1+deb13u1")
    folder.publish_all()
    assert opened(suites=("trixie",)).packages["openssl"].version == "3.5.0-1"


@pytest.mark.parametrize("kinds", [("gz", "xz"), ("gz",), ("xz",)])
@pytest.mark.parametrize("by_hash", [True, False])
def test_either_compression_with_and_without_by_hash(
    folder: Any, opened: Any, kinds: tuple[str, ...], by_hash: bool
) -> None:
    folder.add("trixie", "tzdata")
    folder.publish("trixie", kinds=kinds, by_hash=by_hash)
    assert list(opened().packages) == ["tzdata"]


def test_by_hash_holds_while_the_mirror_is_updated(folder: Any, opened: Any) -> None:
    folder.add("trixie", "tzdata")
    dists = folder.publish("trixie")
    for path in dists.glob("main/binary-amd64/Packages.*"):
        path.write_bytes(b"the next index")
    assert list(opened().packages) == ["tzdata"]


def test_a_partial_mirror_without_by_hash_files(folder: Any, opened: Any) -> None:
    folder.add("trixie", "tzdata")
    dists = folder.publish("trixie")
    for path in dists.glob("main/binary-amd64/by-hash/SHA256/*"):
        path.unlink()
    assert list(opened().packages) == ["tzdata"]


def test_an_index_is_fetched_once(folder: Any, opened: Any) -> None:
    folder.add("trixie", "tzdata")
    dists = folder.publish("trixie")
    opened()
    for path in dists.rglob("*"):
        if path.is_file() and path.name != "InRelease":
            path.unlink()
    assert list(opened().packages) == ["tzdata"]


def every(content: bytes, parts: int) -> Iterator[bytes]:
    """The content with one bit changed, at positions spread over all of it."""
    for position in range(0, len(content), max(len(content) // parts, 1)):
        yield content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


def test_a_changed_index_is_refused(folder: Any, opened: Any) -> None:
    folder.add("trixie", "tzdata")
    dists = folder.publish("trixie", by_hash=False)
    path = dists / "main/binary-amd64/Packages.gz"
    good = path.read_bytes()
    for changed in every(good, 100):
        path.write_bytes(changed)
        with pytest.raises(IntegrityError, match="SHA-256"):
            opened()
    for changed in (good[:-1], good + b"\n", b""):
        path.write_bytes(changed)
        with pytest.raises(IntegrityError, match=r"promised|longer"):
            opened()
    path.write_bytes(good)
    assert list(opened().packages) == ["tzdata"]


def test_a_changed_release_file_is_refused_or_changes_nothing(folder: Any, opened: Any) -> None:
    folder.add("trixie", "tzdata")
    path = folder.publish("trixie") / "InRelease"
    good, refused = opened().releases, 0
    for changed in every(path.read_bytes(), 150):
        path.write_bytes(changed)
        try:
            assert opened().releases == good
        except IntegrityError:
            refused += 1
    assert refused > 50


def test_a_changed_package_is_refused(folder: Any, opened: Any, fetcher: Fetcher, tmp_path: Path) -> None:
    content = folder.add("trixie", "tzdata")
    folder.publish("trixie")
    package = opened().packages["tzdata"]
    url = folder.mirror.url(package.archive, package.path)
    store = Store(tmp_path / "debs")
    for changed in every(content, 100):
        Path(url).write_bytes(changed)
        with pytest.raises(IntegrityError, match="SHA-256"):
            fetcher.download(url, store, sha256=package.sha256, size=package.size)
    Path(url).write_bytes(content)
    assert fetcher.download(url, store, sha256=package.sha256, size=package.size).read_bytes() == content


def test_an_index_that_unpacks_to_more_than_was_signed_is_refused(folder: Any, opened: Any) -> None:
    folder.add("trixie", "tzdata")
    inrelease = folder.publish("trixie", kinds=("xz",)) / "InRelease"
    lines = []
    for line in inrelease.read_text().splitlines():
        words = line.split()
        lines.append(f" {words[0]} 5 {words[2]}" if line.startswith(" ") and line.endswith("/Packages") else line)
    start, end = lines.index("") + 1, lines.index("-----BEGIN PGP SIGNATURE-----")
    inrelease.write_bytes(folder.key.sign("\n".join(lines[start:end]).encode()))
    with pytest.raises(InputError, match="more than 5 bytes"):
        opened()


def test_an_expired_archive_is_refused(folder: Any, opened: Any) -> None:
    folder.publish_all()
    assert opened(suites=None)
    with pytest.raises(IntegrityError, match="expired"):
        opened(suites=None, now=NOW + timedelta(days=6))


def test_another_suite_in_its_place_is_refused(folder: Any, opened: Any) -> None:
    folder.publish("trixie", codename="bookworm")
    with pytest.raises(IntegrityError, match="served bookworm where trixie was asked for"):
        opened()


def test_somebody_elses_archive_is_refused(folder: Any, opened: Any, other: Any) -> None:
    mine, folder.key = folder.key, other
    folder.publish("trixie")
    folder.key = mine
    with pytest.raises(IntegrityError, match="signature"):
        opened()


def test_by_default_only_debians_keys_are_trusted(folder: Any, fetcher: Fetcher, tmp_path: Path) -> None:
    folder.publish_all()
    with pytest.raises(IntegrityError, match="signature"):
        open_archive(folder.mirror, 13, "amd64", fetcher, Store(tmp_path / "store"), NOW)


def test_no_archive_in_the_folder(opened: Any) -> None:
    with pytest.raises(NotFoundError, match="InRelease") as caught:
        opened()
    assert "--mirror" in caught.value.advice


def test_an_index_that_is_gone(folder: Any, opened: Any) -> None:
    dists = folder.publish("trixie")
    for path in dists.rglob("Packages*"):
        path.unlink()
    for path in dists.glob("main/binary-amd64/by-hash/SHA256/*"):
        path.unlink()
    with pytest.raises(IncompleteError, match="Packages"):
        opened()


def test_an_unknown_architecture(folder: Any, opened: Any) -> None:
    folder.publish("trixie")
    with pytest.raises(InputError, match="trixie has no packages for the architecture 'sparc'"):
        opened(architecture="sparc")


def test_an_unknown_suite_or_release(folder: Any, opened: Any) -> None:
    with pytest.raises(InputError, match="'bookworm' is not a suite of Debian 13"):
        opened(suites=("bookworm",))
    with pytest.raises(InputError, match="Debian 11 is not known"):
        suites_of(11)
