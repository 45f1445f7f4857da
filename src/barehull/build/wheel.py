"""One wheel (PyPA's binary distribution format) -> the entries that it installs.

A wheel is what a stranger made: each of its files is checked against its RECORD, and nothing of it gets out of the
folders that it may fill.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from email.parser import BytesHeaderParser
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from barehull.core.errors import InputError
from barehull.lock import LockedWheel
from barehull.oci.model import Entry

_MAX_FILES = 200_000
_MAX_FILE = 1 << 30  # bytes
_SMALL, _RATIO = 256 << 20, 50  # a wheel may unpack to that many bytes, or to that many times its own size
_HASHES = {"sha256", "sha384", "sha512"}  # that a RECORD may use
_UNRECORDED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_MARKS = (*_UNRECORDED, "INSTALLER", "REQUESTED", "direct_url.json")  # an installer's, and not a wheel's to say
_INSTALLER = b"barehull\n"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)


def read_wheel(path: Path, wheel: LockedWheel, python: str) -> list[Entry]:
    """What the wheel at `path` installs for a Python ("3.13") of Debian, with RECORD and INSTALLER.

    Left out are scripts, whose first line names a Python, and bytecode, which is made of the source.
    Errors: InputError for a wheel that is broken, hostile, or of another distribution.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path.stat().st_size)
            content = {name: archive.read(info) for name, info in members.items()}
        stem = _stem(content, wheel)
        _check_record(content, f"{stem}.dist-info/")
        places = {name: _place(name, stem, python) for name in content}
    except _UnsoundError as error:
        raise _refused(wheel, str(error)) from error
    except _BROKEN as error:
        raise _refused(wheel, f"it is no zip that can be read whole: {error}") from error
    info = f"{_site(python)}/{stem}.dist-info/"
    entries = [
        Entry(places[name], "file", 0o755 if members[name].external_attr >> 16 & 0o111 else 0o644, content=data)
        for name, data in content.items()
        if places[name] and places[name] not in {info + mark for mark in _MARKS}
    ]
    entries.append(Entry(f"{info}INSTALLER", "file", content=_INSTALLER))
    return [*entries, Entry(f"{info}RECORD", "file", content=_record(entries, info, python))]


class _UnsoundError(Exception):
    """Why a wheel is not used."""


def _refused(wheel: LockedWheel, why: str) -> InputError:
    return InputError(
        f"{wheel.file} is not used: {why}",
        advice="Its publisher made it so. Choose another version of it, or ask there.",
    )


def _members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The files in the archive by their names, in their order; what it says of their sizes keeps within bounds."""
    infos = archive.infolist()
    if len(infos) > _MAX_FILES:
        raise _UnsoundError(f"it has {len(infos)} files")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > max(_SMALL, _RATIO * size) or any(info.file_size > _MAX_FILE for info in infos):
        raise _UnsoundError(f"its {size} bytes unpack to {unpacked}")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.orig_filename
        if not _is_inside(name.removesuffix("/")):
            raise _UnsoundError(f"{name[:200]!r} points out of it")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _UnsoundError(f"{name[:200]!r} is neither a file nor a folder")
        if name in members:
            raise _UnsoundError(f"it has {name[:200]!r} twice")
        if not info.is_dir():
            members[name] = info
    return members


def _is_inside(name: str) -> bool:
    return "\\" not in name and name.isprintable() and not {"", ".", ".."} & set(name.split("/"))


def _stem(content: Mapping[str, bytes], wheel: LockedWheel) -> str:
    """The name of the one folder NAME.dist-info, as flask-3.1.2, whose METADATA is of the locked distribution."""
    tops = {name.partition("/")[0] for name in content}
    stems = [top.removesuffix(".dist-info") for top in tops if top.endswith(".dist-info")]
    if len(stems) != 1:
        raise _UnsoundError(f"it has {len(stems)} folders .dist-info")
    headers = BytesHeaderParser()
    metadata, form = (
        headers.parsebytes(content.get(f"{stems[0]}.dist-info/{name}", b"")) for name in ("METADATA", "WHEEL")
    )
    if not str(form.get("Wheel-Version", "")).startswith("1."):
        raise _UnsoundError(f"its Wheel-Version is {str(form.get('Wheel-Version'))[:20]!r}, and not 1.x")
    name, version = str(metadata.get("Name", "")), str(metadata.get("Version", ""))
    try:
        same = canonicalize_name(name) == wheel.name and Version(version) == Version(wheel.version)
    except InvalidVersion:
        same = False
    if not same:
        raise _UnsoundError(f"it says that it is {f'{name} {version}'[:200]!r}, not {wheel.name} {wheel.version}")
    return stems[0]


def _check_record(content: Mapping[str, bytes], info: str) -> None:
    """Each file is in the RECORD with the hash that it has, and the RECORD has no other."""
    rows = csv.reader(io.StringIO(content.get(f"{info}RECORD", b"").decode("utf-8")), strict=True)
    try:
        recorded = {row[0].removeprefix("./"): row[1] for row in rows if row}
    except (IndexError, csv.Error) as error:
        raise _UnsoundError(f"its RECORD cannot be read: {error}") from error
    for name, data in content.items():
        if name in {info + mark for mark in _UNRECORDED}:
            continue
        algorithm, _, value = recorded.get(name, "").partition("=")
        if algorithm not in _HASHES:
            raise _UnsoundError(f"its RECORD has no hash of {name[:200]!r}")
        if _encoded(hashlib.new(algorithm, data).digest()) != value.rstrip("="):
            raise _UnsoundError(f"{name[:200]!r} is not what its RECORD says")
    if missing := sorted(name for name in recorded if not name.endswith("/") and name not in content):
        raise _UnsoundError(f"its RECORD has {missing[0][:200]!r}, and it has not")


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _site(python: str) -> str:
    return f"usr/local/lib/python{python}/dist-packages"


def _place(name: str, stem: str, python: str) -> str:
    """Where a file of the wheel goes, as Debian's Python has it; "" where it is left out."""
    if "__pycache__" in name.split("/"):
        return ""
    if not name.startswith(f"{stem}.data/"):
        return f"{_site(python)}/{name}"
    scheme, _, rest = name.removeprefix(f"{stem}.data/").partition("/")
    folders = {
        "purelib": _site(python),
        "platlib": _site(python),
        "data": "usr/local",
        "headers": f"usr/local/include/python{python}/{stem.rpartition('-')[0]}",
        "scripts": "",
    }
    if scheme not in folders or not rest:
        raise _UnsoundError(f"{name[:200]!r} has no place that is known")
    return f"{folders[scheme]}/{rest}" if folders[scheme] else ""


def _record(entries: Iterable[Entry], info: str, python: str) -> bytes:
    """The RECORD of what is installed: its paths are as seen from the folder of packages."""
    site = _site(python)
    rows = []
    for entry in entries:
        name = entry.path.removeprefix(f"{site}/")
        if name == entry.path:
            name = f"../../../{name.removeprefix('usr/local/')}"
        rows.append((name, f"sha256={_encoded(hashlib.sha256(entry.content).digest())}", str(len(entry.content))))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([*sorted(rows), (f"{info.removeprefix(f'{site}/')}RECORD", "", "")])
    return out.getvalue().encode()
