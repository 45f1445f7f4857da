from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from barehull.versions.apk import key

PUBLISHED = Path(__file__).with_name("apk_order.txt")


def test_the_order_of_the_published_table():
    lines = [line.split(" = ") for line in PUBLISHED.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 400
    for same in lines:
        assert len({key(version) for version in same}) == 1, same
    for before, after in pairwise(lines):
        assert key(before[0]) < key(after[0]), (before, after)


@pytest.mark.parametrize(
    "line",
    [
        "1.0_alpha 1.0_alpha1 1.0_beta 1.0_pre2 1.0_rc 1.0 1.0-r0 1.0-r10 1.0~0a",
        "1.0~0a 1.0_cvs 1.0_git20240101 1.0_p1 1.0a 1.0.1",
        "1.05 1.050 1.1 1.9 1.10 1.20230101",
        "1_alpha_pre2 1_alpha 1_alpha-r1 1_alpha1",
        "1.0~0 1.0~abc 1.0~abc-r1 1.0~ff",
    ],
)
def test_in_order(line):
    for one, other in pairwise(line.split()):
        assert key(one) < key(other), (one, other)


NOT = """
    1.0bc 0.1a.1 0.1_pre2~ 0.1~1234xbcd 0.1_pre2-r1~12 0.1_foobar 0.1-r 0.1-r2-r3 .1 a _pre1 0.1_ 1..2 V1 \u0661
""".split()


@pytest.mark.parametrize("text", [*NOT, "", "1.0\n", "1" * 300, "1" + "_p" * 10_000])
def test_no_version(text):
    with pytest.raises(ValueError, match="of apk"):
        key(text)
