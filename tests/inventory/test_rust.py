from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.inventory.catalogue import Catalogue
from barehull.inventory.cataloguers import rust
from barehull.inventory.model import Inventory
from barehull.oci.rootfs import Rootfs

from .conftest import file
from .programs import crate, elf, rust_program

Take = Callable[..., Inventory]


def found(content: bytes) -> Catalogue:
    with Rootfs.of_entries([file("app", content)]) as rootfs:
        return rust.catalogue(rootfs)


def test_the_crates_of_a_program() -> None:
    catalogue = found(rust_program(crate("serde", "1.0.200"), crate("log", "0.4.0", kind="runtime")))
    assert catalogue.identified == ("app",)
    assert [(it.purl, it.ecosystem, it.source_version) for it in catalogue.components] == [
        ("pkg:cargo/serde@1.0.200", "crates.io", "1.0.200"),
        ("pkg:cargo/log@0.4.0", "crates.io", "0.4.0"),
    ]


def test_what_only_built_it_is_not_in_it() -> None:
    assert found(rust_program(crate("cc", kind="build"))).components == ()


@pytest.mark.parametrize("source", ["git", "local", "registry", "sparse+https://example.org"])
def test_a_crate_from_elsewhere_is_shown_and_cannot_be_asked_about(source: str) -> None:
    (component,) = found(rust_program(crate("app", "0.1.0", source, root=True))).components
    assert (component.purl, component.version, component.source_version) == ("pkg:cargo/app@0.1.0", "0.1.0", "")


def test_its_own_crate_is_the_first() -> None:
    catalogue = found(rust_program(crate("a"), crate("app", source="local", root=True), crate("b")))
    assert [it.name for it in catalogue.components] == ["app", "a", "b"]


def test_a_program_that_no_package_owns_is_known_by_its_crates(inventory: Take) -> None:
    taken = inventory([file("usr/bin/app", rust_program(crate("serde")), 0o755)])
    assert taken.files.suspect == ()
    assert [it.name for it in taken.components] == ["serde"]


PACKED = zlib.compress(json.dumps({"packages": [crate("a")]}).encode())


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (b"nonsense", "no list of packages (error"),
        (PACKED[:-6], "cut off"),
        (zlib.compress(bytes(17 << 20)), "unpacks to too much"),
        (zlib.compress(b"{}"), "no list of packages (KeyError"),
        (zlib.compress(b"[" * 100_000), "no list of packages (RecursionError"),
        (zlib.compress(b'{"packages": [1]}'), "no list of packages (TypeError"),
        (zlib.compress(b'{"packages": [{"name": "a", "version": 1}]}'), "no name and version"),
        (zlib.compress(b'{"packages": [{"name": "/", "version": "1"}]}'), "no name and version"),
        (zlib.compress(b'{"packages": [{"name": "\\ud800", "version": "1"}]}'), "no name and version"),
        (zlib.compress(b'{"packages": [{"name": "a", "version": "1\\u001b[2J"}]}'), "no name and version"),
    ],
)
def test_what_cannot_be_read_is_a_gap(section: bytes, why: str) -> None:
    catalogue = found(elf(b"x", {".dep-v0": section}))
    assert catalogue.components == ()
    assert catalogue.identified == ()
    (gap,) = catalogue.gaps
    assert gap.subject == "app"
    assert why in gap.reason


def test_a_section_that_claims_a_gigabyte_is_a_gap() -> None:
    program = bytearray(elf(b"x", {".dep-v0": PACKED}))
    (table,) = struct.unpack_from("<Q", program, 40)
    struct.pack_into("<Q", program, table + 64 + 32, 1 << 30)
    assert "1073741824 bytes" in found(bytes(program)).gaps[0].reason


def test_a_section_of_two_orders_and_widths() -> None:
    for bits in (32, 64):
        for order in "<>":
            catalogue = found(elf(b"x", {".text": b"y", ".dep-v0": PACKED}, bits=bits, order=order))
            assert [it.name for it in catalogue.components] == ["a"]


@given(st.data())
def test_a_program_that_is_changed_anywhere_is_components_or_gaps(data: st.DataObject) -> None:
    program = bytearray(rust_program(crate("serde")))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(program) - 1))
        program[at : at + 8] = data.draw(st.binary(min_size=1, max_size=8))
    cut = data.draw(st.integers(0, len(program)))
    for content in (bytes(program), bytes(program[:cut])):
        for component in found(content).components:
            assert component.purl.startswith("pkg:cargo/")
