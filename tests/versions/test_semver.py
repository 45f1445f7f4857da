from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.versions import MAX_LENGTH
from barehull.versions.semver import key

# Section 11 of the specification, pseudo-versions of Go, and what Go adds where releases are none.
IN_ORDER = """
    0.0.0-20190101000000-abcdefabcdef 0.0.0-20200131131040-063a3fb69896 0.0.1-0 0.0.1 0.9.0
    1.0.0-0 1.0.0-1 1.0.0-10 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11
    1.0.0-rc.1 1.0.0 1.0.1-0.20200131131040-063a3fb69896 1.0.1 1.9.0 1.10.0 2.0.0 10.0.0
""".split()


def test_order():
    for one, other in pairwise(IN_ORDER):
        assert key(one) < key(other), (one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.0.0+a", "1.0.0"), ("v1.2.3", "1.2.3"), ("v2.0.0+incompatible", "2.0.0"), ("1", "1.0.0"), ("1.2", "1.2.0")],
)
def test_the_same_place(one, other):
    assert key(one) == key(other)


NOT = """
    (devel) 1.2.3.4 01.2.3 1.2.3- 1.2.3-01 1.2.3-a..b 1.2.3+ 1-a latest V1.2.3 \u0661.2.3 -1.0.0
""".split()


@pytest.mark.parametrize("text", [*NOT, "", "1.2.3\n", " 1.2.3", "1" * (MAX_LENGTH + 1), "1.0.0-" + "a." * 10_000])
def test_no_version(text):
    with pytest.raises(ValueError, match="semantic version|Semantic Versioning"):
        key(text)


@given(st.text())
def test_any_text_has_a_place_or_none(text):
    try:
        assert key(text) == key(text)
    except ValueError:
        pass
