""".deb files (deb(5)): an ar archive of the package's control files and of its data, each a compressed tar.

Nothing of a package is ever run or written to a path that it chooses: it is read into values.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from barehull.core.errors import IncompleteError, InputError
from barehull.decompress import Unpacked, decompress

_ADVICE = "The file is damaged or hostile: get it again, from Debian's archive."
_AR = b"!<arch>\n"
_CONTROL_LIMIT = 16 << 20
_DATA_LIMIT = 2 << 30


@dataclass(frozen=True, slots=True)
class DebEntry:
    """One path of a package: no leading slash or dot, no "..", a hard link already resolved to its content.

    `mtime` is in seconds since the epoch; `target` is a symlink's, as written.
    """

    path: str
    kind: Literal["file", "directory", "symlink"]
    mode: int
    uid: int
    gid: int
    mtime: int
    content: bytes = field(default=b"", repr=False)
    target: str = ""


@dataclass(frozen=True, slots=True)
class Deb:
    """A package's content: `files` are its control files by name ("control", "md5sums", "conffiles", "postinst")."""

    files: Mapping[str, bytes]
    entries: tuple[DebEntry, ...]

    @property
    def control(self) -> bytes:
        """The control file, verbatim."""
        return self.files["control"]

    @property
    def md5sums(self) -> bytes:
        """The md5sums file, verbatim; empty when the package has none."""
        return self.files.get("md5sums", b"")


def read_deb(path: Path) -> Deb:
    """The content of a .deb, whose hash was checked before.

    Errors: InputError when it is not one, is damaged, has an unsafe path or a device, or is bigger than 2 GiB.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path.name)
    except OSError as error:
        raise IncompleteError(f"{path} cannot be read: {error.strerror}", advice=_ADVICE) from error


def _read(file: BinaryIO, what: str) -> Deb:
    members = [(name, content) for name, content in _members(file, what) if not name.startswith("_")]
    stems = [name.partition(".tar")[0] for name, _ in members]
    if stems != ["debian-binary", "control", "data"] or not members[0][1].startswith(b"2."):
        raise _refused(what, f"it has the members {', '.join(stems)}, not those of a Debian package of format 2")
    control = _entries(*members[1], what, _CONTROL_LIMIT)
    files = {entry.path: entry.content for entry in control if entry.kind == "file"}
    if "control" not in files:
        raise _refused(what, "it has no control file")
    return Deb(files, tuple(_entries(*members[2], what, _DATA_LIMIT)))


def _members(file: BinaryIO, what: str) -> Iterator[tuple[str, bytes]]:
    """The members of an ar archive: headers of 60 bytes, contents padded to an even length (deb(5), ar(5))."""
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    if file.read(len(_AR)) != _AR:
        raise _refused(what, "it is not an ar archive")
    while header := file.read(60):
        size = header[48:58].rstrip(b" ")
        if header[58:] != b"`\n" or not size.isdigit():
            raise _refused(what, "a member's header is damaged")
        if file.tell() + int(size) > end:
            raise _refused(what, "it is truncated")
        content = file.read(int(size))
        file.read(len(content) % 2)
        yield header[:16].rstrip(b" ").removesuffix(b"/").decode("ascii", "replace"), content


def _entries(name: str, packed: bytes, what: str, limit: int) -> Iterator[DebEntry]:
    what = f"{what} ({name})"
    kind = name.partition(".tar")[2].removeprefix(".")
    pieces = decompress(io.BytesIO(packed), kind, limit=limit, what=what)
    seen: dict[str, DebEntry] = {}
    try:
        with tarfile.open(fileobj=io.BufferedReader(Unpacked(pieces), 1 << 18), mode="r|") as archive:
            for info in archive:
                entry = _entry(archive, info, seen, what)
                if entry.path in seen:
                    raise _refused(what, f"{entry.path} is in it twice")
                seen[entry.path] = entry
                if entry.path:
                    yield entry
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        raise _refused(what, str(error)) from error


def _entry(archive: tarfile.TarFile, info: tarfile.TarInfo, seen: Mapping[str, DebEntry], what: str) -> DebEntry:
    path = _safe(info.name, what)
    kind: Literal["file", "directory", "symlink"] = "file"
    content, target = b"", ""
    if info.isdir():
        kind = "directory"
    elif info.issym():
        kind, target = "symlink", info.linkname
    elif info.islnk():
        original = seen.get(_safe(info.linkname, what))
        if original is None or original.kind != "file":
            raise _refused(what, f"the hard link {path} leads to no file before it")
        content = original.content
    elif info.isreg() and not info.issparse():
        data = archive.extractfile(info)
        content = data.read() if data else b""
    else:
        raise _refused(what, f"{path} is neither a file nor a folder nor a link")
    return DebEntry(path, kind, info.mode & 0o7777, info.uid, info.gid, int(info.mtime), content, target)


def _safe(name: str, what: str) -> str:
    path = name.removeprefix("./").rstrip("/")
    if path in ("", "."):
        return ""
    if any(part in ("", ".", "..") for part in path.split("/")) or "\0" in path:
        raise _refused(what, f"{name!r} is not a safe path")
    return path


def _refused(what: str, why: str) -> InputError:
    return InputError(f"{what} cannot be used: {why}", advice=_ADVICE)
