"""tar headers: ours are the standard library's, we read what others write, and hostile ones are refused."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import BarehullError, InputError
from barehull.tar import BLOCK, TarEntry, inside, read_tar, write_header

TYPES = {"file": tarfile.REGTYPE, "directory": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE}
END = bytes(2 * BLOCK)


def entries(data: bytes) -> list[TarEntry]:
    return list(read_tar(lambda offset, count: data[offset : offset + count], len(data), what="the layer"))


def header(name: str = "a", code: bytes = b"0", **fields: object) -> bytes:
    info = tarfile.TarInfo(name)
    info.type = code
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def pax(*records: bytes, code: bytes = b"x") -> bytes:
    data = b"".join(records)
    return header("pax", code, size=len(data)) + data + bytes(-len(data) % BLOCK)


def resealed(block: bytes) -> bytes:
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    return block[:148] + b"%06o\0 " % total + block[156:]


PATHS = st.lists(
    st.text(st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1, max_size=60).filter(
        lambda part: part not in (".", "..")
    ),
    min_size=1,
    max_size=4,
).map("/".join)


class TestWriting:
    @given(
        PATHS,
        st.sampled_from(sorted(TYPES)),
        st.integers(0, 0o7777),
        st.integers(0, 1 << 30),
        st.integers(0, 1 << 40),
        st.integers(-(1 << 38), 1 << 38),
        st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=150),
    )
    def test_the_bytes_are_those_of_the_standard_library(
        self, path: str, kind: str, mode: int, uid: int, size: int, mtime: int, target: str
    ) -> None:
        info = tarfile.TarInfo(path)
        info.type, info.mode, info.uid, info.mtime, info.linkname = TYPES[kind], mode, uid, mtime, target
        info.size = size
        ours = write_header(path, kind, mode, uid=uid, size=size, mtime=mtime, target=target)
        theirs = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        with tarfile.open(fileobj=io.BytesIO(ours + END)) as archive:
            read = archive.next()
        assert read is not None
        seen = (read.name, read.type, read.mode, read.uid, read.size, read.mtime, read.linkname)
        assert seen == (path.rstrip("/"), TYPES[kind], mode, uid, size, mtime, target)
        if path.isascii() and target.isascii() and len(path) < 100 and len(target) <= 100 and uid < 8**7 and mtime >= 0:
            assert ours == theirs

    @given(PATHS, st.sampled_from(["directory", "symlink", "file"]), st.integers(-(1 << 39), 1 << 39), PATHS)
    def test_we_read_what_we_write(self, path: str, kind: str, mtime: int, target: str) -> None:
        target = target if kind == "symlink" else ""
        data = write_header(path, kind, 0o644, uid=1 << 40, gid=5, mtime=mtime, target=target) + END
        (entry,) = entries(data)
        read = (entry.path, entry.kind, entry.mode, entry.uid, entry.gid, entry.mtime, entry.target)
        assert read == (path, kind, 0o644, 1 << 40, 5, mtime, target)

    def test_a_name_that_is_not_utf_8(self) -> None:
        name = b"caf\xe9".decode("utf-8", "surrogateescape")
        assert entries(write_header(name, "file", 0o644) + END)[0].path == name


class TestReading:
    @pytest.mark.parametrize("form", ["v7", "oldgnu", "gnu", "ustar", "pax"])
    def test_what_gnu_tar_writes(self, form: str, tmp_path: Path) -> None:
        long = "d" * 60 + "/" + "e" * 30
        (tmp_path / "tree" / long).mkdir(parents=True)
        (tmp_path / "tree" / long / "file").write_bytes(b"content")
        (tmp_path / "tree" / "hard").hardlink_to(tmp_path / "tree" / long / "file")
        (tmp_path / "tree" / "soft").symlink_to("../outside")
        command = ["tar", "-C", tmp_path / "tree", f"--format={form}", "--sort=name", "-cf", tmp_path / "t.tar", "."]
        subprocess.run(command, check=True)
        data = (tmp_path / "t.tar").read_bytes()
        found = {entry.path: entry for entry in entries(data)}
        assert set(found) == {"", "d" * 60, long, f"{long}/file", "hard", "soft"}
        file = found[f"{long}/file"]
        assert data[file.offset : file.offset + file.size] == b"content"
        assert (found["hard"].kind, found["hard"].target) == ("hardlink", f"{long}/file")
        assert (found["soft"].kind, found["soft"].target) == ("symlink", "../outside")
        assert found[long].mtime == int((tmp_path / "tree" / long).stat().st_mtime)

    @pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    def test_long_names_and_large_numbers(self, form: int) -> None:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as archive:
            info = tarfile.TarInfo("é" * 200)
            info.type, info.linkname, info.uid, info.mtime = tarfile.SYMTYPE, "t" * 200, 1 << 33, -5
            archive.addfile(info)
            archive.addfile(tarfile.TarInfo("next"))
        long, after = entries(out.getvalue())
        assert (long.path, long.target, long.uid, long.mtime) == ("é" * 200, "t" * 200, 1 << 33, -5)
        assert (after.path, after.target, after.uid) == ("next", "", 0)

    @pytest.mark.parametrize(("name", "path"), [("./a", "a"), ("/a", "a"), ("./", ""), ("a//b/./c/", "a/b/c")])
    def test_paths_are_within_the_archive(self, name: str, path: str) -> None:
        assert inside(name) == path

    def test_a_global_header_says_nothing(self) -> None:
        assert entries(pax(b"13 path=evil\n", code=b"g") + header("good") + END)[0].path == "good"

    def test_an_old_folder_is_known_by_its_slash(self) -> None:
        assert entries(header("a/", b"\0") + END)[0].kind == "directory"

    def test_devices_are_listed(self) -> None:
        codes = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
        assert {entries(header("null", code) + END)[0].kind for code in codes} == {"device"}

    def test_a_tar_may_lack_its_end(self) -> None:
        assert [entry.path for entry in entries(header("a"))] == ["a"]


HOSTILE = {
    "climbs out": header("../a"),
    "climbs out later": header("a/../../b"),
    "hard link out of the tree": header("a", tarfile.LNKTYPE, linkname="../../etc/passwd"),
    "path of a gigabyte": pax(b"30 size=1\n"),
    "nul in a path": pax(b"12 path=a\0b\n") + header(),
    "too long a path": pax(b"5010 path=" + b"a" * 4999 + b"\n") + header(),
    "extended header of a gigabyte": header("pax", b"x", size=1 << 30),
    "long name of a gigabyte": header("long", b"L", size=1 << 30),
    "extended headers without end": pax(b"6 a=b\n") * 9 + header(),
    "record of no length": pax(b"0 path=a\n") + header(),
    "record without a length": pax(b"path=a\n") + header(),
    "record of a negative length": pax(b"-9 path=a\n") + header(),
    "record that is too long": pax(b"99 path=a\n") + header(),
    "record without a value": pax(b"5 ab\n") + header(),
    "negative size": pax(b"11 size=-1\n") + header(),
    "size that is no number": pax(b"12 size=1e3\n") + header(),
    "size in many digits": pax(b"39 size=" + b"1" * 30 + b"\n") + header(),
    "time beyond all calendars": pax(b"25 mtime=9999999999999999\n") + header(),
    "negative binary size": resealed(header()[:124] + b"\xff" * 12 + header()[136:]),
    "octal that is none": resealed(header()[:124] + b"00000000009\0" + header()[136:]),
    "checksum": header()[:50] + b"x" + header()[51:],
    "sparse, of GNU": header("a", tarfile.GNUTYPE_SPARSE),
    "sparse, of pax": pax(b"22 GNU.sparse.major=1\n") + header(),
    "unknown type": header("a", b"D"),
    "folder with content": header("a/", b"\0", size=BLOCK) + bytes(BLOCK),
    "cut in a header": header()[:300],
    "cut in a file": header(size=1000) + bytes(BLOCK),
    "cut after an extended header": pax(b"10 path=a\n"),
    "cut in an extended header": header("pax", b"x", size=600) + bytes(BLOCK),
    "something after the end": bytes(BLOCK) + header("hidden"),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_tars_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="the layer is not a tar that can be used"):
        entries(data)


GOOD = (
    pax(b"20 path=long/name/a\n")
    + header(size=5)
    + b"debia".ljust(BLOCK, b"\0")
    + header("b", b"2", linkname="a")
    + END
)


@given(st.binary(max_size=3 * BLOCK))
def test_any_bytes_give_entries_or_a_known_error(data: bytes) -> None:
    try:
        entries(data)
    except BarehullError:
        pass


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=12), st.booleans())
def test_any_change_gives_entries_or_a_known_error(at: int, new: bytes, seal: bool) -> None:
    data = GOOD[:at] + new + GOOD[at + len(new) :]
    if seal:  # so that it is not only the checksum that protects
        data = b"".join(
            resealed(data[n : n + BLOCK]) if GOOD[n + 257 : n + 262] == b"ustar" else data[n : n + BLOCK]
            for n in range(0, len(GOOD), BLOCK)
        )
    try:
        for entry in entries(data):
            assert entry.offset + entry.size <= len(data)
            assert ".." not in entry.path.split("/")
    except BarehullError:
        pass
