"""`barehull db update` over HTTP, from a loopback server with OSV's layout."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from barehull.advisories.update import current, update
from barehull.core.errors import BarehullError, IncompleteError, IntegrityError
from barehull.core.progress import silent
from barehull.net import Fetcher


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments) -> None:
        pass


class HalfHandler(Handler):
    """Says how long the zip is, sends half of it and hangs up."""

    def do_GET(self) -> None:
        if not self.path.endswith(".zip"):
            super().do_GET()
            return
        data = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])


@pytest.fixture
def serve() -> Iterator:
    servers: list[ThreadingHTTPServer] = []

    def start(folder: Path, handler: type[Handler] = Handler) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def mirror(tmp_path) -> Path:
    folder = tmp_path / "mirror"
    (folder / "PyPI").mkdir(parents=True)
    (folder / "ecosystems.txt").write_text("PyPI\nHex\n")
    events = [{"introduced": "0"}, {"fixed": "2.0"}]
    entry = {"package": {"ecosystem": "PyPI", "name": "flask"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    with zipfile.ZipFile(folder / "PyPI" / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(300):
            record = {"id": f"PYSEC-{number}", "modified": "2024-01-01T00:00:00Z", "affected": [entry]}
            archive.writestr(f"{number}.json", json.dumps(record))
    return folder


def updated(origin: str, folder: Path):
    with Fetcher(attempts=1, timeout=5) as fetcher:
        return update(origin, folder, silent, fetcher)


def test_an_update_over_http_equals_one_from_the_folder(tmp_path, mirror, serve):
    database = updated(serve(mirror), tmp_path / "cache")
    assert database.digest == updated(str(mirror), tmp_path / "other").digest
    assert database.origin.startswith("http://127.0.0.1:")
    with current(tmp_path / "cache") as store:
        assert len(store.query("PyPI", "flask")) == 300


def test_a_download_that_ends_early_leaves_the_old_store(tmp_path, mirror, serve):
    before = updated(serve(mirror), tmp_path / "cache")
    with pytest.raises(BarehullError):
        updated(serve(mirror, HalfHandler), tmp_path / "cache")
    with current(tmp_path / "cache") as store:
        assert store.database() == before
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["advisories.sqlite"]


def test_no_network_is_told(tmp_path):
    with pytest.raises(IncompleteError):
        updated("http://127.0.0.1:9", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_two_updates_at_once_both_end_well(tmp_path, mirror, serve):
    address = serve(mirror)
    with ThreadPoolExecutor(4) as pool:
        databases = list(pool.map(lambda _: updated(address, tmp_path / "cache"), range(8)))
    assert len({one.digest for one in databases}) == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["advisories.sqlite"]


class EtagHandler(Handler):
    """Serves by ETag, as OSV's storage does, and notes what it sent whole."""

    sent: ClassVar[list[str]] = []
    digest: ClassVar[str] = ""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        data = path.read_bytes() if path.is_file() else None
        if data is None:
            self.send_error(404)
            return
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        self.sent.append(self.path)
        self.send_response(200)
        self.send_header("ETag", etag)
        digest = self.digest or base64.b64encode(hashlib.md5(data).digest()).decode()
        self.send_header("x-goog-hash", f"crc32c=AAAAAA==,md5={digest}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def test_what_did_not_change_is_not_sent_again(tmp_path, mirror, serve):
    EtagHandler.sent.clear()
    address = serve(mirror, EtagHandler)
    before = updated(address, tmp_path / "cache")
    assert "/PyPI/all.zip" in EtagHandler.sent
    EtagHandler.sent.clear()
    after = updated(address, tmp_path / "cache")
    assert "/PyPI/all.zip" not in EtagHandler.sent
    assert after.digest == before.digest
    assert {one.name: one.state for one in after.sources}["PyPI"] == "kept"


def test_bytes_that_are_not_what_the_server_says_are_refused(tmp_path, mirror, serve, monkeypatch):
    monkeypatch.setattr(EtagHandler, "digest", base64.b64encode(b"0" * 16).decode())
    with pytest.raises(IntegrityError, match="x-goog-hash") as caught:
        updated(serve(mirror, EtagHandler), tmp_path / "cache")
    assert "--without PyPI" in caught.value.advice
    assert not (tmp_path / "cache" / "advisories.sqlite").exists()


PROGRAM = """
import sys; from pathlib import Path; from barehull.advisories.update import update; from barehull.net import Fetcher
with Fetcher(attempts=1) as fetcher: update(sys.argv[1], Path(sys.argv[2]), lambda line: None, fetcher)
"""


def test_killed_at_any_moment_the_old_store_stays_and_leftovers_are_swept(tmp_path, mirror):
    before = updated(str(mirror), tmp_path / "cache")
    for number in range(12):
        os.utime(mirror / "PyPI" / "all.zip", ns=(number, number))  # so that it is read again
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(mirror), str(tmp_path / "cache")])
        time.sleep(0.05 + 0.05 * number)
        process.kill()
        process.wait()
        with current(tmp_path / "cache") as store:
            assert store.database().digest == before.digest
            assert len(store.query("PyPI", "flask")) == 300
    for path in (tmp_path / "cache").glob(".barehull-*"):
        os.utime(path, (0, 0))  # as if it had been a minute ago
    updated(str(mirror), tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["advisories.sqlite"]


def test_two_programs_at_once_both_end_well(tmp_path, mirror):
    command = [sys.executable, "-c", PROGRAM, str(mirror), str(tmp_path / "cache")]
    running = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(timeout=60) for process in running] == [0] * 4
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["advisories.sqlite"]
    with current(tmp_path / "cache") as store:
        assert len(store.query("PyPI", "flask")) == 300
