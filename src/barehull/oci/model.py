"""The values of an image (OCI image specification 1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Kind = Literal["file", "directory", "symlink", "device"]

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
MAX_LAYERS = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One path that goes into a layer. `path` has no leading or trailing slash and no `..`; "" is the root."""

    path: str
    kind: Kind
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    content: bytes = b""
    target: str = ""  # of a symlink, as written
    mtime: int = 0  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: `digest` and `size` (bytes) of the compressed blob, `diff_id` of the tar inside ("sha256:...")."""

    digest: str
    diff_id: str
    size: int
    created_by: str = ""
    media_type: str = LAYER_GZIP


@dataclass(frozen=True, slots=True)
class Config:
    """How the image runs. `env` keeps its order; `user` is as written in the image ("65532", "app", "")."""

    architecture: str = "amd64"
    os: str = "linux"
    variant: str = ""
    env: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    user: str = ""
    working_dir: str = "/"
    exposed_ports: tuple[str, ...] = ()  # "5000/tcp"
    labels: tuple[tuple[str, str], ...] = ()
    stop_signal: str = ""

    @property
    def platform(self) -> str:
        """What the image runs on: "linux/amd64", "linux/arm64/v8"."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class Blobs(Protocol):
    """Where an image's bytes are: `path(digest)` is a local file whose content was checked against the digest."""

    def path(self, digest: str) -> Path:
        """The file of "sha256:HEX". Errors: InputError, IntegrityError."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image whose blobs are at hand. `digest` is the manifest's."""

    digest: str
    config: Config
    layers: tuple[Layer, ...]
    blobs: Blobs = field(repr=False, compare=False)
    annotations: tuple[tuple[str, str], ...] = ()

    @property
    def compressed_size(self) -> int:
        """Bytes of all compressed layers."""
        return sum(layer.size for layer in self.layers)
