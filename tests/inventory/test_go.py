from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.inventory.catalogue import Catalogue
from barehull.inventory.cataloguers import go
from barehull.inventory.model import Inventory
from barehull.inventory.reading.go_buildinfo import GoBuild
from barehull.inventory.reading.machine_code import by_content
from barehull.oci.model import Entry
from barehull.oci.rootfs import Node, Rootfs

from .conftest import file, md5
from .programs import ADDRESS, TEXT, VERSION, elf, framed, go_program, inline, pointers, varint

Take = Callable[..., Inventory]
EXPECTED = ["example.org/app v1.2.3", "golang.org/x/net v0.1.0", "stdlib 1.23.4"]


def found(content: bytes) -> Catalogue:
    with Rootfs.of_entries([file("app", content)]) as rootfs:
        return go.catalogue(rootfs)


def names(content: bytes) -> list[str]:
    return [f"{it.name} {it.version}" for it in found(content).components]


def reason(content: bytes) -> str:
    """Why the file cannot be read: it is a gap, and nothing else."""
    catalogue = found(content)
    assert catalogue.components == ()
    assert catalogue.identified == ()
    (gap,) = catalogue.gaps
    assert gap.subject == "app"
    return gap.reason


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [32, 64])
def test_both_forms_in_both_widths_and_orders(bits: int, order: str) -> None:
    assert names(elf(inline(), bits=bits, order=order)) == EXPECTED
    assert names(elf(pointers(bits=bits, order=order), bits=bits, order=order)) == EXPECTED
    assert names(elf(b"x", {".go.buildinfo": inline()}, bits=bits, order=order)) == EXPECTED


def test_what_is_found_is_a_component_and_evidence_and_identifies_the_file() -> None:
    catalogue = found(go_program())
    assert catalogue.identified == ("app",)
    assert [it.purl for it in catalogue.components] == [
        "pkg:golang/example.org/app@v1.2.3",
        "pkg:golang/golang.org/x/net@v0.1.0",
        "pkg:golang/stdlib@1.23.4",
    ]
    assert {(it.ecosystem, it.evidence) for it in catalogue.components} == {("Go", ("app",))}
    assert [it.source_version for it in catalogue.components] == ["1.2.3", "0.1.0", "1.23.4"]


def test_the_blob_is_found_behind_much_other_data() -> None:
    before = bytes(16 * 5000)
    assert names(elf(before + inline())) == EXPECTED
    across = bytes((1 << 16) - 16) + inline()
    assert names(elf(across)) == EXPECTED


def test_a_magic_that_is_not_aligned_is_other_data() -> None:
    assert found(elf(b"x" + inline())) == Catalogue()
    assert names(elf(b"\0" * 8 + inline()[:16] + b"\0" * 8 + inline())) == EXPECTED


def test_a_magic_that_is_followed_by_nonsense_is_passed_over() -> None:
    nonsense = inline()[:14] + bytes((3, 0)) + bytes(16)
    assert names(elf(nonsense + inline())) == EXPECTED


def test_only_data_segments_are_searched_as_by_go_itself() -> None:
    assert found(elf(inline(), flags=5)) == Catalogue()


@pytest.mark.parametrize(
    ("version", "shown", "asked"),
    [
        (b"go1.23.4", "1.23.4", "1.23.4"),
        (b"go1.20", "1.20", "1.20.0"),
        (b"go1.21rc2", "1.21rc2", "1.21.0-rc.2"),
        (b"go1.9beta1", "1.9beta1", "1.9.0-beta.1"),
        (b"go1.22.1 X:boringcrypto,arenas", "1.22.1", "1.22.1"),
        (b"go1.21.4-custom", "1.21.4-custom", "1.21.4"),
        (b"go1.19.4b7", "1.19.4b7", "1.19.4"),
        (b"devel go1.26-0a1b2c3d4e Thu Jan 1", "devel", ""),
        (b"unknown", "unknown", ""),  # as garble writes it
    ],
)
def test_the_version_of_go(version: bytes, shown: str, asked: str) -> None:
    stdlib = found(go_program(version=version)).components[-1]
    assert (stdlib.name, stdlib.version, stdlib.source_version) == ("stdlib", shown, asked)


def test_a_main_module_without_a_version_is_shown_and_cannot_be_asked_about() -> None:
    main = found(go_program(b"path\ta.org/x\nmod\ta.org/x\t(devel)\t\n")).components[0]
    assert (main.purl, main.version, main.source_version) == ("pkg:golang/a.org/x@%28devel%29", "(devel)", "")


def test_a_version_that_was_stamped_from_git() -> None:
    main = found(go_program(b"mod\ta.org/x\tv0.0.0-20250101000000-0123456789ab+dirty\t\n")).components[0]
    assert main.source_version == "0.0.0-20250101000000-0123456789ab+dirty"


def replaced(by: bytes) -> list[tuple[str, str, str, str]]:
    text = b"path\ta.org/x\ndep\tb.org/y\tv1.0.0\n=>\t" + by + b"\n"
    components = found(go_program(text)).components[:-1]
    return [(it.name, it.version, it.source_version, it.vendored_in) for it in components]


def test_a_replacement_by_another_version_is_that_version() -> None:
    assert replaced(b"b.org/y\tv1.2.0\th1:z=") == [("b.org/y", "v1.2.0", "1.2.0", "")]


def test_a_replacement_by_a_fork_hides_no_vulnerability_of_what_was_forked() -> None:
    assert replaced(b"fork.org/y\tv9.0.0\th1:z=") == [
        ("fork.org/y", "v9.0.0", "9.0.0", ""),
        ("b.org/y", "", "", "pkg:golang/fork.org/y@v9.0.0"),
    ]


@pytest.mark.parametrize("folder", [b"./local\t\t", b"../local\t(devel)\t", b"/src/local\t(devel)"])
def test_a_replacement_by_a_folder_has_a_version_that_nobody_knows(folder: bytes) -> None:
    assert replaced(folder) == [("b.org/y", "", "", "")]


def test_a_program_without_c_is_whole() -> None:
    assert found(go_program(TEXT + b"build\tCGO_ENABLED=0\n")).whole == ("app",)
    assert found(go_program(TEXT + b"build\tCGO_ENABLED=1\n")).whole == ()
    assert found(go_program(TEXT)).whole == ()


@pytest.mark.parametrize(("cgo", "inside"), [(b"1", {"openssl": "pkg:golang/example.org/app@v1.2.3"}), (b"0", {})])
def test_c_libraries_are_looked_for_where_c_can_be(cgo: bytes, inside: dict[str, str], inventory: Take) -> None:
    blob = inline(text=TEXT + b"build\tCGO_ENABLED=" + cgo + b"\n")
    program = elf(b"\0OpenSSL 3.0.15 3 Sep 2024\0", {".go.buildinfo": blob})
    vendored = {it.name: it.vendored_in for it in inventory([file("opt/app", program)]).components if it.vendored_in}
    assert vendored == inside


def test_gos_own_commands_are_the_toolchain() -> None:
    names_found = names(go_program(b"path\tcmd/go\nbuild\t-compiler=gc\n"))
    assert names_found == ["stdlib 1.23.4", "toolchain 1.23.4"]


def test_purls_have_what_follows_the_repository_as_a_subpath() -> None:
    assert go.go_purl("github.com/a/b/v2/c", "v2.0.0") == "pkg:golang/github.com/a/b@v2.0.0#v2/c"
    assert go.go_purl("gopkg.in/yaml.v3", "v3.0.1") == "pkg:golang/gopkg.in/yaml.v3@v3.0.1"
    assert go.go_purl("a.org/x", "v1.0.0+incompatible") == "pkg:golang/a.org/x@v1.0.0%2Bincompatible"


def test_a_program_without_modules_has_gos_libraries_and_is_not_identified(inventory: Take) -> None:
    assert names(go_program(b"")) == ["stdlib 1.23.4"]
    assert found(go_program(b"")).identified == ()


def test_a_program_that_no_package_owns_is_known_by_its_modules(inventory: Take) -> None:
    taken = inventory([file("usr/bin/app", go_program(), 0o755)])
    assert taken.files.suspect == ()
    assert [it.name for it in taken.components] == ["example.org/app", "golang.org/x/net", "stdlib"]


@pytest.mark.parametrize("overwritten", [False, True])
def test_a_program_that_debian_packaged_is_debians_while_it_is_the_same(overwritten: bool, inventory: Take) -> None:
    program = go_program()
    entries = [
        file("usr/bin/app", program + bytes(overwritten)),
        file("etc/os-release", b'ID="debian"\nVERSION_ID="13"\n'),
        file("var/lib/dpkg/status.d/app", b"Package: app\nVersion: 1\nArchitecture: amd64\n"),
        file("var/lib/dpkg/status.d/app.md5sums", f"{md5(program)}  usr/bin/app\n".encode()),
    ]
    taken = inventory(entries)
    assert [it.state for it in taken.files.suspect] == ["modified"] * overwritten
    assert [it.name for it in taken.components if it.ecosystem == "Debian:13"] == ["app"]
    assert len([it for it in taken.components if it.ecosystem == "Go"]) == 3 * overwritten


HUGE = varint(1 << 30)


@pytest.mark.parametrize(
    ("blob", "why"),
    [
        (inline()[:32] + HUGE + VERSION, "names no version of Go"),
        (inline()[:32] + varint(8) + VERSION + HUGE + b"x", "modules lie outside the program"),
        (inline()[:32] + b"\xff" * 10, "names no version of Go"),
        (inline()[:14] + bytes((5, 0)) + bytes(16), "pointers of 5 bytes"),
        (inline()[:14] + bytes((8, 0)) + bytes(16), "names no version of Go"),
        (inline()[:14] + bytes((8, 0)) + struct.pack("<QQ", 1 << 63, 1 << 63), "names no version of Go"),
        (inline()[:14] + bytes((8, 0)) + struct.pack("<QQ", ADDRESS + 16, 0), "names no version of Go"),
        (inline()[:20], "cut off"),
        (inline(b"go1.\xff"), "no text"),
        (inline(b"go1.23\n"), "characters that names do not have"),
        (inline(text=b"path\t\x1b[2J\n"), "characters that names do not have"),
        (inline(text=b"dep\tx\n"), "names no module"),
        (inline(text=b"dep\t/\tv1\n"), "names no module"),
        (inline(text=b"=>\tx\tv1\n"), "names no module"),
    ],
)
def test_what_cannot_be_read_is_a_gap(blob: bytes, why: str) -> None:
    assert why in reason(elf(blob))


def test_text_without_its_sentinels_is_none_as_for_go_itself() -> None:
    blob = inline()[:32] + varint(8) + VERSION + varint(len(TEXT)) + TEXT
    assert names(elf(blob)) == ["stdlib 1.23.4"]
    assert framed(TEXT) in inline()


@given(st.data())
def test_a_program_that_is_changed_anywhere_is_components_or_gaps(data: st.DataObject) -> None:
    blob = data.draw(st.sampled_from([elf(pointers()), go_program(), elf(inline(), bits=32, order=">")]))
    program = bytearray(blob)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(program) - 1))
        program[at : at + 8] = data.draw(st.binary(min_size=1, max_size=8))
    cut = data.draw(st.integers(0, len(program)))
    for content in (bytes(program), bytes(program[:cut])):
        for component in found(content).components:
            assert component.purl.startswith("pkg:golang/")


def test_a_file_of_one_gigabyte_of_data_that_is_not_there_costs_nothing() -> None:
    program = bytearray(elf(b"\0" * 64, {".go.buildinfo": inline()}))
    struct.pack_into("<Q", program, 64 + 32, 1 << 40)  # the size of the segment
    assert names(bytes(program)) == EXPECTED
    struct.pack_into("<Q", program, 40, 1 << 40)  # where the section headers are
    assert names(bytes(program)) == EXPECTED


def test_many_magics_cost_little() -> None:
    many = inline()[:14] + bytes((5, 0))
    assert "pointers of 5 bytes" in reason(elf(many * 100_000))
    assert found(elf(b"x" + many * 100_000)) == Catalogue()


def test_what_is_said_of_a_file_with_many_names_is_said_once() -> None:
    names_of_it = [Node(path, "file", 0o755, 0, 0, 1, 0, "") for path in "abc"]
    said = GoBuild("go1.23.4"), GoBuild("go1.23.4")
    answers = zip(names_of_it, (said[0], None, said[0]), strict=True)
    assert list(by_content([*answers, (names_of_it[1], said[1])])) == [(said[0], ("a", "c")), (said[1], ("b",))]


def test_a_library_of_go_is_one_too() -> None:
    program = bytearray(go_program())
    struct.pack_into("<H", program, 16, 3)
    assert names(bytes(program)) == EXPECTED


def test_files_that_are_no_machine_code() -> None:
    for content in (b"", b"\x7fELF", inline(), b"#!/bin/sh\n"):
        assert found(content) == Catalogue()
    with Rootfs.of_entries([Entry("app", "symlink", 0o777, target="x")]) as rootfs:
        assert go.catalogue(rootfs) == Catalogue()
