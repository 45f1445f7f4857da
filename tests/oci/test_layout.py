"""Layouts read: the choice of an image is clear or refused, and none of their words is believed."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import BarehullError, InputError, IntegrityError
from barehull.files import Store
from barehull.oci.layout import LayoutBlobs, check_folder, read_layout, write_layout
from barehull.oci.model import INDEX, Image
from barehull.oci.rootfs import Rootfs

from .conftest import GZIP, TAG, Descriptor, HandMade, helpful, image, sha256, tar, value_or_known_error

ONE, TWO = tar(("a", b"one")), tar(("a", b"two"))
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


def tagged(descriptor: Descriptor, tag: str) -> Descriptor:
    return {**descriptor, "annotations": {TAG: tag}}


def of(descriptor: Descriptor, architecture: str, variant: str | None = None, system: str = "linux") -> Descriptor:
    named = {"os": system, "architecture": architecture, "variant": variant}
    return {**descriptor, "platform": {name: it for name, it in named.items() if it}}


def content(found: Image) -> bytes:
    with Rootfs.of(found) as rootfs:
        return rootfs.read("a")


def refusal(folder: Path, tag: str = "", platform: str = "") -> BarehullError:
    with pytest.raises(BarehullError) as caught, Rootfs.of(read_layout(folder, tag, platform)):
        pass
    assert helpful(caught.value)
    return caught.value


@pytest.fixture
def many(made: HandMade) -> Callable[..., Path]:
    """A layout with one tag, for several platforms, and BuildKit's attestation of one."""

    def make(media_type: str = INDEX) -> Path:
        arm = made.config(TWO, architecture="arm64", variant="v8")
        images = [
            of(made.image(ONE), "amd64"),
            of(made.manifest(arm, [made.layer(TWO)]), "arm64", "v8"),
            of(made.image(), "unknown", system="unknown"),
        ]
        inner = made.json({"schemaVersion": 2, "manifests": images}, media_type)
        return made.index(tagged(inner, "v1"))

    return make


class TestChoice:
    def test_the_only_image_needs_no_tag(self, made: HandMade) -> None:
        folder = made.index(made.image(ONE))
        assert content(read_layout(folder)) == b"one"
        assert refusal(folder, "v1").advice == "It has no tags."

    def test_of_several_images_the_tag_says_which(self, made: HandMade) -> None:
        folder = made.index(tagged(made.image(ONE), "v1"), tagged(made.image(TWO), "v2"))
        assert content(read_layout(folder, "v1")) == b"one"
        assert content(read_layout(folder, "v2")) == b"two"
        assert "not clear which one is meant" in refusal(folder).what
        assert "v1, v2" in refusal(folder).advice
        assert refusal(folder, "v").advice == "It has the tags v1, v2."

    def test_one_image_with_two_tags_is_two(self, made: HandMade) -> None:
        folder = made.index(tagged(made.image(ONE), "v1"), made.image(ONE))
        assert "(none), v1" in refusal(folder).advice

    @pytest.mark.parametrize("media_type", [INDEX, DOCKER_LIST])
    def test_of_several_platforms_the_default_is_amd64(self, many: Callable[..., Path], media_type: str) -> None:
        assert content(read_layout(many(media_type))) == b"one"

    @pytest.mark.parametrize("platform", ["linux/arm64", "linux/arm64/v8"])
    def test_a_platform_is_chosen_with_or_without_its_variant(self, many: Callable[..., Path], platform: str) -> None:
        assert content(read_layout(many(), "v1", platform)) == b"two"

    @pytest.mark.parametrize("platform", ["linux/arm", "linux/riscv64", "windows/amd64", "linux/arm64/v7"])
    def test_a_platform_that_is_not_there_is_said(self, many: Callable[..., Path], platform: str) -> None:
        error = refusal(many(), "", platform)
        assert f"0 of them for {platform}" in error.what
        assert "linux/amd64, linux/arm64/v8" in error.advice

    def test_two_images_for_one_platform_are_not_clear(self, made: HandMade) -> None:
        folder = made.index(*(of(tagged(made.image(it), "v1"), "amd64") for it in (ONE, TWO)))
        assert "2 of them for linux/amd64" in refusal(folder).what

    def test_one_image_listed_twice_is_clear(self, made: HandMade) -> None:
        assert content(read_layout(made.index(*[of(made.image(ONE), "amd64")] * 2))) == b"one"

    def test_an_index_that_lies_about_the_platform_is_found(self, made: HandMade) -> None:
        folder = made.index(of(made.image(ONE), "arm64"))
        assert "no image for linux/arm64" in refusal(folder, "", "linux/arm64").what

    def test_an_attestation_alone_is_no_image(self, made: HandMade) -> None:
        assert "without images" in refusal(made.index(of(made.image(), "unknown", system="unknown"))).what

    def test_hostile_tags_and_platforms_do_not_reach_the_terminal(self, made: HandMade) -> None:
        tags = [tagged(made.image(ONE), f"\x1b[2J{n}" + "x" * 5000) for n in range(50)]
        refusal(made.index(*tags))
        refusal(made.index(*tags), "v1")
        refusal(made.index(*(of(made.image(it), "\x1b" * 9999) for it in (ONE, TWO))))
        config = made.config(architecture="\n" + "x" * 9999)
        refusal(made.index(made.manifest(config)), "", "linux/amd64")


class TestHostile:
    @pytest.mark.parametrize("missing", ["", "index.json", "oci-layout"])
    def test_a_folder_that_is_no_layout(self, made: HandMade, missing: str) -> None:
        folder = made.index(made.image(ONE))
        (folder / missing).unlink() if missing else folder.rename(folder.with_name("moved"))
        error = refusal(folder)
        assert "is not an OCI image layout" in error.what
        assert "skopeo copy" in error.advice

    @pytest.mark.parametrize(
        "manifests",
        [
            None,
            {},
            "x",
            [1],
            [{}],
            [{"digest": 1}],
            [{"digest": "x", "size": "1"}],
            [{"digest": "x", "size": -1}],
            [{"digest": "x", "size": 10**4000}],
            [{"digest": "x", "annotations": [1]}],
            [{"digest": "x", "platform": "linux"}],
            [{"digest": "x"}] * 10_001,
        ],
        ids=lambda it: str(it)[:40],
    )
    def test_an_index_that_is_none(self, made: HandMade, manifests: Any) -> None:
        made.index()
        (made.folder / "index.json").write_text(json.dumps({"manifests": manifests}))
        assert "is not an index of images" in refusal(made.folder).what
        inner = made.json({"manifests": manifests}, INDEX)
        assert "is not an index of images" in refusal(made.index(inner)).what

    def test_an_index_of_nothing(self, made: HandMade) -> None:
        assert refusal(made.index()).advice == "It has no tags."
        assert "without images" in refusal(made.index(made.json({"manifests": []}, INDEX))).what

    def test_indexes_nest_a_little_and_not_for_ever(self, made: HandMade) -> None:
        inner = made.image(ONE)
        for _ in range(4):
            inner = made.json({"manifests": [inner]}, INDEX)
        assert content(read_layout(made.index(inner))) == b"one"
        for _ in range(2):
            inner = made.json({"manifests": [inner]}, INDEX)
        assert "nests too deeply" in refusal(made.index(inner)).what

    def test_an_index_that_lists_itself(self, made: HandMade) -> None:
        """Its digest cannot be in it: one of the two is a lie."""
        digest = sha256(b"itself")
        made.path(digest).write_text(json.dumps({"manifests": [{"digest": digest, "mediaType": INDEX}]}))
        error = refusal(made.index({"digest": digest, "mediaType": INDEX}))
        assert isinstance(error, IntegrityError)

    @pytest.mark.parametrize("data", [b"", b"\x1f\x8b", b"[" * 100_000, b'{"a": 1e999}', b" " * (5 << 20)])
    def test_an_index_that_is_no_json(self, made: HandMade, data: bytes) -> None:
        (made.folder / "index.json").write_bytes(data)
        assert "is not JSON" in refusal(made.folder).what or "larger than" in refusal(made.folder).what

    @pytest.mark.parametrize("kind", ["manifest", "config", "layer"])
    @pytest.mark.parametrize("how", ["gone", "other", "cut", "folder", "pipe", "loop"])
    def test_a_blob_that_is_not_there_or_another(self, made: HandMade, kind: str, how: str) -> None:
        layer, config = made.layer(ONE), made.config(ONE)
        manifest = made.manifest(config, [layer])
        path = made.path({"manifest": manifest, "config": config, "layer": layer}[kind]["digest"])
        data = path.read_bytes()
        path.unlink()
        make: dict[str, Callable[[], object]] = {
            "gone": lambda: None,
            "other": lambda: path.write_bytes(b"x" * len(data)),
            "cut": lambda: path.write_bytes(data[:-1]),
            "folder": path.mkdir,
            "pipe": lambda: os.mkfifo(path),
            "loop": lambda: path.symlink_to(path.name),
        }
        make[how]()
        error = refusal(made.index(manifest))
        assert isinstance(error, IntegrityError) == (how in ("other", "cut"))
        assert "fetch it" in error.advice or "Check the path" in error.advice

    def test_a_promised_size_that_lies(self, made: HandMade) -> None:
        assert "not 7 as promised" in refusal(made.index({**made.image(ONE), "size": 7})).what
        manifest = made.manifest(made.config(ONE), [made.layer(ONE, size=7)])
        assert "not 7 as promised" in refusal(made.index(manifest)).what

    def test_diff_ids_of_other_layers(self, made: HandMade) -> None:
        manifest = made.manifest(made.config(TWO), [made.layer(ONE, GZIP)])
        assert "other content than its diff ID" in refusal(made.index(manifest)).what

    @pytest.mark.parametrize(
        "digest", ["sha256:../../../secret", "sha256:", "sha256", "md5:x", "/etc/passwd", "\udcff"]
    )
    def test_a_digest_is_not_a_path(self, made: HandMade, digest: str) -> None:
        (made.folder.parent / "secret").write_text("{}")
        with pytest.raises(InputError, match="is not a digest that barehull knows"):
            LayoutBlobs(made.folder).path(digest)
        refusal(made.index({"digest": digest, "size": 2}))

    def test_what_would_not_be_json_again_is_not_taken_over(self, made: HandMade, store: Store) -> None:
        index = made.index(made.image(ONE)) / "index.json"
        index.write_text(index.read_text().replace('"digest"', '"x": 1e999, "digest"'))
        before = index.read_bytes()
        with pytest.raises(InputError, match="too large a number"):
            write_layout(image(store), made.folder, "new")
        assert index.read_bytes() == before

    def test_a_layout_that_another_process_finishes_meanwhile_is_not_taken_for_something_else(
        self, made: HandMade
    ) -> None:
        index, aside = made.index() / "index.json", made.folder.with_name("aside")
        done = threading.Event()

        def flicker() -> None:
            while not done.is_set():
                index.rename(aside)
                aside.rename(index)

        thread = threading.Thread(target=flicker)
        thread.start()
        try:
            for _ in range(500):
                with contextlib.suppress(InputError):  # that it went away again
                    check_folder(made.folder)
        finally:
            done.set()
            thread.join()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["mediaType", "digest", "size", "annotations", "platform"]


@given(st.integers(0, 2), st.sampled_from(FIELDS), ANYTHING, st.sampled_from(["", "v1", "v2"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_change_to_an_index_is_an_image_or_a_known_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, field: str, value: Any, tag: str
) -> None:
    made = HandMade(tmp_path_factory.mktemp("fuzz") / "layout")
    inner = [of(made.image(ONE), "amd64"), of(made.image(TWO), "arm64")]
    outer = [tagged(made.image(ONE), "v1"), {}]
    changed = copy.deepcopy([*inner, outer[0]])
    changed[at][field] = value
    folder = made.index(changed[2], tagged(made.json({"manifests": changed[:2]}, INDEX), "v2"))
    with value_or_known_error():
        assert content(read_layout(folder, tag)) in (b"one", b"two")


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_other_bytes_in_an_index_are_an_image_or_a_known_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, new: bytes
) -> None:
    made = HandMade(tmp_path_factory.mktemp("fuzz") / "layout")
    index = made.index(of(tagged(made.image(ONE), "v1"), "amd64")) / "index.json"
    data = index.read_bytes()
    at %= len(data)
    index.write_bytes(data[:at] + new + data[at + len(new) :])
    with value_or_known_error():
        assert content(read_layout(made.folder)) == b"one"
