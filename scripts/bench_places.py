"""Near places for bench.py: a mirror of Debian's archive and of a Python index, and a registry, all on loopback.

The mirror is a plain file server over a folder. What it does not have yet it takes from where this machine is configured
to look, once: the bench fills it by a first run whose time does not count. Started as a program it serves a folder until
it is ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from barehull.core.errors import BarehullError
from barehull.debian.mirror import mirror_from
from barehull.files import write_atomically
from barehull.net import Fetcher

_LARGEST = 1 << 30


class Files(http.server.BaseHTTPRequestHandler):
    """Serves the folder that the server was started with."""

    protocol_version = "HTTP/1.1"
    folder: Path
    fetcher: Fetcher

    def do_GET(self) -> None:
        path = self.folder / self.path.strip("/")
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self._fill(path)
        if not path.is_file():
            self.send_error(404)
            return
        with path.open("rb") as file:
            self.send_response(200)
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.send_header("Content-Type", "text/html" if path.suffix == ".html" else "application/octet-stream")
            self.end_headers()
            if self.command == "GET":
                shutil.copyfileobj(file, self.wfile, 1 << 20)

    do_HEAD = do_GET  # noqa: N815

    def _fill(self, path: Path) -> None:
        archive, _, rest = self.path.strip("/").partition("/")
        if archive in ("debian", "debian-security"):
            url = mirror_from(None, os.environ).url(archive, rest)
            with contextlib.suppress(BarehullError):
                data = self.fetcher.fetch(url, limit=_LARGEST)
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, data)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def near_mirror(folder: Path) -> Iterator[str]:
    """Its address, above debian/, debian-security/ and simple/ (a Python index)."""
    port = _free_port()
    process = subprocess.Popen([sys.executable, __file__, str(folder), str(port)])
    with _ended(process, port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[str]:
    """HOST:PORT of Debian's docker-registry with its data in `folder`."""
    port = _free_port()
    config = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    folder.mkdir(parents=True)
    (folder / "config.yml").write_text(json.dumps(config))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    with _ended(process, port):
        yield f"127.0.0.1:{port}"


def make_index(requirements: Path, folder: Path, python: str) -> None:
    """Make `folder` a Python index (PEP 503) of the wheels that `requirements` need on Debian's Python of a version."""
    wheels = folder / "wheels"
    platforms = [f"manylinux_2_{minor}_{os.uname().machine}" for minor in (41, 40, 39, 28, 17)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--dest", str(wheels)]
    options = ["--python-version", python, *(f"--platform={name}" for name in platforms), "-r", str(requirements)]
    subprocess.run([*command, *options], check=True)
    for wheel in wheels.glob("*.whl"):
        name = wheel.name.split("-")[0].lower().replace("_", "-").replace(".", "-")
        page = folder / name / "index.html"
        page.parent.mkdir(exist_ok=True)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        with zipfile.ZipFile(wheel) as archive:  # PEP 658, as the public index has it
            metadata = archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")))
        wheel.with_name(f"{wheel.name}.metadata").write_bytes(metadata)
        link = f'href="/simple/wheels/{wheel.name}#sha256={digest}"'
        said = f'data-core-metadata="sha256={hashlib.sha256(metadata).hexdigest()}"'
        page.write_text(f"<!DOCTYPE html><a {link} {said}>{wheel.name}</a>")


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes], port: int) -> Iterator[None]:
    """Around the use of a server: it is there, and it is gone afterwards."""
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            sys.exit(f"{process.args!r} does not listen")
        yield
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


if __name__ == "__main__":
    Files.folder = Path(sys.argv[1])
    Files.fetcher = Fetcher()
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Files).serve_forever()
