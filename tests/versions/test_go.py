from __future__ import annotations

from itertools import pairwise

import pytest

from barehull.versions.go import key, semantic

IN_ORDER = """
    go1 go1.2 go1.9.2rc2 go1.9.2 go1.13beta1 go1.13 go1.20rc1 go1.20 go1.20.1
    go1.21 go1.21rc1 go1.21rc10 go1.21.0 go1.21.9 go1.21.10 go1.22
"""


def test_order():
    for one, other in pairwise(IN_ORDER.split()):
        assert key(one) < key(other), (one, other)


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("go1.20", "1.20.0"),
        ("1.20.14", "1.20.14"),
        ("go1.21", "1.21.0-0"),  # the language, and before the first candidate
        ("go1.21rc2", "1.21.0-rc.2"),
        ("go1.13beta1", "1.13.0-beta.1"),
        ("go1.21.3-vendor.4", "1.21.3"),
        ("go1.22.1 X:boringcrypto", "1.22.1"),
        ("1.21.0-rc.2", "1.21.0-rc.2"),  # as advisories have it
        ("1.22.0-0", "1.22.0-0"),
    ],
)
def test_as_advisories_name_it(version, text):
    assert semantic(version) == text
    assert key(version) == key(text)


@pytest.mark.parametrize(
    "text", ["", "go", "devel", "devel go1.24-a1b2c3", "(devel)", "go1.x", "gccgo9", "1.2.3.4", "go1.21\n"]
)
def test_no_version(text):
    with pytest.raises(ValueError, match="not a version of Go"):
        key(text)
