"""Images that lie, by every way an image comes in, through the program: words and an exit code, never a defect.

Each case is a layout, read as it is, in a tar and from a registry on loopback; its layers in a docker-archive too.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from barehull.cli.main import main

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
DPKG = "var/lib/dpkg/status.d/x"
VAX = {"os": "linux", "architecture": "vax"}
NO_LAYER = {"mediaType": GZIP, "digest": "x", "size": 0}
STANZA = b"Package: x\nVersion: 1\nArchitecture: amd64\nMaintainer: x <x@example.org>\n"
Lies = dict[str, Any]


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def tar(*members: tuple[str, bytes, bytes | str]) -> bytes:
    """Entries of a name, a type and a content or target, written down without a look at them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if isinstance(content, str):
                info.linkname = content
                archive.addfile(info)
            else:
                info.size = len(content) if kind == tarfile.REGTYPE else 0
                archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def files(**contents: bytes) -> bytes:
    return tar(*((name.replace("__", "/"), tarfile.REGTYPE, content) for name, content in contents.items()))


SOUND = tar((DPKG, tarfile.REGTYPE, STANZA), ("etc/os-release", tarfile.REGTYPE, b"ID=debian\nVERSION_ID=13\n"))


@dataclass(frozen=True)
class Case:
    """A layer on top of a sound one; lies about it, in configuration, manifest and index; the end, in which words."""

    words: str = ""
    code: int = 2
    top: bytes = b""
    packed: bytes | None = None
    layer: Lies | None = None
    config: Lies | bytes | None = None
    manifest: Lies | bytes | None = None
    index: Lies | None = None


def entry(name: str, kind: bytes = tarfile.REGTYPE, content: bytes | str = b"x") -> bytes:
    return tar((name, kind, content))


# Of what a layer holds: these come by a docker-archive as well.
CONTENT = {
    "nothing wrong": Case(code=3),
    "a path that climbs": Case("points outside", top=entry("a/../../b")),
    "a hard link out": Case("points outside", top=entry("a", tarfile.LNKTYPE, "../../etc/passwd")),
    "a hard link to nothing": Case("hard link", top=entry("a", tarfile.LNKTYPE, "gone")),
    "a symbolic link out": Case(code=3, top=tar(("etc/os-release", tarfile.SYMTYPE, "../../../../etc/os-release"))),
    "links in a circle": Case(code=3, top=tar(("a", tarfile.SYMTYPE, "b"), ("b", tarfile.SYMTYPE, "a"))),
    "through a circle": Case("link", top=tar(("a", tarfile.SYMTYPE, "a"), ("a/b", tarfile.REGTYPE, b""))),
    "a device": Case(code=3, top=entry("dev/sda", tarfile.BLKTYPE)),
    "a pipe for the list of packages": Case(code=3, top=entry(DPKG, tarfile.FIFOTYPE)),
    "a whiteout of what is above": Case("whiteout", top=entry("a/.wh...")),
    "a whiteout of nothing": Case("whiteout", top=entry("a/.wh.")),
    "one name twice": Case(code=3, top=tar(("a", tarfile.REGTYPE, b"1"), ("a", tarfile.SYMTYPE, "/etc"))),
    "a header of two megabytes": Case("extended headers", top=entry("a" * (2 << 20))),
    "a link of two megabytes": Case("extended headers", top=entry("a", tarfile.SYMTYPE, "a" * (2 << 20))),
    "a sparse file": Case("sparse", top=entry("a", tarfile.GNUTYPE_SPARSE)),
    "no tar": Case("not a tar", top=b"<html>" * 1000),
    "half a tar": Case("not a tar", top=SOUND[:540]),
    "a folder for a file": Case(code=3, top=entry("etc/os-release", tarfile.DIRTYPE)),
    "packages that are bytes": Case(code=3, top=tar((DPKG, tarfile.REGTYPE, bytes(range(256)) * 64))),
    "a package without a version": Case(code=3, top=tar((DPKG, tarfile.REGTYPE, b"Package: x\n"))),
    "a package of many megabytes": Case(code=3, top=tar((DPKG, tarfile.REGTYPE, STANZA + b" a" * (40 << 20)))),
    "a name to steer a terminal": Case(code=3, top=tar((DPKG, tarfile.REGTYPE, STANZA.replace(b"x", b"\x1b[2J")))),
    "a machine file that is cut": Case(code=3, top=files(usr__bin__x=b"\x7fELF\x02\x01\x01" + bytes(20))),
    "a machine file of lies": Case(code=3, top=files(usr__lib__x=b"\x7fELF\x02\x01\x01" + b"\xff" * 200)),
    "metadata that is none": Case(code=3, top=files(**{"x-1.dist-info__METADATA": b"\xff\0\n" * 1000})),
}
PLACES = {
    "a bomb": Case("bomb|more than", packed=gzip.compress(bytes(300 << 20), 9), top=bytes(300 << 20)),
    "content of another digest": Case("in place of|as promised|other content", layer={"digest": sha256(b"another")}),
    "content that is nowhere": Case("lacks the|404", layer={"digest": sha256(b"nowhere")}),
    "a digest by sha512": Case("sha512|digest", layer={"digest": "sha512:" + "0" * 128}),
    "a digest that is a path": Case("digest|SHA-256", layer={"digest": "sha256:../../../etc/passwd"}),
    "a size that is too small": Case("bytes|size", layer={"size": 1}),
    "a size that is too large": Case("bytes|size", layer={"size": 1 << 30}),
    "a negative size": Case("not an image's manifest", layer={"size": -1}),
    "a size beyond all numbers": Case("not an image's manifest", layer={"size": 1 << 80}),
    "an unknown kind of layer": Case("media type", layer={"mediaType": "application/zip"}),
    "a layer that is elsewhere": Case("media type", layer={"mediaType": FOREIGN, "urls": ["http://127.0.0.1:9/x"]}),
    "a layer that unpacks otherwise": Case("diff ID", config={"rootfs": {"diff_ids": [sha256(b"")] * 2}}),
    "a configuration that is no JSON": Case("not JSON", config=b"<html>"),
    "a configuration of a list": Case("not a JSON object", config=b"[]"),
    "a configuration without layers": Case("layers", config={"rootfs": {"type": "layers", "diff_ids": []}}),
    "a manifest that is no JSON": Case("not JSON", manifest=b"{"),
    "a manifest of schema 1": Case("not an image|media type", manifest={"schemaVersion": 1, "mediaType": SCHEMA_1}),
    "a manifest of another kind": Case("not an image|media type", manifest={"mediaType": "text/html"}),
    "ten thousand layers": Case("10000 layers", manifest={"layers": [NO_LAYER] * 10**4}),
    "notes of five megabytes": Case("larger than|longer than", manifest={"annotations": {"a": "a" * (5 << 20)}}),
    "notes that are no words": Case(code=3, manifest={"annotations": {"a": {"b": 1}}}),
    "an index of nothing": Case("no such image|without images", index={"manifests": []}),
    "an image of another platform": Case("no image for linux", config={"architecture": "vax"}, index={"platform": VAX}),
    "an index of negative sizes": Case("size|descriptor|index", index={"size": -7}),
    "an index of words": Case("index|descriptor", index={"manifests": ["x"]}),
}  # fmt: skip


def lied(value: Lies, lies: Lies | bytes | None) -> bytes:
    return lies if isinstance(lies, bytes) else json.dumps(value | (lies or {})).encode()


def layout(case: Case, folder: Path) -> Path:
    """The case as a layout."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def keep(data: bytes, kind: str) -> Lies:
        (blobs / sha256(data)[7:]).write_bytes(data)
        return {"mediaType": kind, "digest": sha256(data), "size": len(data)}

    tars = [SOUND, case.top or SOUND]
    packed = [gzip.compress(SOUND, 1), case.packed or gzip.compress(tars[1], 1)]
    layers = [keep(data, GZIP) for data in packed]
    layers[1] |= case.layer or {}
    (blobs / sha256(b"another")[7:]).write_bytes(packed[1])
    rootfs = {"type": "layers", "diff_ids": [sha256(data) for data in tars]}
    config = keep(lied({"architecture": "amd64", "os": "linux", "rootfs": rootfs}, case.config), CONFIG)
    value = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
    platform = {"platform": {"os": "linux", "architecture": "amd64"}}
    manifests = [keep(lied(value, case.manifest), MANIFEST) | platform | (case.index or {})]
    listed = {"schemaVersion": 2, "mediaType": INDEX, "manifests": (case.index or {}).get("manifests", manifests)}
    (folder / "index.json").write_text(json.dumps(listed))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder


class Registry(ThreadingHTTPServer):
    """A layout as a repository `app`: what its index says is under the tag `latest`."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Registry

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        kind, _, name = self.path.removeprefix("/v2/app/").partition("/")
        digest = name.removeprefix("sha256:")
        path = self.server.folder / ("index.json" if name == "latest" else f"blobs/sha256/{digest}")
        found = kind in ("manifests", "blobs") and "/" not in digest and path.is_file()
        body = path.read_bytes() if found else b"{}"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET


def in_place(case: Case, folder: Path) -> Iterator[str]:
    yield f"oci:{layout(case, folder / 'image')}"


def in_a_tar(case: Case, folder: Path) -> Iterator[str]:
    with tarfile.open(folder / "image.tar", "w") as archive:
        archive.add(layout(case, folder / "image"), ".")
    yield f"oci-archive:{folder / 'image.tar'}"


def at_a_registry(case: Case, folder: Path) -> Iterator[str]:
    server = Registry(layout(case, folder / "image"))
    try:
        yield f"docker://127.0.0.1:{server.server_port}/app"
    finally:
        server.shutdown()
        server.server_close()


def in_a_docker_archive(case: Case, folder: Path) -> Iterator[str]:
    tars = [SOUND, case.top or SOUND]
    rootfs = {"type": "layers", "diff_ids": [sha256(data) for data in tars]}
    config = lied({"architecture": "amd64", "os": "linux", "rootfs": rootfs}, case.config)
    names = [f"{number}/layer.tar" for number in range(len(tars))]
    listed = [{"Config": f"{sha256(config)[7:]}.json", "RepoTags": ["app:latest"], "Layers": names}]
    members = [(f"{sha256(config)[7:]}.json", config), *zip(names, tars, strict=True)]
    members.append(("manifest.json", json.dumps(listed).encode()))
    (folder / "image.tar").write_bytes(tar(*((name, tarfile.REGTYPE, data) for name, data in members)))
    yield f"docker-archive:{folder / 'image.tar'}"


WAYS = {"oci": in_place, "oci-archive": in_a_tar, "docker": at_a_registry, "docker-archive": in_a_docker_archive}
Scan = Callable[[str], tuple[int, str]]


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Scan:
    """The program in this process: its exit code, and what it says."""
    monkeypatch.setenv("BAREHULL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def run(reference: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["barehull", "scan", reference, "--platform", "linux/amd64", "-q"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(str(ended.value.code)), said.out + said.err

    return run


def check(case: Case, way: str, scan: Scan, tmp_path: Path) -> None:
    before = time.monotonic()
    for reference in WAYS[way](case, tmp_path):
        code, said = scan(reference)
    assert "defect" not in said, said
    assert "Traceback" not in said
    assert "\x1b" not in said
    gone = way == "docker" and "404" in said  # whoever asks again may get it
    assert code == (3 if gone else case.code), said
    if case.words:
        assert re.search(case.words, said), said
        assert "what to do: " in said
    assert len(said) < 20_000
    assert time.monotonic() - before < 60  # it ends: no measurement


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CONTENT)
def test_what_a_layer_may_hold(case: str, way: str, scan: Scan, tmp_path: Path) -> None:
    check(CONTENT[case], way, scan, tmp_path)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "docker-archive"])
@pytest.mark.parametrize("case", PLACES)
def test_what_may_be_said_of_an_image(case: str, way: str, scan: Scan, tmp_path: Path) -> None:
    check(PLACES[case], way, scan, tmp_path)


NAMES = ["docker://127.0.0.1:1/app:..", "docker://127.0.0.1:1/app@sha256:x", "oci:x:..", "oci:", "docker://"]


@pytest.mark.parametrize("reference", NAMES)
def test_what_is_no_reference(reference: str, scan: Scan) -> None:
    code, said = scan(reference)
    assert (code, "defect" in said) == (2, False)
    assert "what to do: " in said
