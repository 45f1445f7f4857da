"""Small ELF files with what Go and Rust leave in their programs, byte by byte as their linkers write it."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

ADDRESS = 0x400000
SENTINEL = (bytes.fromhex("3077af0c9274080241e1c107e6d618e6"), bytes.fromhex("f932433186182072008242104116d8f2"))
VERSION = b"go1.23.4"
TEXT = b"path\texample.org/app\nmod\texample.org/app\tv1.2.3\th1:x=\ndep\tgolang.org/x/net\tv0.1.0\th1:y=\n"


def elf(
    data: bytes = b"", sections: dict[str, bytes] | None = None, *, bits: int = 64, order: str = "<", flags: int = 6
) -> bytes:
    """A file with one segment at ADDRESS: `data`, and then the content of each section, which begins aligned.

    Without `sections` it has no section headers at all.
    """
    wide = bits == 64
    head = 64 + 56 if wide else 52 + 32
    start = (head + 15) // 16 * 16
    body, names, entries = data, b"\0", [(0, 0, 0, 0, 0, 0)]
    for name, content in (sections or {}).items():
        body += bytes(-len(body) % 16)
        entries.append((len(names), 1, 3, ADDRESS + len(body), start + len(body), len(content)))
        names += name.encode() + b"\0"
        body += content
    entries.append((0, 3, 0, 0, start + len(body), len(names)))
    table = start + len(body) + len(names) if sections else 0
    count, last = (len(entries), len(entries) - 1) if sections else (0, 0)
    word = "Q" if wide else "I"
    sizes = (64, 56, 1, 64) if wide else (52, 32, 1, 40)
    magic = b"\x7fELF" + bytes((2 if wide else 1, 1 if order == "<" else 2, 1)) + bytes(9)
    header = struct.pack(
        f"{order}HHI{word}{word}{word}IHHHHHH", 2, 62, 1, ADDRESS, sizes[0], table, 0, *sizes, count, last
    )
    if wide:
        segment = struct.pack(f"{order}IIQQQQQQ", 1, flags, start, ADDRESS, ADDRESS, len(body), len(body), 4096)
        rows = [struct.pack(f"{order}IIQQQQIIQQ", *entry, 0, 0, 1, 0) for entry in entries]
    else:
        segment = struct.pack(f"{order}IIIIIIII", 1, start, ADDRESS, ADDRESS, len(body), len(body), flags, 4096)
        rows = [struct.pack(f"{order}IIIIIIIIII", *entry, 0, 0, 1, 0) for entry in entries]
    text = (magic + header + segment).ljust(start, b"\0") + body
    return text + names + b"".join(rows) if sections else text


def framed(text: bytes) -> bytes:
    """The text between the sentinels that Go's command puts around it."""
    return SENTINEL[0] + text + SENTINEL[1] if text else b""


def varint(number: int) -> bytes:
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*found, number))


def inline(version: bytes = VERSION, text: bytes = TEXT) -> bytes:
    """The blob since Go 1.18: strings behind the header."""
    head = b"\xff Go buildinf:" + bytes((8, 2)) + bytes(16)
    return head + b"".join(varint(len(each)) + each for each in (version, framed(text)))


def pointers(version: bytes = VERSION, text: bytes = TEXT, *, bits: int = 64, order: str = "<") -> bytes:
    """The blob before, at ADDRESS: pointers to strings, each of which is a pointer and a length."""
    width, form = bits // 8, order + ("Q" if bits == 64 else "I")
    mod = framed(text)
    first = 32 + 4 * width
    strings = struct.pack(
        f"{form}{form[1]}{form[1]}{form[1]}", ADDRESS + first, len(version), ADDRESS + first + len(version), len(mod)
    )
    places = struct.pack(form + form[1], ADDRESS + 32, ADDRESS + 32 + 2 * width)
    head = b"\xff Go buildinf:" + bytes((width, 0 if order == "<" else 1)) + places
    return head.ljust(32, b"\0") + strings + version + mod


def go_program(text: bytes = TEXT, version: bytes = VERSION) -> bytes:
    """A Go program with sections, as `go build` makes it."""
    return elf(bytes(7), {".text": b"\x90" * 40, ".go.buildinfo": inline(version, text)})


def crate(name: str, version: str = "1.0.0", source: str = "crates.io", **more: Any) -> dict[str, Any]:
    return {"name": name, "version": version, "source": source, **more}


def rust_program(*crates: dict[str, Any], text: bytes | None = None) -> bytes:
    """A Rust program as `cargo auditable build` makes it."""
    content = json.dumps({"packages": list(crates)}).encode() if text is None else text
    return elf(b"\0/rustc/0123/library/core/src/x.rs", {".dep-v0": zlib.compress(content)})
