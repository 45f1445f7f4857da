"""Small .debs in a store, locked."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from barehull.files import Store
from barehull.lock import LockedDeb


def _tar(files: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        folders: set[str] = set()
        for path, content in files.items():
            parts = path.split("/")[:-1]
            for depth in range(1, len(parts) + 1):
                folder = "/".join(parts[:depth])
                if folder not in folders:
                    folders.add(folder)
                    info = tarfile.TarInfo(f"./{folder}")
                    info.type, info.mode = tarfile.DIRTYPE, 0o755
                    archive.addfile(info)
            info = tarfile.TarInfo(f"./{path}")
            info.mtime = 1_700_000_000
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size, info.mode = len(content), 0o4755 if path.endswith("su") else 0o644
                archive.addfile(info, io.BytesIO(content))
    return lzma.compress(out.getvalue())


def _ar(members: dict[str, bytes]) -> bytes:
    out = b"!<arch>\n"
    for name, content in members.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        out += content + b"\n" * (len(content) % 2)
    return out


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def deb(store: Store) -> Callable[..., LockedDeb]:
    """Makes a package: a string is a link's target, bytes are a file's content."""

    def make(name: str, files: dict[str, bytes | str], *, version: str = "1.0", more: str = "") -> LockedDeb:
        control = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n{more}Description: a test\n"
        sums = "".join(
            f"{hashlib.md5(it).hexdigest()}  {path}\n" for path, it in files.items() if isinstance(it, bytes)
        )
        content = _ar(
            {
                "debian-binary": b"2.0\n",
                "control.tar.xz": _tar({"control": control.encode(), "md5sums": sums.encode()}),
                "data.tar.xz": _tar(files),
            }
        )
        sha256 = store.put(content)
        return LockedDeb(
            name, version, "amd64", name, version, "debian", "trixie", f"pool/{name}.deb", sha256, len(content)
        )

    return make
