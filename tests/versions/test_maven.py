from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.versions.maven import key, tokens

IN_ORDER = """
    r05 r09 1-alpha-1 1-alpha2 1-alpha-123 1-beta-2 1-m3 1-rc 1-cr2 1-SNAPSHOT 1 1-sp 1-abc 1-xyz 1-1 1.0.1
    1.1-rc1 1.1 1.2-SNAPSHOT 1.2 1.9 1.10 2-1 2.0.1.MR 2.0.2 20230101
""".split()
SAME = [
    "1 1.0 1.0.0 1-0 1.ga 1-final 1.0.0.RELEASE 1.0-ga",
    "1.a1 1-alpha-1 1a1 1.0-alpha1",
    "1-rc 1.cr 1.0.RC",
    "1.0-1 1-1",
    "1.0.0-foo.0.0 1-foo",
]
text = st.text("0123456789.-abmrcxyzglfin", min_size=1, max_size=12).map(lambda it: f"1{it}")


def test_order():
    for one, other in pairwise(IN_ORDER):
        assert key(one) < key(other), (one, other)


@pytest.mark.parametrize("line", SAME)
def test_the_same_place(line):
    for one, other in combinations(line.split(), 2):
        assert key(one) == key(other), (one, other)
        assert tokens(one) == tokens(other)


@pytest.mark.parametrize("version", ["", "${project.version}", "1.0 beta", "1\n", ".1", "1/2", "é", "1" * 300])
def test_no_version(version):
    with pytest.raises(ValueError, match="of Maven"):
        key(version)


@given(text, text)
def test_one_is_before_the_other_or_they_are_the_same(one, other):
    assert (key(one) < key(other)) + (key(one) > key(other)) + (tokens(one) == tokens(other)) == 1


def test_a_chain_as_long_as_can_be():
    assert key("1" + "-a" * 127) < key("1" + "-a" * 126 + "-b")
