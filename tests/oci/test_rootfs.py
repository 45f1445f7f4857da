"""The view of an image: what the layers add up to, read through links that never leave the image."""

from __future__ import annotations

import gzip
import hashlib
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import InputError, IntegrityError
from barehull.files import Store
from barehull.oci.layer import write_layer
from barehull.oci.model import Entry, Image
from barehull.oci.rootfs import Node, Rootfs

from .conftest import file, hard, helpful, image, link, merged, paths, special, tar, value_or_known_error

SYSTEM = [
    Entry("etc", "directory", 0o755),
    file("etc/passwd", b"root:x:0:0\n"),
    link("bin", "usr/bin"),
    file("usr/bin/python3.13", b"ELF" * 100_000, 0o755),
    link("usr/bin/python3", "python3.13"),
    link("usr/bin/python", "/bin/python3"),
    link("nowhere", "missing/file"),
    link("up", "../../etc"),
    link("loop", "loop"),
]
NAMES = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1, max_size=6)
SOUND = NAMES.filter(lambda it: it not in (".", "..") and not it.startswith(".wh."))
ENTRIES = st.lists(
    st.builds(
        lambda path, kind, mode, uid, content, target: Entry(
            "/".join(path),
            kind,
            mode,
            uid,
            content=content if kind == "file" else b"",
            target=target if kind == "symlink" else "",
        ),
        st.lists(SOUND, min_size=1, max_size=3),
        st.sampled_from(["file", "directory", "symlink"]),
        st.integers(0, 0o7777),
        st.sampled_from([0, 65532, 1 << 24]),
        st.binary(max_size=700),
        st.lists(NAMES, min_size=1, max_size=4).map("/".join),
    ),
    max_size=8,
)


def content(rootfs: Rootfs) -> list[tuple[Node, bytes]]:
    return [(node, b"".join(rootfs.chunks(node.path)) if node.kind == "file" else b"") for node in rootfs.walk()]


@pytest.fixture
def system(store: Store) -> Rootfs:
    return Rootfs.of(image(store, SYSTEM))


@given(ENTRIES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_written_layer_is_viewed_as_its_entries(store: Store, entries: list[Entry]) -> None:
    unique = list({it.path: it for it in entries}.values())
    others = {it.path for it in unique if it.kind != "directory"}
    unique = [it for it in unique if not any(it.path.startswith(f"{path}/") for path in others)]
    with Rootfs.of(image(store, unique)) as written, Rootfs.of_entries(unique) as direct:
        assert content(written) == content(direct)
        assert {it.path for it in unique} <= set(paths(written))


class TestReading:
    def test_nodes_come_parents_first(self, system: Rootfs) -> None:
        found = paths(system)
        assert all(found.index(path.rpartition("/")[0]) < found.index(path) for path in found if "/" in path)
        assert [node.path for node in system.walk("/usr")][:2] == ["usr", "usr/bin"]
        assert list(system.walk("none")) == []

    @pytest.mark.parametrize(
        "path", ["usr/bin/python3.13", "bin/python3.13", "/bin/python3", "bin/python", "usr/../bin/./python"]
    )
    def test_a_file_is_read_through_links(self, system: Rootfs, path: str) -> None:
        data = b"ELF" * 100_000
        assert system.read(path) == b"".join(system.chunks(path)) == data
        assert system.peek(path, 4) == data[:4]
        assert system.piece(path, 1, 3) == b"LFE"
        assert system.piece(path, len(data) - 2, 9) == b"LF"
        assert system.piece(path, len(data), 9) == system.piece(path, -1, 9) == b""
        assert system.digests(path) == (hashlib.md5(data).hexdigest(), hashlib.sha256(data).hexdigest())

    def test_a_link_itself_is_seen_without_following_it(self, system: Rootfs) -> None:
        node = system.get("bin/python3")
        assert node is not None
        assert (node.path, node.kind, node.target) == ("usr/bin/python3", "symlink", "python3.13")

    def test_a_link_that_climbs_stays_in_the_image(self, system: Rootfs) -> None:
        assert system.read("up/passwd") == b"root:x:0:0\n"
        assert system.read("../../../etc/passwd") == b"root:x:0:0\n"

    @pytest.mark.parametrize("path", ["nowhere", "loop", "loop/x", "none", "etc", "", "\0"])
    def test_what_is_no_file_cannot_be_read(self, system: Rootfs, path: str) -> None:
        for read in (system.read, lambda it: system.peek(it, 1), system.digests, lambda it: list(system.chunks(it))):
            with pytest.raises(InputError, match="the image has no file") as caught:
                read(path)
            assert caught.value.advice

    def test_a_loop_and_a_dangling_link_lead_nowhere(self, system: Rootfs) -> None:
        assert system.resolve("loop") is None
        assert system.resolve("nowhere") is None
        assert system.get("loop/x") is None
        assert system.children("loop") == ()

    def test_names_in_a_folder(self, system: Rootfs) -> None:
        assert system.children("bin") == ("python", "python3", "python3.13")
        assert system.children("") == ("bin", "etc", "loop", "nowhere", "up", "usr")
        assert system.children("etc/passwd") == ()

    def test_no_more_is_read_than_was_asked_for(self, system: Rootfs) -> None:
        assert system.read("etc/passwd", limit=11) == b"root:x:0:0\n"
        with pytest.raises(InputError, match="has 11 bytes, more than the 10") as caught:
            system.read("etc/passwd", limit=10)
        assert helpful(caught.value)

    def test_only_files_are_files(self, system: Rootfs) -> None:
        assert [node.path for node in system.files()] == ["etc/passwd", "usr/bin/python3.13"]

    def test_a_closed_view_says_so(self, store: Store) -> None:
        with Rootfs.of(image(store, SYSTEM)) as rootfs:
            assert rootfs.read("etc/passwd")
        with pytest.raises(ValueError, match="the view of the image is closed"):
            rootfs.read("etc/passwd")


class TestLayers:
    def test_the_layers_add_up_in_their_order(self, store: Store) -> None:
        upper, lower = [file("a", b"new"), file("c", b"c")], [file("a", b"old"), file("b", b"b")]
        found = Rootfs.of(image(store, lower, upper))
        assert {path: found.read(path) for path in paths(found)} == {"a": b"new", "b": b"b", "c": b"c"}
        assert Rootfs.of(image(store, upper, lower)).read("a") == b"old"

    def test_the_same_layer_twice_is_the_same(self, store: Store) -> None:
        assert paths(Rootfs.of(image(store, SYSTEM, SYSTEM))) == paths(Rootfs.of(image(store, SYSTEM)))

    def test_an_image_of_no_layers_is_an_empty_root(self, store: Store) -> None:
        assert [node.path for node in Rootfs.of(image(store)).walk()] == [""]

    def test_a_lower_layer_is_read_after_an_upper_one_moved_it(self, store: Store) -> None:
        found = merged(store, tar(("a", b"content")), tar(hard("b", "a")), tar((".wh.a", b"")))
        assert (paths(found), found.read("b")) == (["b"], b"content")

    def test_layers_in_the_wrong_order_are_found(self, store: Store) -> None:
        good = image(store, [file("a", b"1")], [file("a", b"22")])
        first, second = good.layers
        swapped = [
            type(first)(one.digest, other.diff_id, one.size) for one, other in ((first, second), (second, first))
        ]
        with pytest.raises(IntegrityError, match="than its diff ID"):
            Rootfs.of(Image(good.digest, good.config, tuple(swapped), store))

    def test_a_layer_that_is_no_tar(self, store: Store) -> None:
        with pytest.raises(InputError, match="the layer sha256:[0-9a-f]+ is not a tar that can be used") as caught:
            merged(store, b"#!/bin/sh\n" * 100)
        assert helpful(caught.value)

    def test_a_layer_that_is_gone(self, store: Store) -> None:
        one = image(store, [file("a")])
        store.path(one.layers[0].digest).unlink()
        with pytest.raises(InputError, match="is not in the store"):
            Rootfs.of(one)


GOOD = tar(
    ("d/", b""),
    ("d/f", b"content"),
    ("l", "d"),
    ("l/g", b"through"),
    hard("h", "d/f"),
    (".wh.x", b""),
    special("n", tarfile.CHRTYPE),
)


@given(st.integers(0, len(GOOD) // 512 - 1), st.integers(0, 511), st.binary(min_size=1, max_size=8), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_any_change_to_a_layer_is_a_view_or_a_known_error(
    store: Store, block: int, at: int, new: bytes, twice: bool
) -> None:
    data = bytearray(GOOD)
    start = block * 512
    data[start + at : start + at + len(new)] = new
    header = data[start : start + 512]
    header[148:156] = b" " * 8
    data[start + 148 : start + 156] = b"%06o\0 " % sum(header)  # so that it is not only the checksum that protects
    with value_or_known_error(), merged(store, *[bytes(data)] * (1 + twice)) as found:
        for node, _ in content(found):
            assert ".." not in node.path.split("/")
            found.resolve(node.path)


MEMBERS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["a", "b", ".wh.a", ".wh..wh..opq", "..", "."]), min_size=1, max_size=4).map("/".join),
        st.binary(max_size=3) | st.sampled_from(["a", "/", "..", "b/a", "/a/../b", "."]),
        st.booleans(),
    ),
    max_size=8,
)


@given(st.lists(MEMBERS, min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_any_layers_add_up_to_a_tree_or_a_known_error(
    store: Store, layers: list[list[tuple[str, bytes | str, bool]]]
) -> None:
    tars = [
        tar(*(hard(name, it) if linked and isinstance(it, str) else (name, it) for name, it, linked in members))
        for members in layers
    ]
    with value_or_known_error(), merged(store, *tars) as found:
        nodes = {node.path: node for node in found.walk()}
        for path, node in nodes.items():
            assert not path or nodes[path.rpartition("/")[0]].kind == "directory"
            assert node.kind == "directory" or not path.rpartition("/")[2].startswith(".wh.")
            assert node.kind != "file" or len(found.read(path)) == node.size
        assert {node.path for node in found.files()} <= set(nodes), "what was hidden is gone"


def test_other_compressed_bytes_of_the_same_tar_are_the_same_view(store: Store) -> None:
    written = write_layer([file("a", b"content")], store, created_by="x")
    data = gzip.decompress(store.path(written.digest).read_bytes())
    assert content(merged(store, data)) == content(Rootfs.of_entries([file("a", b"content")]))
