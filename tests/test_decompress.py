from __future__ import annotations

import gzip
import io
import lzma
import os
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.decompress import Unpacked, decompress

PACK = {"": bytes, "gz": gzip.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor().compress}
TEXT = os.urandom(100_000) + b"debian" * 300_000
PACKED = {kind: pack(TEXT) for kind, pack in PACK.items()}
PACKED["zst"] = zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)


def unpack(content: bytes, kind: str, limit: int = len(TEXT)) -> bytes:
    return b"".join(decompress(io.BytesIO(content), kind, limit=limit, what="data.tar"))


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("text", [TEXT, b""], ids=["some", "nothing"])
def test_the_content(kind: str, text: bytes) -> None:
    assert unpack(PACK[kind](text), kind) == text


@pytest.mark.parametrize("kind", PACK)
def test_no_more_than_the_limit(kind: str) -> None:
    with pytest.raises(InputError, match=f"data.tar unpacks to more than {len(TEXT) - 1} bytes"):
        unpack(PACKED[kind], kind, limit=len(TEXT) - 1)


@pytest.mark.parametrize("kind", ["gz", "xz", "zst"])
def test_a_bomb_comes_out_in_small_pieces(kind: str) -> None:
    bomb = PACK[kind](bytes(64 << 20))
    sizes: list[int] = []
    with pytest.raises(InputError, match="more than"):
        sizes.extend(map(len, decompress(io.BytesIO(bomb), kind, limit=48 << 20, what="bomb")))
    assert 0 < max(sizes) <= 32 << 20


@pytest.mark.parametrize("kind", ["gz", "xz", "zst"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:-1],
        lambda packed: packed + b"x",
        lambda packed: b"x" + packed,
        lambda packed: packed[:1000] + bytes([packed[1000] ^ 255]) + packed[1001:],
    ],
    ids=["half", "one byte short", "one byte more", "shifted", "changed"],
)
def test_damage(kind: str, damage: Any) -> None:
    with pytest.raises(InputError, match=r"data\.tar"):
        unpack(damage(PACKED[kind]), kind)


@pytest.mark.parametrize("kind", ["gz", "xz", "zst"])
def test_an_empty_file_is_damaged(kind: str) -> None:
    if kind == "gz":
        assert unpack(b"", kind) == b"", "no members, says RFC 1952"
    else:
        with pytest.raises(InputError):
            unpack(b"", kind)


def test_an_unknown_kind() -> None:
    with pytest.raises(InputError, match="'bz2' is not known"):
        unpack(b"BZh9", "bz2")


@given(st.lists(st.binary(max_size=50)), st.integers(1, 70))
def test_pieces_as_a_file(pieces: list[bytes], size: int) -> None:
    file = io.BufferedReader(Unpacked(iter(pieces)), 16)
    assert b"".join(iter(lambda: file.read(size), b"")) == b"".join(pieces)
