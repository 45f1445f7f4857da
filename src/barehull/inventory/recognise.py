"""What made machine code that nobody identifies: by marks that stay when a program's own account is removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from barehull.inventory.reading.machine_code import read_machine_code
from barehull.oci.facts import Content, Fact

Maker = Literal["", "go", "rust", "upx"]

_PACKED = b"UPX!"  # behind the program headers of what it packed
_HEAD = 4096
_OVERLAP = 64  # bytes; no mark is longer
# The table of functions that Go's runtime needs (debug/gosym): the version of its format (four since Go 1.2), two
# zeros, the size of the least instruction and of a pointer. One byte of it is looked at afterwards, for speed.
_TABLE = {
    "<": re.compile(rb"\xff\xff\xff\0\0[\1\2\4][\4\x08]"),
    ">": re.compile(rb"\xff\xff\xff[\xfb\xfa\xf0\xf1]\0\0[\1\2\4][\4\x08]"),
}
_VERSIONS = b"\xfb\xfa\xf0\xf1"
# What the runtimes themselves say.
_GO = (b"\xff Go buildinf:", b'Go build ID: "', b"all goroutines are asleep - deadlock!")
_RUST = (b"/rustc/", b"RUST_BACKTRACE", b"rust_begin_unwind", b"rustc version ")


def _maker(content: Content) -> Maker:
    code = read_machine_code(content)
    if code is None:
        return ""
    if _PACKED in content.peek(_HEAD):
        return "upx"
    found: Maker = ""
    for chunk in _overlapping(content):
        if any(mark in chunk for mark in _GO) or _has_table(chunk, code.order):
            return "go"
        if not found and any(mark in chunk for mark in _RUST):
            found = "rust"
    return found


MAKER: Fact[Maker] = Fact("maker", Maker, _maker, (__name__, "barehull.inventory.reading.machine_code"))


def _overlapping(content: Content) -> Iterator[bytes]:
    before = b""
    for chunk in content.chunks():
        yield before + chunk
        before = chunk[-_OVERLAP:]


def _has_table(chunk: bytes, order: str) -> bool:
    found = _TABLE[order].finditer(chunk)
    return any(order == ">" or chunk[match.start() - 1 : match.start()] in _VERSIONS for match in found)
