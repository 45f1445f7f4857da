"""Layers compressed by zstd: the same content, the same bytes each time, and the same image to everybody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import IntegrityError
from barehull.files import Store
from barehull.oci.manifest import read_image
from barehull.oci.model import LAYER_ZSTD, Config, Image
from barehull.oci.recompress import recompressed
from barehull.oci.rootfs import Rootfs

from .conftest import file, image


def blob(it: Image, number: int = 0) -> bytes:
    return it.blobs.path(it.layers[number].digest).read_bytes()


@given(
    st.lists(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.binary(max_size=99), max_size=3), max_size=4)
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_only_the_compression_changes(store: Store, layers: list[dict[str, bytes]]) -> None:
    gzip = image(store, *([file(path, data) for path, data in it.items()] for it in layers), config=Config(cmd=("x",)))
    zstd = recompressed(gzip, "zstd", store)
    assert read_image(zstd.digest, store) == zstd
    assert (zstd.config, zstd.annotations) == (gzip.config, gzip.annotations)
    assert [(it.diff_id, it.created_by) for it in zstd.layers] == [(it.diff_id, it.created_by) for it in gzip.layers]
    assert {it.media_type for it in zstd.layers} <= {LAYER_ZSTD}
    with Rootfs.of(gzip) as before, Rootfs.of(zstd) as after:
        assert list(after.walk()) == list(before.walk())


def test_the_same_image_has_the_same_bytes(tmp_path: Path) -> None:
    content = b"".join(b"%d" % (n * n) for n in range(1 << 19))  # several pieces and several blocks
    made = [
        recompressed(image(it, [file("a", content)]), "zstd", it) for it in map(Store, (tmp_path / "1", tmp_path / "2"))
    ]
    assert made[0] == made[1]
    assert len(blob(made[0])) == made[0].layers[0].size < len(content) // 2
    assert zstandard.get_frame_parameters(blob(made[0])).window_size <= 8 << 20, "decoders take no larger one"


def test_gzip_is_the_image_itself(store: Store) -> None:
    one = image(store, [file("a", b"one")])
    assert recompressed(one, "gzip", store) is one


def test_layers_are_remembered_by_their_compression(store: Store) -> None:
    one = image(store, [file("a", b"one")])
    made = recompressed(one, "zstd", store)
    one.blobs.path(one.layers[0].digest).unlink()
    assert recompressed(one, "zstd", store) == made, "the layer was not asked for again"
    one = image(store, [file("a", b"one")])
    store.path(made.layers[0].digest).unlink()
    assert recompressed(one, "zstd", store) == made, "and made anew where it was gone"
    assert blob(made)


def test_a_layer_that_is_not_what_it_says_is_not_compressed(store: Store) -> None:
    one = image(store, [file("a", b"one")])
    lying = replace(one, layers=(replace(one.layers[0], diff_id="sha256:" + "0" * 64),))
    with pytest.raises(IntegrityError, match="unpacks to other content"):
        recompressed(lying, "zstd", store)
