"""The lock against Debian's archive: refreshed with what that closes, and enough to build with the network off."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from barehull.inventory.locked import locked_inventory
from barehull.lock import LockedWheel, from_json, to_json
from barehull.oci.reference import open_image

from .conftest import Bench


class Nobody(ThreadingHTTPServer):
    """Answers nothing but errors, and keeps what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Refusal)
        self.asked: list[str] = []


class Refusal(BaseHTTPRequestHandler):
    server: Nobody

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_error(404)

    do_HEAD = do_CONNECT = do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def nobody() -> Iterator[Nobody]:
    with Nobody() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_from_lock_and_store_the_same_image_with_the_network_off(
    bench: Bench, new: str, fresh: Callable[[], Bench], nobody: Nobody
) -> None:
    address = f"http://127.0.0.1:{nobody.server_port}"
    off = {"BAREHULL_MIRROR": address, "BAREHULL_SNAPSHOT": address, "UV_DEFAULT_INDEX": f"{address}/simple"}
    off |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), address)
    off |= {"NO_PROXY": "", "no_proxy": ""}
    other = fresh()
    (other.app / "barehull.lock").write_bytes((bench.app / "barehull.lock").read_bytes())
    other.run("build", "app", "--output", "oci:off", **off)
    assert open_image(f"oci:{other.folder}/off").digest == open_image(new).digest
    assert nobody.asked == []
    # That it would have been noticed: with an empty store the archive is asked.
    other.run("build", "app", "--output", "oci:cold", code=3, **off, BAREHULL_CACHE=str(other.folder / "empty"))
    assert any(path.endswith(".deb") for path in nobody.asked)


def test_an_update_shows_what_it_closes(bench: Bench, new: str, fresh: Callable[[], Bench]) -> None:
    aged = fresh()
    path = aged.app / "barehull.lock"
    text = (bench.app / "barehull.lock").read_text()
    deb = next(deb for deb in from_json(text, "lock")[0].debs if deb.name == "libssl3t64")
    path.write_text(text.replace(f'"{deb.version}"', '"3.5.1-1"'))
    value = json.loads(aged.run("lock", "app", "--update", "--format", "json", "-q").stdout)
    assert [(it["name"], it["old"], it["new"]) for it in value["changed"]] == [("libssl3t64", "3.5.1-1", deb.version)]
    assert value["closed"]
    assert all("libssl3t64@3.5.1-1" in it["purl"] for it in value["closed"])
    assert value["brought"] == []
    assert from_json(path.read_text(), "lock")[0].debs == from_json(text, "lock")[0].debs
    assert "There is nothing to do" in aged.run("lock", "app", "-q").stdout


def test_an_update_shows_what_it_closes_in_wheels_and_leaves_other_platforms_alone(
    bench: Bench, new: str, fresh: Callable[[], Bench]
) -> None:
    aged = fresh()
    path = aged.app / "barehull.lock"
    (lock,) = from_json((bench.app / "barehull.lock").read_text(), "lock")
    flask = LockedWheel("flask", "2.2.0", "Flask-2.2.0-py3-none-any.whl", "0" * 64)
    more = LockedWheel("urllib3", "1.26.5", "urllib3-1.26.5-py2.py3-none-any.whl", "1" * 64)
    wheels = (flask, *(wheel for wheel in lock.wheels if wheel.name != "flask"), more)
    arm = replace(lock, platform="linux/arm64", wheels=wheels)
    path.write_text(to_json(replace(lock, wheels=wheels), arm))
    value = json.loads(aged.run("lock", "app", "--update", "--format", "json", "-q").stdout)
    assert [(it["kind"], it["name"], it["old"]) for it in value["removed"]] == [("wheel", "urllib3", "1.26.5")]
    assert [(it["name"], it["old"], it["new"]) for it in value["changed"]] == [("flask", "2.2.0", "3.1.2")]
    closed = {(it["vulnerability"], it["purl"]) for it in value["closed"]}
    assert {("CVE-2023-30861", "pkg:pypi/flask@2.2.0"), ("CVE-2023-43804", "pkg:pypi/urllib3@1.26.5")} <= closed
    assert from_json(path.read_text(), "lock") == (lock, arm)


def test_the_first_lock_is_what_a_build_takes(fresh: Callable[[], Bench]) -> None:
    first = fresh()
    assert "added: " in first.run("lock", "app").stdout
    lock: Path = first.app / "barehull.lock"
    before = lock.read_bytes()
    first.run("lock", "app", "--check")
    first.run("build", "app", "--output", "oci:new", "-q")
    assert lock.read_bytes() == before


def test_a_lock_is_judged_by_the_components_that_its_image_has(bench: Bench, new: str) -> None:
    lock = from_json((bench.app / "barehull.lock").read_text(), "lock")[0]
    components = json.loads(bench.run("scan", new, "--format", "json", "-q", code=3).stdout)["new"]["components"]
    keys = ("purl", "ecosystem", "source", "source_version")
    found = {tuple(it[key] for key in keys) for it in components}
    assert {tuple(getattr(it, key) for key in keys) for it in locked_inventory(lock).components} == found
