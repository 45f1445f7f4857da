"""tar headers, read with distrust and written canonically (POSIX.1-2017 pax; tar(5)).

Own code, since the standard library's reader takes extended headers of any size and number into memory, and its
writer's bytes are those of one Python version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from barehull.core.errors import InputError

BLOCK = 512
RECORD = 10240  # a tar's length is a multiple of it
Kind = Literal["file", "directory", "symlink", "hardlink", "device"]

_MAX_PATH = 4096  # bytes, as Linux's PATH_MAX
_MAX_EXTENSION = 1 << 20  # bytes of one extended header
_MAX_EXTENSIONS = 8  # extended headers for one entry
_MAX_DIGITS = 20
_ZEROS = bytes(BLOCK)
_KINDS: dict[bytes, Kind] = {
    **dict.fromkeys((b"0", b"\0", b"7"), "file"),
    b"1": "hardlink",
    b"2": "symlink",
    **dict.fromkeys((b"3", b"4", b"6"), "device"),
    b"5": "directory",
}
_TYPES: dict[str, bytes] = {"file": b"0", "symlink": b"2", "directory": b"5"}
_ADVICE = "It is damaged or hostile: fetch it again, or build it anew."


@dataclass(frozen=True, slots=True)
class TarEntry:
    """One entry of a tar. `path` and a hard link's `target` are within the archive, without leading `./` or `/`.

    `size` and `offset` (of the content, in the tar) are in bytes; `mtime` is in seconds since the epoch. A FIFO is a
    "device". A symlink's `target` is as written.
    """

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    target: str
    offset: int


def read_tar(read: Callable[[int, int], bytes], size: int, *, what: str) -> Iterator[TarEntry]:
    """The entries of a tar of `size` bytes, of which `read(offset, count)` gives a piece.

    Errors: InputError when it is truncated or is not a tar, or has a sparse file or a path that climbs out.
    """
    try:
        yield from _entries(read, size)
    except ValueError as error:
        raise InputError(f"{what} is not a tar that can be used: {error}", advice=_ADVICE) from error


def inside(name: str) -> str:
    """A path within an archive, without leading `./` or `/`, or ValueError when it climbs out or is too long."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in name:
        raise ValueError(f"the path {name!r} points outside of it")
    if len(name) > _MAX_PATH:
        raise ValueError(f"a path has {len(name)} characters: {name[:40]!r}...")
    return "/".join(parts)


def write_header(
    path: str, kind: str, mode: int, *, uid: int = 0, gid: int = 0, size: int = 0, mtime: int = 0, target: str = ""
) -> bytes:
    """The header of a file, directory or symlink; an extended one before it only where something does not fit."""
    name = f"{path}/" if kind == "directory" else path
    numbers = {"uid": (uid, 7), "gid": (gid, 7), "size": (size, 11), "mtime": (mtime, 11)}
    extended = {
        key: raw
        for key, text in (("path", name), ("linkpath", target))
        if len(raw := text.encode("utf-8", "surrogateescape")) > 100 or not text.isascii()
    }
    extended |= {key: b"%d" % it for key, (it, digits) in numbers.items() if not 0 <= it < 8**digits}
    short = {key: 0 if key in extended else it for key, (it, _) in numbers.items()}
    block = _block(name, _TYPES[kind], mode & 0o7777, target=target, **short)
    if not extended:
        return block
    records = b"".join(_record(key.encode(), value) for key, value in extended.items())
    return _block("././@PaxHeader", b"x", 0, size=len(records)) + records + bytes(-len(records) % BLOCK) + block


# -- reading


def _entries(read: Callable[[int, int], bytes], size: int) -> Iterator[TarEntry]:
    at, said, extensions = 0, dict[str, str](), 0
    while at < size:
        block = read(at, BLOCK)
        if len(block) < BLOCK:
            raise ValueError("it is cut short")
        if block == _ZEROS:
            if read(at + BLOCK, BLOCK).strip(b"\0"):
                raise ValueError("something follows its end")
            break
        kind, count = block[156:157], _checked(block)
        at += BLOCK
        if kind in b"xgLK":
            extensions += 1
            if count > _MAX_EXTENSION or extensions > _MAX_EXTENSIONS:
                raise ValueError("its extended headers are too long or too many")
            said |= _extension(kind, read(at, count), count)
        else:
            entry = _entry(block, kind, count, said, at)
            count = entry.size
            if at + count > size:
                raise ValueError(f"it is cut short in {entry.path!r}")
            yield entry
            said, extensions = {}, 0
        at += count + -count % BLOCK
    if said:
        raise ValueError("it ends after an extended header")


def _checked(block: bytes) -> int:
    """The header's size field, after its checksum."""
    if _number(block[148:156]) != sum(block) - sum(block[148:156]) + 8 * 32:
        raise ValueError("a header's checksum is wrong")
    return _natural(_number(block[124:136]))


def _entry(block: bytes, code: bytes, size: int, said: dict[str, str], offset: int) -> TarEntry:
    if code not in _KINDS or any(key.startswith("GNU.sparse.") for key in said):
        raise ValueError(f"it has an entry of the type {code!r}, or a sparse file: neither is read")
    name = _text(block[:100])
    if block[257:265] == b"ustar\x0000" and block[345]:
        name = f"{_text(block[345:500])}/{name}"
    name = said.get("path", name)
    kind = "directory" if _KINDS[code] == "file" and name.endswith("/") else _KINDS[code]
    target = said.get("linkpath", _text(block[157:257]))
    if "\0" in target or len(target) > _MAX_PATH or (kind == "symlink" and not target):
        raise ValueError(f"a link's target is not a path: {target[:40]!r}")
    size = _natural(_decimal(said["size"])) if "size" in said else size
    if kind == "directory" and code != b"5" and size:
        raise ValueError(f"the folder {name!r} has content")
    return TarEntry(
        inside(name),
        kind,
        _number(block[100:108]) & 0o7777,
        _natural(_decimal(said["uid"]) if "uid" in said else _number(block[108:116])),
        _natural(_decimal(said["gid"]) if "gid" in said else _number(block[116:124])),
        size if kind == "file" else 0,
        _time(_decimal(said["mtime"]) if "mtime" in said else _number(block[136:148])),
        inside(target) if kind == "hardlink" else target if kind == "symlink" else "",
        offset,
    )


def _extension(kind: bytes, data: bytes, count: int) -> dict[str, str]:
    """What an extended header says. A global one says nothing: engines ignore it too (Go's archive/tar)."""
    if len(data) < count:
        raise ValueError("it is cut short")
    if kind == b"x":
        return dict(_records(data))
    return {} if kind == b"g" else {"path" if kind == b"L" else "linkpath": _text(data)}


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """Records: length of the whole record in decimal, space, key, `=`, value, newline."""
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + _MAX_DIGITS)
        digits = data[at : max(space, at)]
        end = at + int(digits) if digits.isdigit() else 0
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not at < space < end <= len(data) or data[end - 1] != 10 or not equals or not key:
            raise ValueError("an extended header is damaged")
        if value:  # an empty one takes back what a global header said
            yield key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")
        at = end


def _number(field: bytes) -> int:
    """Octal digits, or GNU's binary form: two's complement below the topmost bit."""
    if field[0] & 0x80:
        bits = 8 * len(field) - 1
        number = int.from_bytes(field, "big") - (1 << bits)
        return number - (1 << bits) if field[0] & 0x40 else number
    digits = field.strip(b" \0").partition(b"\0")[0].rstrip(b" ")
    if not digits.isdigit() and digits:
        raise ValueError(f"a header has {field!r} for a number")
    return int(digits or b"0", 8)


def _decimal(text: str) -> int:
    """A whole number, or the seconds of a time with fractions."""
    whole = text.partition(".")[0]
    if not whole.removeprefix("-").isascii() or not whole.removeprefix("-").isdigit() or len(whole) > _MAX_DIGITS:
        raise ValueError(f"an extended header has {text[:40]!r} for a number")
    return int(whole)


def _natural(number: int) -> int:
    if not 0 <= number < 1 << 63:
        raise ValueError(f"a header has the number {number}")
    return number


def _time(seconds: int) -> int:
    if abs(seconds) >= 1 << 40:
        raise ValueError(f"a header has the time {seconds}")
    return seconds


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


# -- writing


def _block(
    name: str, code: bytes, mode: int, *, uid: int = 0, gid: int = 0, size: int = 0, mtime: int = 0, target: str = ""
) -> bytes:
    """A ustar header. A name that does not fit is cut: the extended header says it whole."""
    short = [text.encode("ascii", "replace")[:100] for text in (name, target)]
    head = b"%s%07o\0%07o\0%07o\0%011o\0%011o\0" % (short[0].ljust(100, b"\0"), mode, uid, gid, size, mtime)
    tail = (code + short[1].ljust(100, b"\0") + b"ustar\x0000").ljust(BLOCK - 156, b"\0")
    return head + b"%06o\0 " % (sum(head) + sum(tail) + 8 * 32) + tail


def _record(key: bytes, value: bytes) -> bytes:
    length = len(key) + len(value) + 3
    total = length + len(str(length))
    total = length + len(str(total))
    return b"%d %s=%s\n" % (total, key, value)
