from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.debian.version import compare, key

upstream = st.from_regex(r"[0-9][A-Za-z0-9.+~]{0,8}", fullmatch=True)
versions = st.builds(
    lambda epoch, text, revision: epoch + text + revision,
    st.sampled_from(["", "0:", "1:"]),
    upstream,
    st.one_of(st.just(""), st.from_regex(r"-[A-Za-z0-9.+~]{1,4}", fullmatch=True)),
)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0~rc1", "1.0"),
        ("1.0", "1.0-1"),
        ("1.9", "1.10"),
        ("9", "1:0"),
        ("1.0-1", "1.0-1+deb12u1"),
        ("1.0-1+deb12u2", "1.0-1+deb12u10"),
        ("1.0a", "1.0+"),
        ("2.36-9+deb12u9", "2.41-12"),
    ],
)
def test_newer(older: str, newer: str) -> None:
    assert compare(older, newer) == -1
    assert compare(newer, older) == 1


@pytest.mark.parametrize(("a", "b"), [("1.0", "0:1.0"), ("1.0", "1.00"), ("1.0", "1.0-0"), ("1", "1")])
def test_equal(a: str, b: str) -> None:
    assert compare(a, b) == 0


@pytest.mark.parametrize(
    "text", ["", " 1", "1.0\n", "1_0", "1:", "a:1", "1.0-", "1.0:1", "\u0661", "é", "9" * 5000, "1" * 400, "1.0;rm"]
)
def test_not_a_version(text: str) -> None:
    with pytest.raises(InputError, match="not a Debian version"):
        key(text)


@given(versions, versions)
def test_antisymmetric(a: str, b: str) -> None:
    assert compare(a, b) == -compare(b, a)
    assert (compare(a, b) < 0) == (key(a) < key(b))


@given(versions, versions, versions)
def test_transitive(a: str, b: str, c: str) -> None:
    first, second, third = sorted([a, b, c], key=key)
    assert compare(first, second) <= 0
    assert compare(second, third) <= 0
    assert compare(first, third) <= 0


@given(versions)
def test_a_tilde_is_older_and_any_other_suffix_newer(version: str) -> None:
    assert compare(version + "~", version) == -1
    assert compare(version + "+b1", version) == 1
