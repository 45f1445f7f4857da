"""Debian's docker-registry on loopback, and a proxy before it that misbehaves at one request."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAULTS = ("401", "403", "404", "429", "500", "reset", "truncated", "wrong bytes", "wrong length", "slow")
PASSING = ("429", "500", "reset", "truncated", "slow")  # that a client must get over
SLOW = 2.0
USER, PASSWORD = "gardener", "secret"
HTPASSWD = "gardener:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"


@contextmanager
def docker_registry(folder: Path, *, login: bool = False) -> Iterator[str]:
    """Its HOST:PORT."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if login:
        (folder / "htpasswd").write_text(HTPASSWD)
        config["auth"] = {"htpasswd": {"realm": "the lab", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(json.dumps(config))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


class Proxy(ThreadingHTTPServer):
    """Before the registry at `upstream`. `fault` happens at the request number `at` (from 0), or from there on."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.lock = threading.Lock()
        self.reset()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def reset(self, fault: str = "", at: int = -1, *, forever: bool = False) -> None:
        self.fault, self.at, self.forever = fault, at, forever
        self.seen: list[tuple[str, str, str]] = []  # method, path, Authorization
        self.ranges: list[str] = []
        self.watch: Callable[[int], None] = lambda number: None
        self.tokens = 0  # how many requests a token is good for; 0 asks for none
        self.left = 0
        self.given = 0
        self.elsewhere = ""  # where blobs are redirected to

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *args: object) -> None:
        pass

    def serve(self) -> None:
        proxy = self.server
        authorization = self.headers.get("Authorization", "")
        with proxy.lock:
            number = len(proxy.seen)
            proxy.seen.append((self.command, self.path, authorization))
            if "Range" in self.headers:
                proxy.ranges.append(self.headers["Range"])
        proxy.watch(number)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if self.headers.get(
            "Transfer-Encoding") != "chunked" else self._unchunked()  # fmt: skip
        if proxy.tokens and not self._may_pass(authorization):
            return
        if proxy.elsewhere and self.command == "GET" and "/blobs/" in self.path:
            self._send(307, {"Location": f"http://{proxy.elsewhere}{self.path}"}, b"")
            return
        fault = proxy.fault if number == proxy.at or (proxy.forever and number >= proxy.at) else ""
        if fault.isdecimal():
            self._send(int(fault), {"Retry-After": "0"} if fault == "429" else {}, b'{"errors": [{"code": "PLANTED"}]}')
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        else:
            self._forward(body, fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def _unchunked(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _may_pass(self, authorization: str) -> bool:
        """Docker's token protocol, with tokens that are good for a few requests."""
        proxy = self.server
        if self.path.startswith("/token?"):
            known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            with proxy.lock:
                proxy.left, proxy.given = proxy.tokens, proxy.given + 1
            if authorization == f"Basic {known}":
                self._send(200, {}, json.dumps({"token": f"token-{proxy.given}", "expires_in": 60}).encode())
            else:
                self._send(401, {}, b"{}")
            return False
        with proxy.lock:
            good = proxy.left > 0 and authorization == f"Bearer token-{proxy.given}"
            proxy.left -= good
        if not good:
            challenge = f'Bearer realm="http://{proxy.address}/token",service="the lab",scope="repository:x:pull"'
            self._send(401, {"WWW-Authenticate": challenge}, b"{}")
        return good

    def _forward(self, body: bytes, fault: str) -> None:
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=30)
        drop = (
            "transfer-encoding",
            "connection",
            "content-length",
            *(("authorization",) if self.server.tokens else ()),
        )
        headers = {name: value for name, value in self.headers.items() if name.lower() not in drop}
        upstream.request(self.command, self.path, body, {**headers, "Content-Length": str(len(body))})
        answer = upstream.getresponse()
        data = answer.read()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in ("transfer-encoding", "date")}
        upstream.close()
        if fault == "wrong bytes":
            data = bytes(byte ^ 1 for byte in data[:1]) + data[1:]
        elif fault == "wrong length":
            data = data[:-1]
        if self.command != "HEAD":
            kept["Content-Length"] = str(len(data))
        if fault == "truncated":
            kept["Content-Length"] = str(len(data) + (0 if data else 10))
            data = data[: len(data) // 2]
            self.close_connection = True
        self._send(answer.status, kept, data, SLOW if fault == "slow" else 0.0)

    def _send(self, status: int, headers: dict[str, str], data: bytes, pause: float = 0.0) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        time.sleep(pause)  # before the headers reach anybody
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
