"""Layers: the same bytes whoever writes them, tars that others read, and nothing that is another thing in the image."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.files import Store
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.model import Entry, Layer

from .conftest import file, helpful, link, sha256

ENTRIES = [
    Entry("", "directory", 0o755),
    Entry("app", "directory", 0o750, 65532, 65532),
    file("app/café", b"content" * 1000, 0o755),
    file("app-data", b""),
    link("bin", "usr/bin"),
    Entry("usr", "directory", 0o755, mtime=1_700_000_000),
    Entry("usr/" + "n" * 200, "file", 0o4755, uid=1 << 22, content=os.urandom(5000)),
]
# What ENTRIES without its random file gave when this was written: it changes on purpose only.
FIXED = [it for it in ENTRIES if it.uid != 1 << 22]


def read(store: Store, layer: Layer) -> list[tarfile.TarInfo]:
    data = gzip.decompress(store.path(layer.digest).read_bytes())
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return archive.getmembers()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("layers"))


class TestSameBytes:
    @given(st.permutations(ENTRIES), st.integers(0, len(ENTRIES) - 1))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_the_order_and_what_is_said_twice(self, shared: Store, order: list[Entry], twice: int) -> None:
        expected = write_layer(ENTRIES, shared, created_by="x")
        assert write_layer(iter([*order, ENTRIES[twice]]), shared, created_by="x") == expected

    def test_whatever_the_umask_the_time_zone_and_the_hash_seed(self, tmp_path: Path) -> None:
        (tmp_path / "app").write_bytes(b"content")
        code = (
            "import os, sys; from pathlib import Path\n"
            "os.umask(int(sys.argv[2], 8))\n"
            "from barehull.files import Store; from barehull.oci.layer import write_layer\n"
            "from barehull.oci.model import Entry\n"
            "names = {f'n{n}' for n in range(50)}\n"
            "entries = [Entry(n, 'file', mtime=1700000000, content=n.encode()) for n in names]\n"
            "print(write_layer(entries, Store(Path(sys.argv[1])), created_by='x'))\n"
        )
        said = set()
        for number, (mask, zone, seed) in enumerate((("022", "UTC", "1"), ("077", "Asia/Tokyo", "2"))):
            command = [sys.executable, "-c", code, str(tmp_path / str(number)), mask]
            environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed}
            said.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
        assert len(said) == 1

    def test_whatever_the_day(self, store: Store) -> None:
        """The tar is pinned: the same release made next year is the same image."""
        layer = write_layer(FIXED, store, created_by="x")
        assert layer.diff_id == "sha256:70c46a4a6dc40f637f5f011771cde3647bc6954a6445063dcfa55a731b7dbc9d"

    def test_the_digests_are_those_of_the_bytes(self, store: Store) -> None:
        layer = write_layer(ENTRIES, store, created_by="x")
        packed = store.path(layer.digest).read_bytes()
        assert (layer.digest, layer.size) == (sha256(packed), len(packed))
        assert layer.diff_id == sha256(gzip.decompress(packed))
        assert packed[4:8] == bytes(4), "no time in gzip's header"


def test_the_standard_library_reads_what_was_meant(store: Store) -> None:
    members = {it.name: it for it in read(store, write_layer(ENTRIES, store, created_by="x"))}
    assert set(members) == {it.path or "." for it in ENTRIES}
    for entry in ENTRIES:
        member = members[entry.path or "."]
        seen = (member.mode, member.uid, member.gid, member.size, member.mtime, member.linkname)
        assert seen == (entry.mode, entry.uid, entry.gid, len(entry.content), entry.mtime, entry.target)


def test_folders_come_before_what_is_in_them(store: Store) -> None:
    names = [it.name for it in read(store, write_layer(reversed(ENTRIES), store, created_by="x"))]
    assert all(names.index(os.path.dirname(name)) < at for at, name in enumerate(names) if "/" in name)


def test_a_layer_of_nothing_is_a_tar(store: Store) -> None:
    assert read(store, write_layer([], store, created_by="x")) == []


def test_missing_folders_are_roots_and_the_given_ones_stay() -> None:
    given_one = Entry("a/b", "directory", 0o700, 7, 7)
    found = {it.path: it for it in with_parents([file("a/b/c/d"), given_one])}
    assert found["a/b"] == given_one
    assert found["a"] == Entry("a", "directory", 0o755)
    assert found["a/b/c"] == Entry("a/b/c", "directory", 0o755)
    assert len(found) == 4


REFUSED = {
    "one path, two contents": ([file("a", b"1"), file("a", b"2")], "disagree about /a"),
    "one path, two modes": ([file("a"), file("a", mode=0o600)], "disagree about /a"),
    "below a file": ([file("a"), file("a/b")], "/a/b would be below /a, which is a file"),
    "below a link": ([link("a", "b"), file("a/b")], "/a/b would be below /a, which is a symlink"),
    "far below a file": ([file("a"), file("a/b/c/d")], "/a/b/c/d would be below /a, which is a file"),
    "a device": ([Entry("null", "device")], "is a device"),
    "a file for the root": ([file("")], "is a file"),
    "a link for the root": ([link("", "etc")], "is a symlink"),
    "climbing": ([file("../a")], "is not a path in an image"),
    "climbing later": ([file("a/../../b")], "is not a path in an image"),
    "from the root": ([file("/etc/passwd")], "is not a path in an image"),
    "with a dot": ([file("./a")], "is not a path in an image"),
    "with a slash at the end": ([Entry("a/", "directory")], "is not a path in an image"),
    "with a NUL": ([file("a\0b")], "is not a path in an image"),
    "too long": ([file("a" * 5000)], "is not a path in an image"),
    "a whiteout": ([file("etc/.wh.passwd")], "would hide another one"),
    "an opaque whiteout": ([file("etc/.wh..wh..opq")], "would hide another one"),
}


@pytest.mark.parametrize(("entries", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_would_be_another_thing_in_the_image_is_refused(
    entries: list[Entry], words: str, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        write_layer(entries, store, created_by="x")
    assert helpful(caught.value)
    assert not [it for it in (tmp_path / "store").rglob("*") if it.is_file()], "nothing is kept of it"


def test_an_interrupted_layer_is_not_kept(store: Store, tmp_path: Path) -> None:
    def entries() -> Iterator[Entry]:
        yield file("a", bytes(1000))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_layer(entries(), store, created_by="x")
    assert not [it for it in (tmp_path / "store").rglob("*") if it.is_file()]
