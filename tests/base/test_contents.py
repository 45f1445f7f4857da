"""What is found in a base: each thing that is missing is told."""

from __future__ import annotations

import pytest

from barehull.base.contents import Contents, is_stale, libraries, provided, read_contents
from barehull.core.errors import InputError
from barehull.oci.model import Entry
from barehull.oci.rootfs import Rootfs
from barehull.runtime.ldcache import PATH, Library, write_cache

from ..proof.conftest import MadeElf  # noqa: TID252 - the one maker of ELF files

LIB = "usr/lib/x86_64-linux-gnu"
RELEASE = b'ID="debian"\nVERSION_ID="13"\nPRETTY_NAME="Distroless"\n'


def file(path: str, content: bytes = b"") -> Entry:
    return Entry(path, "file", content=content)


def link(path: str, target: str) -> Entry:
    return Entry(path, "symlink", target=target)


GOOD = (
    file("etc/os-release", RELEASE),
    file("usr/bin/python3.13"),
    link("usr/bin/python3", "python3.13"),
    link("lib", "usr/lib"),
    file("var/lib/dpkg/status.d/zlib1g", b"Package: zlib1g\nVersion: 1\n"),
)


def test_a_base_of_debian_with_its_python() -> None:
    with Rootfs.of_entries(GOOD) as rootfs:
        assert read_contents(rootfs, "x") == Contents(13, "3.13", frozenset({"zlib1g"}), True)
    with Rootfs.of_entries([it for it in GOOD if it.path != "lib"]) as rootfs:
        assert not read_contents(rootfs, "x").merged_usr


@pytest.mark.parametrize(
    "entry",
    [
        file("etc/os-release", b"ID=alpine\nVERSION_ID=3.20\n"),
        file("etc/os-release", b"ID=debian\nVERSION_ID=11\n"),
        file("etc/os-release", b"ID=debian\nVERSION_ID=" + b"9" * 5000 + b"\n"),
        file("etc/os-release", "ID=debian\nVERSION_ID=\u0661\u0663\n".encode()),
        file("etc/os-release", b""),
    ],
)
def test_another_system_is_refused_by_name(entry: Entry) -> None:
    with Rootfs.of_entries([*GOOD[1:], entry]) as rootfs, pytest.raises(InputError, match="builds on Debian only"):
        read_contents(rootfs, "x")


@pytest.mark.parametrize("target", ["python2.7", "/opt/python3.13", "python3", "missing", "../../../bin/sh"])
def test_no_python_is_told(target: str) -> None:
    entries = [it for it in GOOD if it.path != "usr/bin/python3"]
    entries += [link("usr/bin/python3", target), file("opt/python3.13"), file("usr/bin/python2.7"), file("bin/sh")]
    with Rootfs.of_entries(entries) as rootfs, pytest.raises(InputError, match="has no Python"):
        read_contents(rootfs, "x")


def test_libraries_as_ldconfig_finds_them() -> None:
    entries = [
        file(f"{LIB}/libz.so.1.3", bytes(MadeElf(soname="libz.so.1", defines=("Z_1",)))),
        link(f"{LIB}/libz.so.1", "libz.so.1.3"),
        file(f"{LIB}/libtext.so", b"INPUT(libz.so.1)"),
        file(f"{LIB}/plugin.so", bytes(MadeElf(soname="plugin.so"))),
        file("opt/ours/libours.so", bytes(MadeElf())),
        link("lib", "usr/lib"),
        file("etc/ld.so.conf", b"include /etc/ld.so.conf.d/*.conf\n"),
        file("etc/ld.so.conf.d/ours.conf", b"# ours\n/opt/ours\ninclude /etc/ld.so.conf\n"),
        file("etc/ld.so.conf.d/readme", b"/opt/other\n"),
    ]
    with Rootfs.of_entries(entries) as rootfs:
        found = libraries(rootfs, "amd64")
        assert found == (
            Library("libours.so", "/opt/ours/libours.so"),
            Library("libz.so.1", "/lib/x86_64-linux-gnu/libz.so.1"),
        )
        assert provided(rootfs, "amd64")["libz.so.1"] == {"Z_1"}


def test_a_cache_is_stale_when_it_lacks_or_misses_something() -> None:
    library = Library("libz.so.1", f"/{LIB}/libz.so.1")
    there = file(f"{LIB}/libz.so.1", bytes(MadeElf(soname="libz.so.1")))
    good = file(PATH, write_cache([library], "amd64"))
    gone = file(PATH, write_cache([library, Library("liby.so", "/usr/lib/liby.so")], "amd64"))
    for cache, stale in ((good, False), (gone, True), (file(PATH, b"x"), True), (file(PATH), True), (None, True)):
        with Rootfs.of_entries([there, *([cache] if cache else [])]) as rootfs:
            assert is_stale(rootfs, (library,)) is stale
    with Rootfs.of_entries([there, good]) as rootfs:
        assert is_stale(rootfs, (library, Library("libnew.so", "/usr/lib/libnew.so")))
    with Rootfs.of_entries([file("x")]) as rootfs:
        assert not is_stale(rootfs, ())
