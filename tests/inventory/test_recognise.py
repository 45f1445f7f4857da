from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from barehull.files import Store
from barehull.inventory.model import Inventory
from barehull.inventory.take import take_inventory
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import Config
from barehull.oci.rootfs import Rootfs

from .conftest import file
from .programs import TEXT, crate, elf, go_program, inline, rust_program

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


def test_what_programs_tell_is_remembered_and_told_the_same(tmp_path: Path) -> None:
    programs = {
        "go": go_program(TEXT + b"=>\tfork.org/y\tv2.0.0\nbuild\tCGO_ENABLED=0\n"),
        "broken": elf(inline()[:20]),
        "rust": rust_program(crate("app", source="local", root=True), crate("serde")),
        "stripped": elf(b"/rustc/0123/"),
    }
    store = Store(tmp_path)
    entries = with_parents([file(f"opt/{name}", content) for name, content in programs.items()])
    image = make_image(Config(), [write_layer(entries, store, created_by="a test")], store)
    taken = []
    for memory in (None, store, store):
        with Rootfs.of(image, memory) as rootfs:
            taken.append(take_inventory(image, rootfs))
            rootfs.remember()
    assert taken[0] == taken[1] == taken[2]
    assert {it.ecosystem for it in taken[0].components} == {"Go", "crates.io"}
    assert [it.maker for it in taken[0].files.suspect] == ["go", "rust"]
