from __future__ import annotations

from collections.abc import Callable

import pytest

from barehull.inventory.model import Inventory

from .conftest import file
from .programs import crate, elf, go_program, rust_program

Take = Callable[..., Inventory]
CHUNK = 1 << 20


@pytest.mark.parametrize(
    ("program", "maker"),
    [
        (elf(b"x"), ""),
        (go_program(b""), "go"),
        (elf(b'x Go build ID: "a/b"'), "go"),
        (elf(b"x fatal error: all goroutines are asleep - deadlock!"), "go"),
        (elf(b"x\xf1\xff\xff\xff\0\0\x01\x08"), "go"),
        (elf(b"x\xfb\xff\xff\xff\0\0\x04\x04"), "go"),
        (elf(b"x\xff\xff\xff\xf0\0\0\x02\x08", order=">"), "go"),
        (elf(b"x\xf2\xff\xff\xff\0\0\x01\x08"), ""),
        (elf(b"x\xf1\xff\xff\xff\0\0\x03\x08"), ""),
        (elf(b"x/rustc/0123/library/std"), "rust"),
        (elf(b"xRUST_BACKTRACE"), "rust"),
        (elf(b"x", {".comment": b"rustc version 1.85.0"}), "rust"),
        (elf(b"/rustc/ and later all goroutines are asleep - deadlock!"), "go"),
        (elf(b"\0\0\0\0UPX!/rustc/"), "upx"),
        (elf(bytes(CHUNK - 135) + b'Go build ID: "x"'), "go"),  # across the pieces that are read
        (elf(bytes(CHUNK - 141) + b'Go build ID: "x"'), "go"),
        (elf(bytes(CHUNK - 129) + b"\xf1\xff\xff\xff\0\0\x01\x08"), "go"),
        (b"/rustc/ is no machine code", ""),
    ],
)
def test_what_made_it(program: bytes, maker: str, inventory: Take) -> None:
    (suspect,) = inventory([file("opt/tool", program)]).files.suspect
    assert suspect.maker == maker


def test_a_program_whose_account_was_removed_is_recognised(inventory: Take) -> None:
    whole = rust_program(crate("serde"))
    assert inventory([file("opt/tool", whole)]).files.suspect == ()
    (suspect,) = inventory([file("opt/tool", whole.replace(b".dep-v0", b".gone-0"))]).files.suspect
    assert suspect.maker == "rust"
