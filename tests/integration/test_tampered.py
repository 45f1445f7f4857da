"""One changed bit in whatever is downloaded or kept: it is refused in words, or the image is the same to the byte."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from barehull.debian.mirror import mirror_from
from barehull.oci.reference import open_image

from .conftest import Bench

INDEX = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple"


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


class Proxy(ThreadingHTTPServer):
    """Debian's archive and the Python index as they are, but for one bit of each file whose path matches `target`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.client = httpx.Client(follow_redirects=True, timeout=60)
        self.mirror = mirror_from(None, os.environ)
        self.target = ""
        self.at = -1  # -1: in the middle
        self.changed: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        return {"BAREHULL_MIRROR": self.address, "UV_DEFAULT_INDEX": f"{self.address}/simple"}

    def upstream(self, path: str) -> str:
        top, _, rest = path.lstrip("/").partition("/")
        if top == "simple":
            return f"{INDEX.rstrip('/')}/{rest}"
        return f"https://{rest}" if top == "files" else self.mirror.url(top, rest)


class Handler(BaseHTTPRequestHandler):
    server: Proxy

    def log_message(self, *arguments: object) -> None:
        pass

    def do_HEAD(self) -> None:  # uv asks for it
        self.do_GET()

    def do_GET(self) -> None:
        url = self.server.upstream(self.path)
        answer = self.server.client.get(url, headers={"Accept": "text/html", "Accept-Encoding": "identity"})
        content = answer.content
        if self.path.startswith("/simple/"):
            here = lambda link: f'href="/files/{urljoin(url, link[1]).removeprefix("https://")}"'  # noqa: E731
            content = re.sub(r'href="([^"]+)"', here, content.decode()).encode()
        if self.server.target and re.search(self.server.target, self.path) and answer.status_code == 200:
            self.server.changed.append(self.path)
            content = flipped(content, self.server.at if self.server.at >= 0 else len(content) // 2)
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "application/octet-stream"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    server = Proxy()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
    server.client.close()


BUILD = ("build", "app", "--output", "oci:new", "-q")


def digest(bench: Bench) -> str:
    return open_image(f"oci:{bench.folder}/new").digest


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/dists/trixie-security/InRelease", ("trixie-security", "sign")),
        ("/dists/trixie/main/.*/by-hash/", ("by-hash", "SHA-256")),
        ("/libc6_.*deb", ("libc6_", "SHA-256")),
    ],
)
def test_a_changed_file_of_the_archive_is_refused_and_the_next_run_is_whole(
    target: str, words: tuple[str, ...], proxy: Proxy, fresh: Callable[[], Bench], tmp_path: Path, new: str
) -> None:
    bench = fresh()
    settings = proxy.environment | {"BAREHULL_CACHE": str(tmp_path / "cache")}
    proxy.target = target
    said = bench.run(*BUILD, code=2, **settings)
    assert proxy.changed
    for word in (*words, "what to do: "):
        assert word in said.stderr
    assert not (bench.folder / "new").exists()
    assert (bench.app / "barehull.lock").exists() == target.endswith("deb")
    proxy.target = ""
    bench.run(*BUILD, **settings)
    assert digest(bench) == open_image(new).digest


@pytest.mark.parametrize("at", [-1, 10], ids=["content", "time of a file in the zip"])
def test_a_changed_wheel_is_refused(at: int, proxy: Proxy, fresh: Callable[[], Bench], tmp_path: Path) -> None:
    bench = fresh()
    bench.run(*BUILD)  # makes the lock
    before = digest(bench)
    # What was remembered of an earlier build would make the wheels needless.
    settings = proxy.environment | {"BAREHULL_CACHE": str(tmp_path / "cache")}
    proxy.target, proxy.at = r"/flask-[^/]*\.whl", at
    said = bench.run("build", "app", "--output", "oci:other", "-q", code=2, **settings)
    assert proxy.changed
    assert "flask" in said.stderr.lower()
    assert "what to do: " in said.stderr
    assert not (bench.folder / "other").exists()
    proxy.target = ""
    bench.run(*BUILD, **settings)
    assert digest(bench) == before


def test_a_cache_with_a_changed_bit_in_every_file_gives_the_same_image(
    fresh: Callable[[], Bench], tmp_path: Path
) -> None:
    bench = fresh()
    settings = {"BAREHULL_CACHE": str(tmp_path / "cache")}
    bench.run(*BUILD, **settings)
    before = digest(bench)
    count = 0
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file() and not path.is_symlink() and (content := path.read_bytes()):
            path.write_bytes(flipped(content, len(content) // 2))
            count += 1
    assert count > 300
    bench.run("build", "app", "--output", "oci:again", "-q", **settings)
    assert open_image(f"oci:{bench.folder}/again").digest == before


# What is planted changes the bytecode that an interpreter makes.
PLANTED = b"\nimport importlib.util\nimportlib.util.source_hash = lambda source: b'planted!'\n"


def test_the_part_of_the_cache_that_is_unpacked_is_not_trusted(fresh: Callable[[], Bench], tmp_path: Path) -> None:
    bench = fresh()
    settings = {"BAREHULL_CACHE": str(tmp_path / "cache")}
    bench.run(*BUILD, **settings)
    before = digest(bench)
    planted = list((tmp_path / "cache" / "interpreters").rglob("struct.py"))
    for path in planted:
        path.write_bytes(path.read_bytes() + PLANTED)
    for kind in ("dependencies", "bytecode"):
        for path in (tmp_path / "cache" / kind).rglob("*"):
            if path.is_file():
                path.unlink()
    bench.run(*BUILD, **settings)
    assert planted
    assert digest(bench) == before


def test_an_archive_that_has_expired_is_refused(fresh: Callable[[], Bench], tmp_path: Path) -> None:
    """The program and the archive as they are, sixty days from now."""
    bench = fresh()
    later = (
        "import datetime, sys; import barehull.workshop as workshop\n"
        "class Later(datetime.datetime):\n"
        "    @classmethod\n"
        "    def now(cls, tz=None): return super().now(tz) + datetime.timedelta(days=60)\n"
        "workshop.datetime = Later\n"
        "from barehull.cli.main import main; main()\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", later, *BUILD],
        cwd=bench.folder,
        env=os.environ | {"BAREHULL_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert said.returncode == 2, said.stderr
    assert "expired" in said.stderr
    assert "what to do: " in said.stderr
    assert "Traceback" not in said.stderr
    assert not (bench.folder / "new").exists()
    assert not (bench.app / "barehull.lock").exists()
