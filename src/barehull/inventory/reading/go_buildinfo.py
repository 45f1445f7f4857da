"""The build information in a Go program: Go's debug/buildinfo and runtime/debug.ParseBuildInfo, for ELF.

https://go.dev/src/debug/buildinfo/buildinfo.go describes the blob. All lengths and pointers in it are checked: it may
be forged.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from barehull.inventory.reading.machine_code import MachineCode, read_machine_code
from barehull.oci.facts import Content, Fact

_MAGIC = b"\xff Go buildinf:"
_ALIGNMENT, _HEADER = 16, 32
_BIG_ENDIAN, _INLINE = 1, 2
_MAX_SEARCHED = 64 << 20  # bytes of a data segment; the linker puts the blob first
# Places that look like a blob, and those of them that are tried: programs that read it have its magic among their data.
_MAX_SEEN, _MAX_TRIED = 256, 4
_MAX_VERSION, _MAX_TEXT = 1 << 10, 1 << 20  # bytes; the text of a program of 200 modules has 20 KB
_SENTINEL = 16  # bytes around the text


@dataclass(frozen=True, slots=True)
class GoModule:
    """A module, and what is in its place: another one, or a folder, which has no version."""

    path: str
    version: str
    replacement: str = ""
    replacement_version: str = ""


@dataclass(frozen=True, slots=True)
class GoBuild:
    """What a Go program tells: Go's version, the import path of its main package, and the modules, its own first.

    Neither path nor modules: it was built without modules, by Bazel for example. `pure`: it says that it was built
    without C (since Go 1.18). `broken`: why it cannot be read.
    """

    version: str
    path: str = ""
    modules: tuple[GoModule, ...] = ()
    pure: bool = False
    broken: str = ""


def _find(content: Content) -> GoBuild | None:
    code = read_machine_code(content)
    if code is None:
        return None
    tried = None
    for address in _places(code):
        tried = _read(code, address)
        if not tried.broken:
            return tried
    return tried


GO_BUILD: Fact[GoBuild | None] = Fact(
    "go build", GoBuild | None, _find, (__name__, "barehull.inventory.reading.machine_code")
)


def _places(code: MachineCode) -> Iterator[int]:
    """Addresses of what may be a blob, in the section that is for it, else in the first data segment."""
    section = code.section(".go.buildinfo")
    parts = [section] if section else [segment for segment in code.segments if segment.data][:1]
    for part in parts:
        seen = islice(code.find(part, _MAGIC, _MAX_SEARCHED), _MAX_SEEN)
        aligned = (part.address + offset for offset in seen if (part.address + offset) % _ALIGNMENT == 0)
        yield from islice(aligned, _MAX_TRIED)


def _read(code: MachineCode, address: int) -> GoBuild:
    header = code.at(address, _HEADER)
    if len(header) < _HEADER:
        return GoBuild("", broken="it is cut off")
    if header[15] & _INLINE:
        version, end = _string(code, address + _HEADER, _MAX_VERSION)
        text, _ = _string(code, end, _MAX_TEXT)
    else:
        width, order = header[14], ">" if header[15] & _BIG_ENDIAN else "<"
        if width not in (4, 8):
            return GoBuild("", broken=f"pointers of {width} bytes")
        form = order + ("I" if width == 4 else "Q")
        version = _pointed(code, form, struct.unpack_from(form, header, 16)[0], _MAX_VERSION)
        text = _pointed(code, form, struct.unpack_from(form, header, 16 + width)[0], _MAX_TEXT)
    if not version:
        return GoBuild("", broken="it names no version of Go")
    if text is None:
        return GoBuild("", broken="its modules lie outside the program")
    return _parsed(version, text)


def _string(code: MachineCode, address: int, limit: int) -> tuple[bytes | None, int]:
    """A string behind its length, a varint, and the address after it; None where it is not whole, or over `limit`."""
    length = shift = 0
    for number, byte in enumerate(code.at(address, 10), 1):
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            start = address + number
            data = code.at(start, length) if length <= limit else b""
            return (data, start + length) if len(data) == length else (None, address)
    return None, address


def _pointed(code: MachineCode, form: str, address: int, limit: int) -> bytes | None:
    """The string whose header, pointer and length, is at an address; none at 0. None where it is not whole."""
    if not address:
        return b""
    width = struct.calcsize(form)
    header = code.at(address, 2 * width)
    if len(header) < 2 * width:
        return None
    start, length = struct.unpack(form[0] + 2 * form[1], header)
    data = code.at(start, length) if length <= limit else b""
    return data if len(data) == length else None


def _parsed(version: bytes, text: bytes) -> GoBuild:
    """The lines between the sentinels; without these there are none, as for Go itself."""
    framed = len(text) >= 2 * _SENTINEL + 1 and text[-_SENTINEL - 1] == ord("\n")
    try:
        lines = text[_SENTINEL:-_SENTINEL].decode() if framed else ""
        build = GoBuild(version.decode())
    except UnicodeDecodeError:
        return GoBuild("", broken="it is no text")
    if not build.version.isprintable():
        return GoBuild("", broken="its version of Go has characters that names do not have")
    modules: list[GoModule] = []
    for line in lines.splitlines():
        kind, *fields = line.split("\t")
        if kind == "build":
            build = replace(build, pure=True) if fields == ["CGO_ENABLED=0"] else build
            continue
        if not all(map(str.isprintable, fields)):
            return GoBuild("", broken=f"a line has characters that names do not have: {line[:40]!r}")
        if kind == "path":
            build = replace(build, path=fields[0] if fields else "")
        elif kind in ("mod", "dep", "=>"):
            if len(fields) < 2 or not fields[0].strip("/") or (kind == "=>" and not modules):
                return GoBuild("", broken=f"a line names no module: {line[:40]!r}")
            if kind == "=>":
                modules[-1] = replace(modules[-1], replacement=fields[0], replacement_version=fields[1])
            else:
                modules.append(GoModule(fields[0], fields[1]))
    return replace(build, modules=tuple(modules))
