"""Images in memory, file by file."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable

import pytest

from barehull.inventory.model import Inventory
from barehull.inventory.take import take_inventory
from barehull.oci.model import Config, Entry, Image
from barehull.oci.rootfs import Rootfs

OS_RELEASE = b'PRETTY_NAME="Distroless"\nID="debian"\nVERSION_ID="13"\n'
ELF = b"\x7fELF" + bytes(60)
LIB = "usr/lib/x86_64-linux-gnu/libssl.so.3"
CONTROL = b"Package: libssl3t64\nSource: openssl (3.5.1-1)\nVersion: 3.5.1-1+b1\nArchitecture: amd64\n"


def file(path: str, content: bytes = b"", mode: int = 0o644) -> Entry:
    return Entry(path, "file", mode, content=content)


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def recorded(path: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(content)}\n"


def openssl() -> list[Entry]:
    """libssl3t64 as distroless has it."""
    return [
        file("etc/os-release", OS_RELEASE),
        file(LIB, ELF),
        file("var/lib/dpkg/status.d/libssl3t64", CONTROL),
        file("var/lib/dpkg/status.d/libssl3t64.md5sums", f"{md5(ELF)}  {LIB}\n".encode()),
    ]


def wheel(name: str = "demo", version: str = "1.0", files: dict[str, bytes] | None = None) -> list[Entry]:
    """An installed distribution with `files`; all of them are in its RECORD."""
    base = "usr/local/lib/python3.13/dist-packages"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\ntext".encode()
    contents = {**(files or {}), f"{info}/METADATA": metadata}
    record = "".join(recorded(path, content) for path, content in contents.items())
    entries = [file(f"{base}/{path}", content) for path, content in contents.items()]
    return [*entries, file(f"{base}/{info}/RECORD", f"{record}{info}/RECORD,,\n".encode())]


def jar(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of Java with `files`, by their paths."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        for path, content in files.items():
            made.writestr(zipfile.ZipInfo(path), content, compression)
    return buffer.getvalue()


@pytest.fixture
def inventory() -> Callable[..., Inventory]:
    def take(entries: list[Entry], working_dir: str = "/") -> Inventory:
        image = Image("sha256:" + "a" * 64, Config(working_dir=working_dir), (), None)
        with Rootfs.of_entries(entries) as rootfs:
            return take_inventory(image, rootfs)

    return take
