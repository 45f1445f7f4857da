"""Layers and layouts written by hand, byte by byte, so that they can lie."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from barehull.core.errors import BarehullError
from barehull.files import Store
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import CONFIG, INDEX, MANIFEST, Config, Entry, Image, Layer
from barehull.oci.rootfs import Rootfs

TAG = "org.opencontainers.image.ref.name"
TAR = "application/vnd.oci.image.layer.v1.tar"
GZIP, ZSTD = f"{TAR}+gzip", f"{TAR}+zstd"
PACK = {TAR: bytes, GZIP: gzip.compress, ZSTD: zstandard.ZstdCompressor().compress}
Descriptor = dict[str, Any]


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def file(path: str, content: bytes = b"", mode: int = 0o644) -> Entry:
    return Entry(path, "file", mode, content=content)


def link(path: str, target: str) -> Entry:
    return Entry(path, "symlink", 0o777, target=target)


def image(store: Store, *layers: list[Entry], config: Config | None = None) -> Image:
    """An image as barehull makes it."""
    written = [write_layer(with_parents(it), store, created_by=f"step {n}") for n, it in enumerate(layers)]
    return make_image(config or Config(), written, store)


def tar(*members: tuple[str, bytes | str] | tarfile.TarInfo) -> bytes:
    """A tar as the standard library writes it: ("a", b"content"), ("a/", b"") for a folder, ("a", "target")."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            name, content = member
            info = tarfile.TarInfo(name.rstrip("/"))
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
            elif name.endswith("/"):
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content if isinstance(content, bytes) else b""))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    """A hard link or a device."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info


def hard(name: str, target: str) -> tarfile.TarInfo:
    return special(name, tarfile.LNKTYPE, target)


class HandMade:
    """A layout in the making. Each step takes `lies`: fields that are replaced, or left out where they are None."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def path(self, digest: str) -> Path:
        return self.folder / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def blob(self, data: bytes, media_type: str, **lies: Any) -> Descriptor:
        self.path(sha256(data)).write_bytes(data)
        return lied({"mediaType": media_type, "digest": sha256(data), "size": len(data)}, lies)

    def json(self, value: object, media_type: str, **lies: Any) -> Descriptor:
        return self.blob(json.dumps(value).encode(), media_type, **lies)

    def layer(self, data: bytes, media_type: str = GZIP, **lies: Any) -> Descriptor:
        return self.blob(PACK[media_type](data), media_type, **lies)

    def config(self, *tars: bytes, **lies: Any) -> Descriptor:
        rootfs = {"type": "layers", "diff_ids": [sha256(data) for data in tars]}
        return self.json(lied({"architecture": "amd64", "os": "linux", "rootfs": rootfs}, lies), CONFIG)

    def manifest(self, config: Descriptor, layers: object = (), /, **lies: Any) -> Descriptor:
        value = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
        return self.json(lied(value, lies), MANIFEST)

    def image(self, *tars: bytes, media_type: str = GZIP) -> Descriptor:
        return self.manifest(self.config(*tars), [self.layer(data, media_type) for data in tars])

    def index(self, *manifests: Descriptor) -> Path:
        """Finish the layout."""
        value = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
        (self.folder / "index.json").write_text(json.dumps(value))
        return self.folder


def lied(value: dict[str, Any], lies: dict[str, Any]) -> dict[str, Any]:
    return {name: it for name, it in {**value, **lies}.items() if it is not None}


def merged(store: Store, *tars: bytes) -> Rootfs:
    """The view of layers that others wrote."""
    layers = []
    for data in tars:
        packed = gzip.compress(data, 1)
        layers.append(Layer(f"sha256:{store.put(packed)}", sha256(data), len(packed)))
    return Rootfs.of(Image("sha256:" + "0" * 64, Config(), tuple(layers), store))


def paths(rootfs: Rootfs) -> list[str]:
    return [node.path for node in rootfs.walk() if node.path]


def helpful(error: BarehullError) -> bool:
    """Whether a user can read it: short, printable, and with what to do."""
    text = error.what + error.advice
    return len(text) < 2000 and text.isprintable() and error.advice.endswith(".")


@contextlib.contextmanager
def value_or_known_error() -> Iterator[None]:
    """Around what must end with a value, or with an error that a user can read."""
    try:
        yield
    except BarehullError as error:
        if not helpful(error):
            pytest.fail(f"no user can read {error!r}")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def made(tmp_path: Path) -> HandMade:
    return HandMade(tmp_path / "layout")
