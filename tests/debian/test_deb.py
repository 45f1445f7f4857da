from __future__ import annotations

import lzma
import tarfile
from pathlib import Path
from typing import Any

import pytest

from barehull.core.errors import BarehullError, IncompleteError, InputError
from barehull.debian.deb import Deb, DebEntry, read_deb

CONTROL = b"Package: hello\nVersion: 1.0\n"


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.mtime = kind, target, mode, 1_700_000_000
    info.uid, info.gid = 0, 50
    return info


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(content: bytes) -> Deb:
        (tmp_path / "hello.deb").write_bytes(content)
        return read_deb(tmp_path / "hello.deb")

    return read


@pytest.mark.parametrize("pack", ["", "gz", "xz", "zst"])
def test_a_package(read: Any, make_deb: Any, pack: str) -> None:
    data = [
        member("./", tarfile.DIRTYPE, mode=0o755),
        member("./usr/", tarfile.DIRTYPE, mode=0o2775),
        ("./usr/bin/hello", b"#!/bin/sh\n"),
        member("./usr/hi", tarfile.SYMTYPE, "bin/hello", 0o777),
        member("./usr/bin/ciao", tarfile.LNKTYPE, "./usr/bin/hello", 0o755),
    ]
    found = read(make_deb(CONTROL, data, pack=pack, md5sums=b"00  usr/bin/hello\n", conffiles=b"/etc/hello\n"))
    assert found.control == CONTROL
    assert found.md5sums == b"00  usr/bin/hello\n"
    assert found.files["conffiles"] == b"/etc/hello\n"
    assert found.entries == (
        DebEntry("usr", "directory", 0o2775, 0, 50, 1_700_000_000),
        DebEntry("usr/bin/hello", "file", 0o644, 0, 0, 0, b"#!/bin/sh\n"),
        DebEntry("usr/hi", "symlink", 0o777, 0, 50, 1_700_000_000, target="bin/hello"),
        DebEntry("usr/bin/ciao", "file", 0o755, 0, 50, 1_700_000_000, b"#!/bin/sh\n"),
    )


def test_a_package_without_md5sums(read: Any, make_deb: Any) -> None:
    assert read(make_deb(CONTROL, [])).md5sums == b""
    assert read(make_deb(CONTROL, [])).entries == ()


def test_long_and_foreign_names(read: Any, make_deb: Any) -> None:
    names = ["usr/" + "long/" * 40 + "name", "usr/a b", "usr/gr\u00fc\u00df"]
    found = read(make_deb(CONTROL, [(f"./{name}", b"") for name in names]))
    assert [entry.path for entry in found.entries] == names


def test_a_setuid_file_keeps_its_mode(read: Any, make_deb: Any) -> None:
    (entry,) = read(make_deb(CONTROL, [member("./bin/su", mode=0o104755)])).entries
    assert oct(entry.mode) == "0o4755"


@pytest.mark.parametrize("name", ["/etc/passwd", "../etc/passwd", "./usr/../../etc", "./usr/./x", "./usr//x", ".//x"])
def test_a_path_that_could_leave_the_root_is_refused(read: Any, make_deb: Any, name: str) -> None:
    with pytest.raises(InputError, match="not a safe path"):
        read(make_deb(CONTROL, [member(name)]))
    with pytest.raises(InputError, match="not a safe path"):
        read(make_deb(CONTROL, [("./x", b""), member("./y", tarfile.LNKTYPE, name)]))


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE])
def test_a_device_is_refused(read: Any, make_deb: Any, kind: bytes) -> None:
    with pytest.raises(InputError, match="neither a file nor a folder nor a link"):
        read(make_deb(CONTROL, [member("./dev/x", kind)]))


@pytest.mark.parametrize("target", ["./gone", "./later", "./folder", "./self"])
def test_a_hard_link_must_lead_to_a_file_before_it(read: Any, make_deb: Any, target: str) -> None:
    data = [member("./folder", tarfile.DIRTYPE), member("./self", tarfile.LNKTYPE, target), ("./later", b"x")]
    with pytest.raises(InputError, match="leads to no file"):
        read(make_deb(CONTROL, data))


def test_a_path_that_comes_twice_is_refused(read: Any, make_deb: Any) -> None:
    with pytest.raises(InputError, match="usr/x is in it twice"):
        read(make_deb(CONTROL, [("./usr/x", b"a"), ("usr/x", b"b")]))


def test_members_that_are_for_later_versions_are_passed_over(read: Any, make_ar: Any, make_tar: Any) -> None:
    control, data = make_tar([("./control", CONTROL)]), make_tar([])
    members = [("debian-binary", b"2.0\n"), ("control.tar", control), ("_new", b"x"), ("data.tar/", data)]
    assert read(make_ar(members)).control == CONTROL


@pytest.mark.parametrize(
    "choose",
    [
        lambda binary, control, data: [],
        lambda binary, control, data: [control, data],
        lambda binary, control, data: [binary, data, control],
        lambda binary, control, data: [binary, control],
        lambda binary, control, data: [binary, control, data, ("more", b"")],
        lambda binary, control, data: [binary, control, ("data.tar.xz", b""), data],
        lambda binary, control, data: [("debian-binary", b"3.0\n"), control, data],
        lambda binary, control, data: [binary, control, ("data.tar.lz4", data[1])],
        lambda binary, control, data: [binary, control, ("data.tar.xz", data[1])],
        lambda binary, control, data: [binary, ("control.tar", data[1]), data],
        lambda binary, control, data: [binary, ("control.tar", b"nonsense" * 200), data],
    ],
)
def test_other_members_are_refused(read: Any, make_ar: Any, make_tar: Any, choose: Any) -> None:
    parts = (
        ("debian-binary", b"2.0\n"),
        ("control.tar", make_tar([("./control", CONTROL)])),
        ("data.tar", make_tar([("./x", b"")])),
    )
    assert read(make_ar(list(parts)))
    with pytest.raises(InputError, match=r"hello\.deb"):
        read(make_ar(choose(*parts)))


@pytest.mark.parametrize("content", [b"", b"<html>", b"!<arch>", b"!<arch>\nshort", b"!<arch>\n" + b" " * 60])
def test_what_is_no_ar_archive(read: Any, content: bytes) -> None:
    with pytest.raises(InputError, match=r"hello\.deb"):
        read(content)


def test_a_size_beyond_the_end_is_refused_before_it_is_read(read: Any) -> None:
    with pytest.raises(InputError, match="truncated"):
        read(b"!<arch>\n" + f"{'debian-binary':<16}{0:<12}{0:<6}{0:<6}{0:<8}{9_999_999_999:<10}`\n".encode())


def test_a_truncated_package(read: Any, make_deb: Any) -> None:
    content = make_deb(CONTROL, [("./usr/x", bytes(range(256)) * 40)])
    assert read(content)
    for length in range(0, len(content) - 1, 37):
        with pytest.raises(InputError, match=r"hello\.deb"):
            read(content[:length])


@pytest.mark.parametrize("pack", ["", "gz", "xz", "zst"])
def test_no_damage_is_more_than_an_error(read: Any, make_deb: Any, pack: str) -> None:
    content = make_deb(CONTROL, [("./usr/x", bytes(range(256)) * 4), member("./y", tarfile.SYMTYPE, "x")], pack=pack)
    refused = 0
    for position in range(0, len(content), 5):
        changed = bytearray(content)
        changed[position] ^= 0xFF
        try:
            assert isinstance(read(bytes(changed)), Deb)
        except BarehullError:
            refused += 1
    assert refused > 20


def test_data_that_unpacks_to_too_much(read: Any, make_ar: Any, make_tar: Any) -> None:
    bomb = lzma.compress(make_tar([("./control", bytes(20 << 20))]))
    members = [("debian-binary", b"2.0\n"), ("control.tar.xz", bomb), ("data.tar", make_tar([]))]
    with pytest.raises(InputError, match="more than 16777216 bytes"):
        read(make_ar(members))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match=r"gone\.deb cannot be read"):
        read_deb(tmp_path / "gone.deb")
