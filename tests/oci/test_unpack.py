"""Images in a real folder: as they say, without what needs root, and nothing beside the folder."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import IncompleteError, UsageError
from barehull.files import Store
from barehull.oci.rootfs import Rootfs
from barehull.oci.unpack import unpack

from .conftest import file, hard, helpful, image, link, merged, special, tar, value_or_known_error


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    """A folder beside one that must stay as it is."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (tmp_path / "room").mkdir()
    yield tmp_path / "room" / "out"
    assert {it.name for it in outside.iterdir()} == {"secret"}
    assert (outside / "secret").read_text() == "secret"
    assert {it.name for it in (tmp_path / "room").iterdir()} <= {"out"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_files_folders_and_links_are_as_in_the_image(out: Path, store: Store) -> None:
    entries = [file("app/run", b"content" * 300_000, 0o755), link("bin", "app"), file("bare", b"", 0o600)]
    unpack(Rootfs.of(image(store, entries)), out)
    assert (out / "app/run").read_bytes() == b"content" * 300_000
    assert os.readlink(out / "bin") == "app"
    assert (mode(out / "app/run"), mode(out / "app"), mode(out / "bare")) == (0o755, 0o755, 0o600)


@pytest.mark.parametrize("umask", [0, 0o077])
def test_modes_are_the_images_whatever_the_umask(out: Path, store: Store, umask: int) -> None:
    old = os.umask(umask)
    try:
        unpack(Rootfs.of(image(store, [file("app/run", b"", 0o755)])), out)
    finally:
        os.umask(old)
    assert (mode(out), mode(out / "app"), mode(out / "app/run")) == (0o755, 0o755, 0o755)


def test_no_file_gets_more_rights_than_its_user(out: Path, store: Store) -> None:
    members = [special(name, kind, mode=0o7777) for name, kind in (("d", tarfile.DIRTYPE), ("d/su", tarfile.REGTYPE))]
    unpack(merged(store, tar(*members, special("none", tarfile.REGTYPE, mode=0), ("x/", b""))), out)
    assert (mode(out / "d"), mode(out / "d/su"), mode(out / "none")) == (0o777, 0o777, 0o400)


def test_devices_are_not_made(out: Path, store: Store) -> None:
    kinds = {"chr": tarfile.CHRTYPE, "blk": tarfile.BLKTYPE, "fifo": tarfile.FIFOTYPE}
    unpack(merged(store, tar(*(special(f"dev/{name}", kind) for name, kind in kinds.items()), ("a", b""))), out)
    assert sorted(it.name for it in out.rglob("*")) == ["a", "dev"]


def test_names_that_are_not_utf_8_keep_their_bytes(out: Path, store: Store) -> None:
    name = b"caf\xe9"
    entries = [file(name.decode("utf-8", "surrogateescape")), link("l", name.decode("utf-8", "surrogateescape"))]
    unpack(Rootfs.of(image(store, entries)), out)
    assert sorted(os.listdir(os.fsencode(out))) == [name, b"l"]
    assert os.readlink(os.fsencode(out / "l")) == name


def test_only_the_wanted_ones_and_the_folders_above_them(out: Path, store: Store) -> None:
    rootfs = Rootfs.of(image(store, [file("a/b/c", b"1"), file("a/d", b"2"), link("e", "a")]))
    unpack(rootfs, out, lambda node: node.path == "a/b/c")
    assert sorted(str(it.relative_to(out)) for it in out.rglob("*")) == ["a", "a/b", "a/b/c"]


def test_folders_nested_deeper_than_pythons_stack(out: Path, store: Store) -> None:
    path = "d/" * 1500 + "f"
    rootfs = Rootfs.of(image(store, [file(path, b"deep")]))
    unpack(rootfs, out, lambda node: node.kind == "file")
    assert (out / path).read_bytes() == b"deep"
    os.rename(out, out.with_name("out2"))  # pytest's removal calls itself, too
    at = out.with_name("out2")
    (at / path).unlink()
    for depth in range(1500, 0, -1):
        (at / ("d/" * depth)).rmdir()
    at.rmdir()


def test_a_folder_with_something_in_it_is_left_alone(out: Path, store: Store) -> None:
    out.mkdir()
    (out / "mine").write_text("mine")
    with pytest.raises(UsageError, match="is not empty") as caught:
        unpack(Rootfs.of(image(store, [file("mine", b"theirs")])), out)
    assert helpful(caught.value)
    assert (out / "mine").read_text() == "mine"


@pytest.mark.parametrize("name", ["n" * 300, "café" * 100])
def test_a_name_that_no_file_can_have_is_said(out: Path, store: Store, name: str) -> None:
    with pytest.raises(IncompleteError, match="File name too long") as caught:
        unpack(Rootfs.of(image(store, [file(name)])), out)
    assert caught.value.what.startswith(f"{out}/{name}"), "as a user writes it"
    assert helpful(caught.value)


OUTSIDE = "../../outside"
HOSTILE = {
    "a link out and a file through it": [("x", OUTSIDE), ("x/secret", b"evil"), ("x/new", b"evil")],
    "an absolute link": [("x", "/tmp"), ("x/barehull-evil", b"evil")],
    "a link to a link out": [("x", "y"), ("y", OUTSIDE), ("x/new", b"evil")],
    "a link at the end": [("x", f"{OUTSIDE}/secret"), ("x", b"evil")],
    "a hard link to a link out": [("x", f"{OUTSIDE}/secret"), hard("y", "x"), ("y", b"evil")],
    "a folder through a link": [("x", OUTSIDE), ("x/new/", b""), ("x/new/f", b"evil")],
    "a folder's mode through a link": [("x", OUTSIDE), special("x/", tarfile.DIRTYPE, mode=0o777)],
    "a file that is a folder above": [("x/", b""), ("x/a", b""), ("x", OUTSIDE), ("x/secret", b"evil")],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("split", [False, True], ids=["one layer", "a layer each"])
def test_nothing_is_written_beside_the_folder(
    out: Path, store: Store, members: list[tuple[str, bytes | str]], split: bool
) -> None:
    unpack(merged(store, *(tar(it) for it in members)) if split else merged(store, tar(*members)), out)
    assert out.is_dir()
    assert not Path("/tmp/barehull-evil").exists()
    found = [it.relative_to(out) for it in out.rglob("*") if it.is_file() and not it.is_symlink()]
    assert all((out / it).resolve().is_relative_to(out.resolve()) for it in found)


NAMES = st.lists(st.sampled_from(["a", "b", "secret", "outside", ".wh.a"]), min_size=1, max_size=3).map("/".join)
TARGETS = st.sampled_from(["..", "../..", OUTSIDE, f"{OUTSIDE}/secret", "a", "b/a", "/", "a/../../../outside"])


@given(st.lists(st.tuples(NAMES, TARGETS | st.just(b"evil"), st.booleans()), max_size=10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_whatever_the_links_all_is_within_the_folder(
    tmp_path_factory: pytest.TempPathFactory, store: Store, members: list[tuple[str, bytes | str, bool]]
) -> None:
    base = tmp_path_factory.mktemp("unpack")
    (base / "outside").mkdir()
    (base / "outside" / "secret").write_text("secret")
    (base / "room").mkdir()
    layers = [tar(hard(name, "a") if linked and isinstance(it, bytes) else (name, it)) for name, it, linked in members]
    with value_or_known_error(), merged(store, *layers) as rootfs:
        unpack(rootfs, base / "room" / "out")
        real = [node.path for node in rootfs.walk() if node.kind != "symlink"]
        assert all((base / "room" / "out" / path).resolve().is_relative_to(base / "room" / "out") for path in real)
    assert sorted(str(it.relative_to(base / "outside")) for it in (base / "outside").rglob("*")) == ["secret"]
    assert (base / "outside" / "secret").read_text() == "secret"
    assert {it.name for it in base.iterdir()} == {"outside", "room"}
    assert {it.name for it in (base / "room").iterdir()} <= {"out"}
