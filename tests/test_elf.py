"""The ELF reader agrees with pyelftools on this machine's files, and refuses broken ones with a typed error."""

from __future__ import annotations

import mmap
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.elf import Elf, read_elf


def machine_files(limit: int = 60) -> list[Path]:
    folders = [Path("/usr/bin"), *Path("/usr/lib").glob("*-linux-gnu*"), Path("/lib"), Path("/usr/lib")]
    found: list[Path] = []
    for folder in folders:
        files = [p for p in sorted(folder.glob("*")) if p.is_file() and p.stat().st_size < 8 << 20]
        found += [p for p in files if p.open("rb").read(4) == b"\x7fELF"][: limit // 2]
    return found[:limit]


FILES = machine_files()


def by_pyelftools(path: Path) -> tuple[object, ...]:
    with path.open("rb") as file:
        elf = ELFFile(file)
        dynamic = elf.get_section_by_name(".dynamic")
        tags = list(dynamic.iter_tags()) if dynamic and dynamic["sh_type"] == "SHT_DYNAMIC" else []
        interpreter = next((s.get_interp_name() for s in elf.iter_segments("PT_INTERP")), "")
        needed = tuple(t.needed for t in tags if t.entry.d_tag == "DT_NEEDED")
        soname = next((t.soname for t in tags if t.entry.d_tag == "DT_SONAME"), "")
        wanted: dict[str, tuple[str, ...]] = {}
        defined: set[str] = set()
        for section in elf.iter_sections():
            if isinstance(section, GNUVerNeedSection):
                for entry, versions in section.iter_versions():
                    wanted[entry.name] = tuple(v.name for v in versions if not v["vna_flags"] & 2)
            if isinstance(section, GNUVerDefSection):
                for entry, versions in section.iter_versions():
                    if not entry["vd_flags"] & 1:
                        defined.add(next(iter(versions)).name)
        notes = [n for s in elf.iter_segments("PT_NOTE") for n in s.iter_notes()]
        build_id = next((n["n_desc"] for n in notes if n["n_type"] == "NT_GNU_BUILD_ID"), "")
    return interpreter, needed, soname, wanted, defined, build_id


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_reads_what_pyelftools_reads(path: Path) -> None:
    elf = read_elf(path.read_bytes())
    assert elf is not None
    ours = (
        elf.interpreter,
        elf.needed,
        elf.soname,
        dict(elf.versions_needed),
        set(elf.versions_defined),
        elf.build_id,
    )
    assert ours == by_pyelftools(path)


def interpreter_of_tests() -> bytes:
    return Path(sys.executable).resolve().read_bytes()


def test_a_program_and_the_library_that_it_needs() -> None:
    elf = read_elf(interpreter_of_tests())
    assert elf is not None
    assert elf.kind == "executable"
    assert not elf.static
    assert elf.interpreter.startswith("/lib")
    assert any(library == "libc.so.6" and "GLIBC_2.2.5" in names for library, names in elf.versions_needed) or (
        elf.machine != "x86_64"
    )


def test_a_file_may_be_mapped_instead_of_read() -> None:
    with Path(sys.executable).resolve().open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        assert read_elf(mapped) == read_elf(interpreter_of_tests())


def test_section_headers_are_not_needed() -> None:
    whole = interpreter_of_tests()
    stripped = bytearray(whole)
    stripped[0x28:0x30] = b"\xff" * 8  # e_shoff
    stripped[0x3C:0x40] = b"\xff" * 4  # e_shnum, e_shstrndx
    assert read_elf(bytes(stripped)) == read_elf(whole)


@pytest.mark.parametrize("data", [b"", b"\x7fEL", b"#!/bin/sh\n", b"MZ" * 40])
def test_other_files_are_not_elf(data: bytes) -> None:
    assert read_elf(data) is None


@pytest.mark.parametrize("length", [4, 15, 16, 40, 63, 100, 800, 2000])
def test_a_cut_off_file_is_refused(length: int) -> None:
    with pytest.raises(InputError, match="broken ELF"):
        read_elf(interpreter_of_tests()[:length])


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=12))
def test_no_changed_byte_brings_down_the_reader(position: int, junk: bytes) -> None:
    data = SMALLEST[: position % len(SMALLEST)] + junk + SMALLEST[position % len(SMALLEST) + len(junk) :]
    try:
        elf = read_elf(data)
    except InputError:
        return
    assert elf is None or isinstance(elf, Elf)


SMALLEST = min((path.read_bytes() for path in FILES), key=len)


@given(st.sampled_from([b"\x7fELF\x02\x01\x01", b"\x7fELF\x01\x02\x01"]), st.binary(max_size=400))
def test_bytes_after_the_magic_may_be_anything(head: bytes, tail: bytes) -> None:
    try:
        elf = read_elf(head + tail)
    except InputError:
        return
    assert isinstance(elf, Elf)
