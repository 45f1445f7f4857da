"""Locked packages that the archive has dropped, against loopback servers with the layout of the real ones."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from barehull.core.errors import IncompleteError, InputError, IntegrityError
from barehull.debian.mirror import Mirror
from barehull.files import Store
from barehull.lock import Lock, LockedDeb, LockedSuite
from barehull.net import Fetcher
from barehull.runtime.fetch import fetch_debs

CONTENT = b"a package"
PATH = "pool/main/o/openssl/openssl_3.5.1-1+deb13u1_amd64.deb"
DEB = LockedDeb(
    "openssl", "3.5.1-1+deb13u1", "amd64", "openssl", "3.5.1-1+deb13u1", "debian-security", "trixie-security", PATH,
    hashlib.sha256(CONTENT).hexdigest(), len(CONTENT),
)  # fmt: skip
SUITES = (
    LockedSuite("debian", "trixie", "2026-01-01T00:00:00Z", ""),
    LockedSuite("debian-security", "trixie-security", "2026-11-21T09:15:44Z", ""),
)
LOCK = Lock("0", "linux/amd64", "python3", 13, SUITES, (DEB,), (), "")


class Server(ThreadingHTTPServer):
    """Files by the path as it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}
        self.asked: list[str] = []

    @property
    def mirror(self) -> Mirror:
        root = f"http://127.0.0.1:{self.server_port}"
        return Mirror(f"{root}/debian", f"{root}/debian-security", f"{root}/archive")


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        moved = self.server.moved.get(self.path)
        self.send_response(301 if moved else 404 if content is None else 200)
        if moved:
            self.send_header("Location", moved)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(attempts=1) as fetcher:
        yield fetcher


def test_what_the_archive_has_is_fetched_from_there_alone(server: Server, fetcher: Fetcher, store: Store) -> None:
    server.files = {f"/debian-security/{PATH}": CONTENT}
    fetch_debs(LOCK, server.mirror, fetcher, store)
    assert store.get(DEB.sha256) is not None
    assert server.asked == [f"/debian-security/{PATH}"]


def test_what_the_store_has_is_asked_of_nobody(server: Server, fetcher: Fetcher, store: Store) -> None:
    store.put(CONTENT)
    fetch_debs(LOCK, server.mirror, fetcher, store)
    assert server.asked == []


@pytest.mark.parametrize("time", ["20261122T091544Z", "20261121T171544Z", "20261121T091544Z", "20261124T091544Z"])
def test_what_the_archive_dropped_comes_from_its_snapshot(
    server: Server, fetcher: Fetcher, store: Store, time: str
) -> None:
    server.files = {f"/archive/debian-security/{time}/{PATH}": CONTENT}
    said: list[str] = []
    fetch_debs(LOCK, server.mirror, fetcher, store, said.append)
    assert store.path(f"sha256:{DEB.sha256}").read_bytes() == CONTENT
    assert any("openssl 3.5.1-1+deb13u1 is not in the archive any more" in each for each in said)


def test_a_snapshot_says_which_of_its_times_it_means(server: Server, fetcher: Fetcher, store: Store) -> None:
    real = f"/archive/debian-security/20261122T042011Z/{PATH}"
    server.moved = {f"/archive/debian-security/20261122T091544Z/{PATH}": real}
    server.files = {real: CONTENT}
    fetch_debs(LOCK, server.mirror, fetcher, store)
    assert server.asked[-1] == real
    assert store.get(DEB.sha256) is not None


def test_only_what_was_dropped_is_asked_of_the_snapshot(server: Server, fetcher: Fetcher, store: Store) -> None:
    other = b"another package"
    there = dataclasses.replace(
        DEB, name="b", path="pool/b.deb", sha256=hashlib.sha256(other).hexdigest(), size=len(other)
    )
    server.files = {
        "/debian-security/pool/b.deb": other,
        f"/archive/debian-security/20261122T091544Z/{PATH}": CONTENT,
    }
    fetch_debs(dataclasses.replace(LOCK, debs=(DEB, there)), server.mirror, fetcher, store)
    assert all(store.get(deb.sha256) for deb in (DEB, there))
    assert not any("archive" in asked and "b.deb" in asked for asked in server.asked)


def test_what_is_nowhere_is_told_with_the_way_out(server: Server, fetcher: Fetcher, store: Store) -> None:
    with pytest.raises(IncompleteError) as caught:
        fetch_debs(LOCK, server.mirror, fetcher, store)
    assert "dropped openssl 3.5.1-1+deb13u1" in caught.value.what
    assert "has it neither" in caught.value.what
    assert "`barehull lock --update`" in caught.value.advice


def test_a_snapshot_that_cannot_be_reached_is_told_too(server: Server, fetcher: Fetcher, store: Store) -> None:
    dead = dataclasses.replace(server.mirror, snapshot="http://127.0.0.1:9/archive")
    with pytest.raises(IncompleteError, match="dropped openssl .* cannot be asked: ") as caught:
        fetch_debs(LOCK, dead, fetcher, store)
    assert "`barehull lock --update`" in caught.value.advice


def test_an_archive_that_cannot_be_reached_has_dropped_nothing(server: Server, fetcher: Fetcher, store: Store) -> None:
    dead = dataclasses.replace(server.mirror, security="http://127.0.0.1:9")
    with pytest.raises(IncompleteError, match="cannot be fetched"):
        fetch_debs(LOCK, dead, fetcher, store)
    assert server.asked == []


def test_a_snapshot_with_other_bytes_is_refused(server: Server, fetcher: Fetcher, store: Store) -> None:
    server.files = {f"/archive/debian-security/20261122T091544Z/{PATH}": b"b package"}
    with pytest.raises(IntegrityError, match="not .* as promised"):
        fetch_debs(LOCK, server.mirror, fetcher, store)
    assert store.get(DEB.sha256) is None


@pytest.mark.parametrize("date", ["yesterday", "9999-12-31T23:59:59Z"])
def test_a_date_that_is_none_is_told(server: Server, fetcher: Fetcher, store: Store, date: str) -> None:
    damaged = dataclasses.replace(LOCK, suites=(dataclasses.replace(SUITES[1], date=date),))
    with pytest.raises(InputError, match="trixie-security"):
        fetch_debs(damaged, server.mirror, fetcher, store)


def test_a_folder_may_be_the_snapshot(server: Server, fetcher: Fetcher, store: Store, tmp_path: Path) -> None:
    at = tmp_path / "snapshot/debian-security/20261122T091544Z" / PATH
    at.parent.mkdir(parents=True)
    at.write_bytes(CONTENT)
    fetch_debs(LOCK, dataclasses.replace(server.mirror, snapshot=str(tmp_path / "snapshot")), fetcher, store)
    assert store.get(DEB.sha256) is not None
