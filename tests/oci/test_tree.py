"""Layers laid over each other as the OCI image specification says (layer.md), whatever the order in the tar."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from itertools import permutations

import pytest

from barehull.core.errors import InputError
from barehull.files import Store
from barehull.oci import tree as module
from barehull.oci.rootfs import Rootfs

from .conftest import hard, helpful, merged, paths, special, tar

BASE = tar(("etc/", b""), ("etc/passwd", b"root"), ("etc/ssl/", b""), ("etc/ssl/a.pem", b"a"), ("etc/ssl/b.pem", b"b"))
Merge = Callable[..., Rootfs]


@pytest.fixture
def merge(store: Store) -> Merge:
    return lambda *tars: merged(store, *tars)


class TestWhiteouts:
    def test_a_whiteout_hides_one_file(self, merge: Merge) -> None:
        found = merge(BASE, tar(("etc/ssl/.wh.a.pem", b"")))
        assert paths(found) == ["etc", "etc/passwd", "etc/ssl", "etc/ssl/b.pem"]
        assert found.children("etc/ssl") == ("b.pem",)

    def test_a_whiteout_hides_a_folder_with_all_in_it(self, merge: Merge) -> None:
        assert paths(merge(BASE, tar(("etc/.wh.ssl", b"")))) == ["etc", "etc/passwd"]

    def test_an_opaque_folder_hides_all_that_is_below(self, merge: Merge) -> None:
        found = merge(BASE, tar(("etc/", b""), ("etc/.wh..wh..opq", b""), ("etc/new", b"")))
        assert paths(found) == ["etc", "etc/new"]

    @pytest.mark.parametrize("whiteout", ["etc/.wh.passwd", "etc/.wh..wh..opq", ".wh.etc"])
    def test_a_whiteout_hides_nothing_of_its_own_layer(self, merge: Merge, whiteout: str) -> None:
        for members in permutations([(whiteout, b""), ("etc/passwd", b"mine"), ("etc/", b"")]):
            assert merge(BASE, tar(*members)).read("etc/passwd") == b"mine", members

    def test_what_was_hidden_can_come_back(self, merge: Merge) -> None:
        found = merge(BASE, tar((".wh.etc", b"")), tar(("etc/passwd", b"again")))
        assert paths(found) == ["etc", "etc/passwd"]
        assert found.read("etc/passwd") == b"again"

    def test_a_whiteout_of_a_link_leaves_what_it_leads_to(self, merge: Merge) -> None:
        found = merge(BASE, tar(("link", "etc")), tar((".wh.link", b"")))
        assert "etc/passwd" in paths(found)
        assert "link" not in paths(found)

    def test_a_whiteout_through_a_link_hides_what_it_leads_to(self, merge: Merge) -> None:
        found = merge(BASE, tar(("link", "/etc")), tar(("link/.wh.passwd", b"")))
        assert "etc/passwd" not in paths(found)

    @pytest.mark.parametrize("name", [".wh.nothing", "no/such/.wh.file", "no/.wh..wh..opq", "etc/.wh..wh.plnk"])
    def test_a_whiteout_of_nothing_does_nothing(self, merge: Merge, name: str) -> None:
        assert paths(merge(BASE, tar((name, b"")))) == paths(merge(BASE))

    @pytest.mark.parametrize("name", [".wh.", "etc/.wh.", "etc/.wh..", "etc/.wh..."])
    def test_a_whiteout_that_names_no_file_is_refused(self, merge: Merge, name: str) -> None:
        with pytest.raises(InputError, match="which names no file") as caught:
            merge(BASE, tar((name, b"")))
        assert helpful(caught.value)


class TestReplacing:
    def test_a_folder_in_the_place_of_a_file(self, merge: Merge) -> None:
        found = merge(BASE, tar(("etc/passwd/", b""), ("etc/passwd/x", b"")))
        assert found.children("etc/passwd") == ("x",)
        assert found.get("etc/passwd").kind == "directory"  # type: ignore[union-attr]

    def test_a_folder_that_is_left_out_in_the_place_of_a_file(self, merge: Merge) -> None:
        assert merge(BASE, tar(("etc/passwd/x/y", b"deep"))).read("etc/passwd/x/y") == b"deep"

    @pytest.mark.parametrize("member", [("etc", b"file"), ("etc", "/nowhere")], ids=["file", "link"])
    def test_a_file_or_link_in_the_place_of_a_folder(self, merge: Merge, member: tuple[str, bytes | str]) -> None:
        found = merge(BASE, tar(member))
        assert paths(found) == ["etc"]
        assert [node.path for node in found.files()] == (["etc"] if isinstance(member[1], bytes) else [])

    def test_a_folder_over_a_folder_keeps_what_is_in_it_and_has_the_new_mode(self, merge: Merge) -> None:
        found = merge(BASE, tar(special("etc", tarfile.DIRTYPE, mode=0o700)))
        assert paths(found) == paths(merge(BASE))
        assert found.get("etc").mode == 0o700  # type: ignore[union-attr]

    def test_a_folder_in_the_place_of_a_link_leaves_what_it_led_to(self, merge: Merge) -> None:
        found = merge(BASE, tar(("link", "etc")), tar(("link/", b""), ("link/x", b"")))
        assert found.children("link") == ("x",)
        assert "x" not in found.children("etc")

    def test_the_last_of_one_name_in_a_layer_counts(self, merge: Merge) -> None:
        assert merge(tar(("a", b"first"), ("a", b"last"))).read("a") == b"last"

    def test_a_node_knows_its_layer(self, merge: Merge) -> None:
        found = merge(BASE, tar(("new/file", b"")))
        assert {node.path: node.layer for node in found.walk("new")} == {"new": 1, "new/file": 1}
        assert found.get("etc/passwd").layer == 0  # type: ignore[union-attr]


class TestLinks:
    @pytest.mark.parametrize("target", ["usr/lib", "/usr/lib", "../usr/lib", "../../../usr/./lib/", "usr/x/../lib"])
    def test_a_parent_that_is_a_link_is_followed(self, merge: Merge, target: str) -> None:
        found = merge(tar(("usr/lib/", b""), ("usr/x/", b""), ("lib", target)), tar(("lib/libc.so", b"ELF")))
        assert found.get("usr/lib/libc.so") is not None
        assert found.read("lib/libc.so") == b"ELF"
        assert found.get("lib").kind == "symlink"  # type: ignore[union-attr]

    def test_a_link_is_replaced_and_not_written_through(self, merge: Merge) -> None:
        found = merge(BASE, tar(("passwd", "etc/passwd")), tar(("passwd", b"other")))
        assert (found.read("passwd"), found.read("etc/passwd")) == (b"other", b"root")

    def test_a_hard_link_is_a_file_of_its_own(self, merge: Merge) -> None:
        found = merge(tar(("a", b"content"), hard("b", "a")), tar(("a", b"changed")))
        assert (found.read("a"), found.read("b")) == (b"changed", b"content")

    def test_a_hard_link_to_a_lower_layer(self, merge: Merge) -> None:
        found = merge(BASE, tar(hard("b", "etc/passwd")), tar((".wh.etc", b"")))
        assert found.read("b") == b"root"

    def test_a_hard_link_to_a_link_is_that_link(self, merge: Merge) -> None:
        node = merge(tar(("a", "target"), hard("b", "a"))).get("b")
        assert node is not None
        assert (node.kind, node.target) == ("symlink", "target")

    @pytest.mark.parametrize("name", ["a", "a/b"])
    def test_a_hard_link_to_itself_or_in_its_own_place(self, merge: Merge, name: str) -> None:
        assert merge(tar(("a", b"content"), hard(name, "a"))).read(name) == b"content"


class TestHostile:
    @pytest.mark.parametrize(
        ("members", "words"),
        [
            ([hard("a", "../../etc/passwd")], "points outside"),
            ([hard("a", "etc/shadow")], "which the image does not have"),
            ([("d/", b""), hard("a", "d")], "which the image does not have"),
            ([hard("a", ".")], "which the image does not have"),
            ([hard("a", "b"), ("b", b"")], "which the image does not have"),
            ([("../a", b"")], "points outside"),
            ([("x", "y"), ("y", "x"), ("x/a", b"")], "a loop of links"),
            ([("x", "x/x"), ("x/a", b"")], "a loop of links"),
            ([("x", "y"), ("y", "x"), hard("a", "x/b")], "a loop of links"),
            ([(".", b"")], "a file for the root folder"),
            ([(".", "/etc")], "a symlink for the root folder"),
            ([("a", "")], "a link's target is not a path"),
        ],
    )
    def test_a_layer_that_does_not_add_up_is_refused(
        self, merge: Merge, members: list[tuple[str, bytes]], words: str
    ) -> None:
        with pytest.raises(InputError, match=words) as caught:
            merge(tar(*members))
        assert helpful(caught.value)

    def test_a_loop_in_a_lower_layer_cannot_be_whited_out_through(self, merge: Merge) -> None:
        with pytest.raises(InputError, match="a loop of links"):
            merge(tar(("x", "y"), ("y", "x")), tar(("x/.wh.a", b"")))

    def test_links_of_links_end(self, merge: Merge) -> None:
        """Each of 40 links names the next one twice: followed without a bound, 2^40 steps."""
        steps = [(f"l{n}", f"l{n + 1}/l{n + 1}") for n in range(40)]
        assert merge(tar(*steps, ("l40", "."))).resolve("l0") is None

    def test_no_link_leads_out_of_the_image(self, merge: Merge) -> None:
        found = merge(tar(("up", "../../../.."), ("up/etc/passwd", b"inside")))
        assert paths(found) == ["etc", "etc/passwd", "up"]

    def test_a_few_kilobytes_cannot_name_gigabytes_of_folders(self, merge: Merge) -> None:
        with pytest.raises(InputError, match="long or deeply nested paths") as caught:
            merge(tar(*((f"{n}/" + "d/" * 2000 + "f", b"") for n in range(70))))
        assert helpful(caught.value)

    def test_the_number_of_files_is_bounded(self, merge: Merge, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_MAX_NODES", 100)
        for members in ([(str(n), b"") for n in range(101)], [("d/" * 101, b"")], [("same", b"")] * 101):
            with pytest.raises(InputError, match="more than 100 files and folders"):
                merge(tar(*members))
        merge(tar(*((str(n), b"") for n in range(99))))

    def test_devices_are_listed_and_are_no_files(self, merge: Merge) -> None:
        found = merge(tar(special("null", tarfile.CHRTYPE), special("pipe", tarfile.FIFOTYPE), hard("other", "null")))
        assert {node.kind for node in found.walk() if node.path} == {"device"}
        assert list(found.files()) == []
        with pytest.raises(InputError, match="has no file /null"):
            found.read("null")
