from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import signal
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from barehull.core.errors import IncompleteError, InputError, IntegrityError, UsageError
from barehull.files import Store
from barehull.net import Fetcher, NotFoundError, Want, join, shown

BODY = bytes(range(256)) * 4000
SHA = hashlib.sha256(BODY).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers /NAME with the behaviour of that name, and counts requests and connections."""

    daemon_threads = True

    def __init__(self, behaviours: dict[str, Callable[[BaseHTTPRequestHandler, int], None]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours = behaviours
        self.requests: Counter[str] = Counter()
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> tuple[socket.socket, object]:
        self.connections += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        name = self.path.split("/")[1]
        self.server.requests[name] += 1
        self.server.behaviours[name](self, self.server.requests[name])

    def log_message(self, *args: object) -> None:
        pass


def answer(handler: BaseHTTPRequestHandler, body: bytes = BODY, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in {"Content-Length": str(len(body)), **named}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Half of the body, then the end of the connection."""
    answer(handler, BODY[: len(BODY) // 2], Content_Length=str(len(BODY)))
    handler.close_connection = True


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for longer than any test."""
    with contextlib.suppress(OSError):
        answer(handler, b"", Content_Length="10000")
        for _ in range(10_000):
            handler.wfile.write(b"x")
            time.sleep(0.01)


def hang(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)


BEHAVIOURS: dict[str, Callable[[BaseHTTPRequestHandler, int], None]] = {
    "good": lambda handler, number: answer(handler),
    "moved": lambda handler, number: answer(handler, b"", 302, Location="/good"),
    "round": lambda handler, number: answer(handler, b"", 302, Location="/round"),
    "encoded": lambda handler, number: answer(handler, Content_Encoding="gzip"),
    "longer": lambda handler, number: answer(handler, BODY + b"x"),
    "shorter": lambda handler, number: answer(handler, BODY[:-1]),
    "other": lambda handler, number: answer(handler, b"x" + BODY[1:]),
    "missing": lambda handler, number: answer(handler, b"", 404),
    "forbidden": lambda handler, number: answer(handler, b"", 403),
    "down": lambda handler, number: answer(handler, b"", 503),
    "cut": lambda handler, number: cut(handler),
    "drip": lambda handler, number: drip(handler),
    "hang": lambda handler, number: hang(handler),
    "down-then-good": lambda handler, number: answer(handler, BODY, 503 if number == 1 else 200),
    "cut-then-good": lambda handler, number: cut(handler) if number == 1 else answer(handler),
    "reset-then-good": lambda handler, number: reset(handler) if number == 1 else answer(handler),
    "busy-then-good": lambda handler, number: answer(handler, BODY, 429 if number < 3 else 200),
}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(BEHAVIOURS) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(pause=0.001, timeout=5) as fetcher:
        yield fetcher


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def kept(store: Store) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["good", "moved", "encoded"])
def test_the_bytes_as_the_server_has_them(server: Server, fetcher: Fetcher, name: str) -> None:
    assert fetcher.fetch(f"{server.url}/{name}", limit=len(BODY)) == BODY


def test_one_connection_is_kept_alive(server: Server, fetcher: Fetcher) -> None:
    for _ in range(5):
        fetcher.fetch(f"{server.url}/good", limit=len(BODY))
    assert (server.requests["good"], server.connections) == (5, 1)


@pytest.mark.parametrize("name", ["down-then-good", "cut-then-good", "reset-then-good", "busy-then-good"])
def test_what_may_pass_is_tried_again(server: Server, fetcher: Fetcher, store: Store, name: str) -> None:
    path = fetcher.download(f"{server.url}/{name}", store, sha256=SHA, size=len(BODY))
    assert path.read_bytes() == BODY
    assert server.requests[name] > 1


def test_a_file_whose_size_nobody_told(server: Server, fetcher: Fetcher, store: Store) -> None:
    for promised, limit, error in ((SHA, len(BODY) - 1, "longer"), ("0" * 64, len(BODY), "not 0000")):
        with pytest.raises(IntegrityError, match=error):
            fetcher.receive(f"{server.url}/good", store, sha256=promised, limit=limit)
        assert kept(store) == []
    fetcher.receive(f"{server.url}/good", store, sha256=SHA, limit=len(BODY))
    assert store.path(f"sha256:{SHA}").read_bytes() == BODY


@pytest.mark.parametrize("name", ["down", "cut"])
def test_at_some_point_it_is_given_up(server: Server, fetcher: Fetcher, store: Store, name: str) -> None:
    with pytest.raises(IncompleteError, match=f"/{name} cannot be fetched") as caught:
        fetcher.download(f"{server.url}/{name}", store, sha256=SHA, size=len(BODY))
    assert server.requests[name] == 3
    assert "BAREHULL_MIRROR" in caught.value.advice
    assert kept(store) == []


@pytest.mark.parametrize(
    ("name", "error"),
    [("missing", NotFoundError), ("forbidden", IncompleteError), ("round", IncompleteError)],
)
def test_what_will_not_pass_is_not_tried_again(
    server: Server, fetcher: Fetcher, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=f"/{name} cannot be fetched"):
        fetcher.fetch(f"{server.url}/{name}", limit=10)
    assert server.requests[name] == 1 or name == "round"


def test_a_server_that_says_nothing_is_given_up(server: Server) -> None:
    with Fetcher(attempts=1, timeout=0.05) as fetcher, pytest.raises(IncompleteError, match="cannot be fetched"):
        fetcher.fetch(f"{server.url}/hang", limit=10)


def test_a_server_that_drips_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barehull.net._SLOWEST", 1 << 30)
    with Fetcher(timeout=0.1) as fetcher, pytest.raises(IncompleteError, match="given up after"):
        fetcher.fetch(f"{server.url}/drip", limit=10_000)


def test_no_network(fetcher: Fetcher) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        with pytest.raises(IncompleteError, match="refused") as caught:
            fetcher.fetch(f"http://127.0.0.1:{taken.getsockname()[1]}/x", limit=10)
    assert caught.value.exit_code == 3
    assert "--mirror" in caught.value.advice


def test_more_than_the_limit_is_refused(server: Server, fetcher: Fetcher) -> None:
    with pytest.raises(IntegrityError, match=f"longer than the {len(BODY) - 1} bytes"):
        fetcher.fetch(f"{server.url}/good", limit=len(BODY) - 1)


@pytest.mark.parametrize(
    ("name", "message"), [("longer", "longer than"), ("shorter", "were promised"), ("other", "SHA-256")]
)
def test_other_bytes_than_promised_are_refused_and_not_kept(
    server: Server, fetcher: Fetcher, store: Store, name: str, message: str
) -> None:
    with pytest.raises(IntegrityError, match=message):
        fetcher.download(f"{server.url}/{name}", store, sha256=SHA, size=len(BODY))
    assert kept(store) == []
    assert server.requests[name] == 1


def test_what_the_store_has_is_not_fetched(server: Server, fetcher: Fetcher, store: Store) -> None:
    store.put(BODY)
    assert fetcher.download(f"{server.url}/good", store, sha256=SHA, size=len(BODY)).read_bytes() == BODY
    assert server.requests.total() == 0


def test_what_is_damaged_in_the_store_is_fetched_again(server: Server, fetcher: Fetcher, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.put(BODY)
    (path,) = kept(store)
    path.write_bytes(b"x" + BODY[1:])
    again = Store(tmp_path / "store")
    assert fetcher.download(f"{server.url}/good", again, sha256=SHA, size=len(BODY)).read_bytes() == BODY


def files(folder: Path, count: int) -> list[Want]:
    wants = []
    for number in range(count):
        content = f"file {number}".encode()
        path = folder / f"{number}"
        path.write_bytes(content)
        wants.append(Want(str(path), hashlib.sha256(content).hexdigest(), len(content), f"file {number}"))
    return wants


def test_many_at_once_each_only_once(fetcher: Fetcher, store: Store, tmp_path: Path) -> None:
    wants = files(tmp_path, 30)
    told: list[str] = []
    paths = fetcher.download_all([*wants, *wants], store, progress=told.append)
    assert {want.sha256: Path(want.url).read_bytes() for want in wants} == {
        sha256: path.read_bytes() for sha256, path in paths.items()
    }
    assert told == ["fetching 30 files, 0.0 MB"]
    assert fetcher.download_all(wants, store, progress=told.append) == paths
    assert len(told) == 1, "nothing is told when nothing is fetched"


def test_one_failure_ends_all_and_what_came_is_kept(fetcher: Fetcher, store: Store, tmp_path: Path) -> None:
    wants = files(tmp_path, 300)
    Path(wants[20].url).unlink()
    with pytest.raises(NotFoundError, match="20"):
        fetcher.download_all(wants, store, workers=1)
    assert 0 < len(kept(store)) < 299


def test_an_interrupt_ends_what_is_under_way(server: Server, store: Store) -> None:
    wants = [Want(f"{server.url}/drip", "0" * 63 + str(number), 10_000, "drip") for number in range(4)]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with Fetcher() as fetcher, pytest.raises(KeyboardInterrupt):
            fetcher.download_all(wants, store)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert kept(store) == []
    assert server.requests["drip"] == 4


def test_nothing_wanted(fetcher: Fetcher, store: Store) -> None:
    assert fetcher.download_all([], store) == {}


def test_folders_and_file_urls(fetcher: Fetcher, tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "c+d").write_bytes(b"here")
    for base in (str(tmp_path / "a b"), (tmp_path / "a b").as_uri()):
        assert fetcher.fetch(join(base, "c+d"), limit=4) == b"here"
        with pytest.raises(NotFoundError, match="no file"):
            fetcher.fetch(join(base, "gone"), limit=4)
        with pytest.raises(IntegrityError, match="longer"):
            fetcher.fetch(join(base, "c+d"), limit=3)


def test_a_pipe_or_a_device_is_not_read(fetcher: Fetcher, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(NotFoundError):
            fetcher.fetch(str(path), limit=10)


@pytest.mark.parametrize("url", ["ftp://a.example/x", "gopher://x", "http://[::1", "http:///x"])
def test_other_kinds_of_addresses_are_wrong_usage(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(UsageError, match="not an address"):
        fetcher.fetch(url, limit=10)


def test_a_full_disk(fetcher: Fetcher, store: Store, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(BODY)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(BODY) // 2, limits[1]))
    try:
        with pytest.raises(IncompleteError, match="no space is left") as caught:
            fetcher.download(str(tmp_path / "body"), store, sha256=SHA, size=len(BODY))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "space" in caught.value.advice
    assert kept(store) == []


@pytest.mark.parametrize("path", ["../x", "a/../b", "/x", "", "a//b", "."])
def test_a_path_stays_beneath_its_base(path: str) -> None:
    with pytest.raises(InputError):
        join("http://a.example", path)


def test_names_are_quoted_in_urls_only() -> None:
    assert join("http://a.example/debian/", "pool/a%3a1+b~c d") == "http://a.example/debian/pool/a%253a1+b~c%20d"
    assert join("/srv/debian/", "pool/a%3a1+b~c d") == "/srv/debian/pool/a%3a1+b~c d"


def test_passwords_are_not_shown(fetcher: Fetcher) -> None:
    assert shown("https://me:secret@a.example:8080/x") == "https://a.example:8080/x"
    assert shown("https://a.example/x@y") == "https://a.example/x@y"
    with pytest.raises(IncompleteError) as caught:
        fetcher.fetch("http://me:secret@127.0.0.1:1/x", limit=1)
    assert "secret" not in caught.value.what
