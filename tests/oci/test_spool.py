"""The spool: layers of each compression come out whole and checked, and no more comes out than is bearable."""

from __future__ import annotations

import contextlib
import gzip
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import InputError, IntegrityError
from barehull.oci import spool as module
from barehull.oci.model import Layer
from barehull.oci.spool import Span, Spool

from .conftest import GZIP, PACK, TAR, ZSTD, helpful, sha256, tar, value_or_known_error

DATA = tar(("a", b"content"), ("b", os.urandom(70_000)))


@pytest.fixture
def spool() -> Iterator[Spool]:
    spool = Spool()
    yield spool
    spool.close()


def layer(folder: Path, packed: bytes, data: bytes = DATA, media_type: str = GZIP) -> tuple[Layer, Path]:
    path = folder / "blob"
    path.write_bytes(packed)
    return Layer(sha256(packed), sha256(data), len(packed), media_type=media_type), path


@pytest.mark.parametrize("media_type", [*PACK, *(it.replace("tar+", "tar.") for it in PACK)])
def test_a_layer_of_each_compression_is_the_tar(spool: Spool, tmp_path: Path, media_type: str) -> None:
    pack = PACK[media_type.replace("tar.", "tar+")]
    span = spool.add(*layer(tmp_path, pack(DATA), media_type=media_type))
    assert spool.read(span.offset, span.size) == DATA
    assert [it.path for it in spool.entries(span, "it")] == ["a", "b"]


def test_a_layer_in_several_members_is_one(spool: Spool, tmp_path: Path) -> None:
    """As eStargz and zstd:chunked write them."""
    half = len(DATA) // 2
    for media_type in (GZIP, ZSTD):
        packed = PACK[media_type](DATA[:half]) + PACK[media_type](DATA[half:])
        span = spool.add(*layer(tmp_path, packed, media_type=media_type))
        assert spool.read(span.offset, span.size) == DATA


def test_layers_lie_one_after_the_other(spool: Spool, tmp_path: Path) -> None:
    first = spool.add(*layer(tmp_path, gzip.compress(DATA)))
    second = spool.add(*layer(tmp_path, DATA, media_type=TAR))
    assert (first, second) == (Span(0, len(DATA)), Span(len(DATA), len(DATA)))
    assert spool.read(2 * len(DATA) - 3, 100) == DATA[-3:], "nothing is read beyond the end"


def test_a_tar_does_not_see_the_layer_after_it(spool: Spool, tmp_path: Path) -> None:
    cut = DATA[: 512 + 512 + 512]  # in the content of b
    span = spool.add(*layer(tmp_path, cut, cut, TAR))
    spool.add(*layer(tmp_path, DATA, media_type=TAR))
    with pytest.raises(InputError, match="it is cut short"):
        list(spool.entries(span, "the layer"))


def test_nobody_else_sees_it_and_it_is_gone_when_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    spool = Spool()
    spool.append(b"secret")
    assert list((tmp_path / "tmp").iterdir()) == []
    spool.close()
    with pytest.raises(ValueError, match="is closed"):
        spool.read(0, 1)


class TestHostile:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"size": 1}, "has .* bytes, not 1 as promised"),
            ({"diff_id": "sha256:" + "0" * 64}, "unpacks to other content than its diff ID"),
            ({"diff_id": "\x1b[2J" + "x" * 100_000}, "unpacks to other content than its diff ID"),
            ({"diff_id": sha256(gzip.compress(DATA))}, "unpacks to other content"),
        ],
    )
    def test_what_is_not_as_promised(self, spool: Spool, tmp_path: Path, change: dict[str, str], words: str) -> None:
        good, path = layer(tmp_path, gzip.compress(DATA))
        with pytest.raises(IntegrityError, match=words) as caught:
            spool.add(replace(good, **change), path)
        assert helpful(caught.value)

    @pytest.mark.parametrize(
        ("packed", "media_type"),
        [
            (gzip.compress(DATA)[:-9], GZIP),
            (DATA, GZIP),
            (DATA, ZSTD),
            (gzip.compress(DATA), ZSTD),
            (zstandard.compress(DATA)[:-1], ZSTD),
            (b"", ZSTD),
        ],
        ids=["cut gzip", "tar as gzip", "tar as zstd", "gzip as zstd", "cut zstd", "nothing as zstd"],
    )
    def test_what_is_packed_otherwise_or_cut(
        self, spool: Spool, tmp_path: Path, packed: bytes, media_type: str
    ) -> None:
        with pytest.raises(InputError, match="cannot be unpacked") as caught:
            spool.add(*layer(tmp_path, packed, media_type=media_type))
        assert helpful(caught.value)

    def test_an_unknown_media_type(self, spool: Spool, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="unknown media type 'text/html'"):
            spool.add(*layer(tmp_path, DATA, media_type="text/html"))

    @pytest.mark.parametrize("media_type", [GZIP, ZSTD])
    def test_a_bomb_stops_at_its_bound(
        self, spool: Spool, tmp_path: Path, media_type: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "FREE", 8 << 20)
        bomb = PACK[media_type](bytes(48 << 20))
        assert len(bomb) * module.MAX_RATIO < 32 << 20
        with pytest.raises(InputError, match="unpacks to more than") as caught:
            spool.add(*layer(tmp_path, bomb, media_type=media_type))
        assert helpful(caught.value)
        assert spool.append(b"").offset <= 32 << 20, "it was not written out first"

    def test_a_small_layer_may_shrink_by_any_ratio(self, spool: Spool, tmp_path: Path) -> None:
        zeros = bytes(4 << 20)
        packed = gzip.compress(zeros)
        assert len(packed) * module.MAX_RATIO < len(zeros)
        assert spool.add(*layer(tmp_path, packed, zeros)).size == len(zeros)

    def test_many_bombs_together_stop_at_the_bound_of_all(
        self, spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_TOTAL", 10 << 20)
        zeros = bytes(4 << 20)
        one = layer(tmp_path, gzip.compress(zeros), zeros)
        spool.add(*one)
        spool.add(*one)
        with pytest.raises(InputError, match=f"more than {2 << 20} bytes"):
            spool.add(*one)

    def test_a_blob_that_is_gone(self, spool: Spool, tmp_path: Path) -> None:
        good, path = layer(tmp_path, gzip.compress(DATA))
        path.unlink()
        with pytest.raises(InputError, match="cannot be read: No such file") as caught:
            spool.add(good, path)
        assert helpful(caught.value)


def test_a_full_disk_is_said_and_nothing_is_decided() -> None:
    # A limit on the file size is the full disk that every process can have.
    code = (
        "import resource, signal; from barehull.oci.spool import Spool\n"
        "from barehull.core.errors import IncompleteError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: Spool().append(b'x' * 5000)\n"
        "except IncompleteError as error: print(error.what, error.advice)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("no space is left to write")
    assert "TMPDIR" in ran.stdout


@given(st.sampled_from([GZIP, ZSTD]), st.integers(0, 1 << 20), st.binary(min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_change_to_a_blob_is_found(tmp_path: Path, media_type: str, at: int, new: bytes) -> None:
    data = tar(("a", b"content" * 99))
    packed = bytearray(PACK[media_type](data))
    at %= len(packed)
    packed[at : at + len(new)] = new
    with contextlib.closing(Spool()) as spool, value_or_known_error():
        span = spool.add(*layer(tmp_path, bytes(packed), data, media_type))
        assert spool.read(span.offset, span.size) == data
