"""Wheels: from the index that is configured into the store, by digest; and from the store alone with no network."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from barehull.lock import Lock, from_json
from barehull.oci.reference import open_image

from .conftest import Bench

SECRET = "me:p%40ss"
CLOSED = "http://127.0.0.1:9"  # where nobody listens
OFF = {
    "BAREHULL_MIRROR": CLOSED,
    "BAREHULL_SNAPSHOT": CLOSED,
    "UV_DEFAULT_INDEX": f"{CLOSED}/simple",
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), CLOSED),
    "NO_PROXY": "",
    "no_proxy": "",
}


class Index(ThreadingHTTPServer):
    """A private index: HTML without hashes or sizes, for those who have the password."""

    daemon_threads = True

    def __init__(self, lock: Lock, cache: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.files = {it.file: (cache / "sha256" / it.sha256[:2] / it.sha256).read_bytes() for it in lock.wheels}
        self.asked: list[str] = []

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def settings(self, credentials: str = SECRET) -> dict[str, str]:
        return {"UV_DEFAULT_INDEX": f"http://{credentials}@{self.place}/simple"}


class Answers(BaseHTTPRequestHandler):
    server: Index

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.headers.get("Authorization") != f"Basic {base64.b64encode(b'me:p@ss').decode()}":
            return self.send_error(401)
        top, _, name = self.path.strip("/").partition("/")
        if top == "simple":
            stem = name.replace("-", "_")
            links = [file for file in self.server.files if re.match(rf"{stem}-", file, re.IGNORECASE)]
            return self.answer("".join(f'<a href="/files/{file}">{file}</a>' for file in links).encode())
        if name not in self.server.files:
            return self.send_error(404)
        return self.answer(self.server.files[name])

    def answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def locked(bench: Bench) -> Lock:
    return from_json((bench.app / "barehull.lock").read_text(), "lock")[0]


@pytest.fixture
def again(bench: Bench, new: str, fresh: Callable[[], Bench], tmp_path: Path) -> Bench:
    """A fresh folder with the lock, and a store with files alone: nothing that uv or barehull made of them."""
    other = fresh()
    shutil.copy(bench.app / "barehull.lock", other.app / "barehull.lock")
    shutil.copytree(bench.folder / "cache" / "sha256", tmp_path / "cache" / "sha256")
    return Bench(other.folder, {"BAREHULL_CACHE": str(tmp_path / "cache")})


@pytest.fixture
def index(bench: Bench, new: str) -> Iterator[Index]:
    with Index(locked(bench), bench.folder / "cache") as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def drop(bench: Bench, *names: str) -> None:
    """Take wheels out of the bench's store."""
    store = Path(bench.environment["BAREHULL_CACHE"]) / "sha256"
    for wheel in locked(bench).wheels:
        if not names or wheel.name in names:
            (store / wheel.sha256[:2] / wheel.sha256).unlink()


BUILD = ("build", "app", "--output", "oci:again", "-q")


def digest(bench: Bench) -> str:
    return open_image(f"oci:{bench.folder}/again").digest


def test_from_lock_and_files_alone_the_same_image_with_the_network_off(again: Bench, new: str) -> None:
    again.run(*BUILD, **OFF)
    assert digest(again) == open_image(new).digest
    assert not (Path(again.environment["BAREHULL_CACHE"]) / "uv").exists(), "uv is not even asked"


@pytest.mark.skipif(
    subprocess.run(["unshare", "--user", "--map-root-user", "--net", "true"], check=False).returncode != 0,
    reason="no network namespaces here",
)
def test_the_same_where_there_is_no_network_at_all(again: Bench, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = subprocess.run
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    monkeypatch.setattr(subprocess, "run", lambda command, **rest: run([*alone, *command], **rest))
    again.run(*BUILD)
    monkeypatch.undo()
    assert digest(again) == open_image(new).digest


def test_a_wheel_that_is_nowhere_is_named(again: Bench) -> None:
    drop(again, "flask")
    said = again.run(*BUILD, code=3, **OFF).stderr
    assert "flask-3.1.2-py3-none-any.whl: not in the store, and cannot be fetched" in said
    assert "what to do: " in said
    assert not (again.folder / "again").exists()


def test_another_index_without_hashes_and_with_a_password_serves_the_lock(again: Bench, index: Index, new: str) -> None:
    drop(again)
    again.run(*BUILD, **index.settings())
    assert digest(again) == open_image(new).digest
    assert {path.rpartition("/")[2] for path in index.asked} >= {wheel.file for wheel in locked(again).wheels}
    # The lock that is made there is the same, and names no host.
    before = locked(again).wheels
    again.run("lock", "app", "--update", "-q", **index.settings())
    assert locked(again).wheels == before
    assert index.place not in (again.app / "barehull.lock").read_text()


def test_the_password_may_be_in_netrc_and_a_wrong_one_is_told_without_it(
    again: Bench, index: Index, tmp_path: Path
) -> None:
    drop(again, "flask")
    said = again.run(*BUILD, code=3, **index.settings("me:wrong")).stderr
    assert "flask-3.1.2" in said
    assert ".netrc" in said
    assert "wrong" not in said
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password p@ss\n")
    plain = {"UV_DEFAULT_INDEX": f"http://{index.place}/simple", "NETRC": str(tmp_path / "netrc")}
    again.run(*BUILD, **plain)


def test_another_file_under_the_same_name_is_refused(again: Bench, index: Index) -> None:
    drop(again, "flask")
    index.files["flask-3.1.2-py3-none-any.whl"] = index.files["blinker-1.9.0-py3-none-any.whl"]
    said = again.run(*BUILD, code=2, **index.settings()).stderr
    assert re.search(r"flask-3.1.2-py3-none-any.whl on the index has the SHA-256 \w+, not \w+ as locked", said)
    assert not (again.folder / "again").exists()


def test_a_wheel_that_the_index_has_dropped(again: Bench, index: Index) -> None:
    drop(again, "flask")
    del index.files["flask-3.1.2-py3-none-any.whl"]
    said = again.run(*BUILD, code=3, **index.settings()).stderr
    assert "flask-3.1.2-py3-none-any.whl: not in the store" in said
    assert "`barehull lock --update`" in said


def test_a_lock_with_another_wheel_in_it(again: Bench) -> None:
    lock = again.app / "barehull.lock"
    text = lock.read_text()
    wheels = {wheel.name: wheel for wheel in locked(again).wheels}
    lock.write_text(text.replace(wheels["flask"].sha256, wheels["click"].sha256))
    assert "it says that it is 'click " in again.run(*BUILD, code=2, **OFF).stderr
    lock.write_text(text.replace("flask-3.1.2-py3-none-any.whl", "flask-3.1.2-cp313-cp313-win_amd64.whl"))
    assert "is not for Python 3.13 on x86_64" in again.run(*BUILD, code=2, **OFF).stderr
    lock.write_text(text.replace(wheels["flask"].sha256, "../../etc/passwd"))
    assert "is not a SHA-256" in again.run(*BUILD, code=2, **OFF).stderr
    lock.write_text(text)
    again.run(*BUILD, **OFF)
