"""A small Debian archive of our own, signed with a key of our own, in a folder."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pysequoia
import pytest
import zstandard

from barehull.debian.mirror import Mirror

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PACK = {"": bytes, "gz": gzip.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor().compress}


class Key:
    """An OpenPGP key pair; `cert` is the public half."""

    def __init__(self, name: str) -> None:
        self._secret = pysequoia.Tsk.generate(f"{name} <{name}@example.org>")
        self.cert = self._secret.extract_certificate()

    def sign(self, text: bytes, mode: pysequoia.SignatureMode = pysequoia.SignatureMode.CLEAR) -> bytes:
        return pysequoia.sign(self._secret.signer(), text, mode=mode)


def tar(entries: list[tarfile.TarInfo | tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry in entries:
            info, content = (
                (entry, b"") if isinstance(entry, tarfile.TarInfo) else (tarfile.TarInfo(entry[0]), entry[1])
            )
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def ar(members: list[tuple[str, bytes]]) -> bytes:
    out = b"!<arch>\n"
    for name, content in members:
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        out += header + content + b"\n" * (len(content) % 2)
    return out


def deb(control: bytes, data: list[tarfile.TarInfo | tuple[str, bytes]], *, pack: str = "xz", **more: bytes) -> bytes:
    """A .deb; `more` are further files of its control member, e.g. md5sums=b"..."."""
    suffix = f".{pack}" if pack else ""
    files = [("./control", control), *((f"./{name}", content) for name, content in more.items())]
    return ar(
        [
            ("debian-binary", b"2.0\n"),
            (f"control.tar{suffix}", PACK[pack](tar(files))),
            (f"data.tar{suffix}", PACK[pack](tar(data))),
        ]
    )


@dataclass
class ArchiveFolder:
    """The folder that holds debian/ and debian-security/; packages are added to a suite, then it is published."""

    root: Path
    key: Key
    _stanzas: dict[str, list[str]] = field(default_factory=dict)

    @property
    def mirror(self) -> Mirror:
        return Mirror(str(self.root / "debian"), str(self.root / "debian-security"))

    def of(self, suite: str) -> Path:
        return self.root / ("debian-security" if suite.endswith("-security") else "debian")

    def add(self, suite: str, name: str, version: str = "1.0", **fields: str) -> bytes:
        """Add a package with these fields (underscores for dashes); its .deb."""
        known = {"Package": name, "Version": version, "Architecture": "amd64"}
        known |= {key.replace("_", "-").title(): value for key, value in fields.items()}
        control = "".join(f"{key}: {value}\n" for key, value in known.items())
        content = deb(control.encode(), [(f"./usr/share/doc/{name}/copyright", b"free\n")])
        path = f"pool/main/{name}_{version}_amd64.deb"
        self._write(self.of(suite) / path, content)
        where = f"Filename: {path}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
        self._stanzas.setdefault(suite, []).append(control + where)
        return content

    def publish(
        self,
        suite: str,
        *,
        codename: str | None = None,
        date: datetime = NOW - timedelta(days=2),
        valid_until: datetime | None = NOW + timedelta(days=5),
        by_hash: bool = True,
        kinds: tuple[str, ...] = ("gz", "xz"),
    ) -> Path:
        """Write the indexes and the InRelease file of a suite; its folder in dists/."""
        packages = "\n".join(self._stanzas.get(suite, [])).encode()
        dists = self.of(suite) / "dists" / suite
        lines = ["Origin: Debian", f"Codename: {codename or suite}", f"Date: {format_datetime(date, usegmt=True)}"]
        lines += [f"Valid-Until: {format_datetime(valid_until, usegmt=True)}"] if valid_until else []
        lines += ["Acquire-By-Hash: yes"] if by_hash else []
        lines += ["Architectures: amd64", "MD5Sum:", f" {'0' * 32} 1 main/binary-amd64/Packages", "SHA256:"]
        folder = dists / "main/binary-amd64"
        for kind in ("", *kinds):
            content = PACK[kind](packages)
            sha256 = hashlib.sha256(content).hexdigest()
            name = f"Packages.{kind}" if kind else "Packages"
            lines.append(f" {sha256} {len(content)} main/binary-amd64/{name}")
            if kind:
                self._write(folder / name, content)
                self._write(folder / "by-hash/SHA256" / sha256, content)
        self._write(dists / "InRelease", self.key.sign("\n".join([*lines, ""]).encode()))
        return dists

    def publish_all(self) -> None:
        for suite in ("trixie", "trixie-updates", "trixie-security"):
            self.publish(suite)

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture(scope="session")
def key() -> Key:
    return Key("archive")


@pytest.fixture
def folder(tmp_path: Path, key: Key) -> ArchiveFolder:
    return ArchiveFolder(tmp_path / "mirror", key)


@pytest.fixture(scope="session")
def other() -> Key:
    return Key("somebody else")


@pytest.fixture(scope="session")
def make_ar() -> Callable[[list[tuple[str, bytes]]], bytes]:
    return ar


@pytest.fixture(scope="session")
def make_tar() -> Callable[..., bytes]:
    return tar


@pytest.fixture(scope="session")
def make_deb() -> Callable[..., bytes]:
    return deb
