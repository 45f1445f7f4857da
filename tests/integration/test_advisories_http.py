"""`barehull db update` over HTTP, from a loopback server with OSV's layout."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from barehull.advisories.update import current, update
from barehull.core.errors import BarehullError, IncompleteError
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
    (folder / "ecosystems.txt").write_text("PyPI\nnpm\n")
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
