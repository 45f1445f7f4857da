"""A rebuild for a stable release (~deb13u1) has what the version that it rebuilds has."""

from __future__ import annotations

import pytest

from barehull.advisories.model import Advisory, Range
from barehull.inventory.model import Component
from barehull.scan.matchers import debian
from barehull.scan.ranges import Affected


def is_affected(version: str, fixed: str, versions: tuple[str, ...] = ()) -> bool:
    component = Component("pkg:deb/debian/x@1", "x", version, "Debian:13", "x", version)
    events = (("introduced", "0"), ("fixed", fixed))
    advisory = Advisory("D", "Debian:13", "x", (Range("ECOSYSTEM", events),), versions, (("CVE-1",),))
    return isinstance(debian.match(component, advisory), Affected)


@pytest.mark.parametrize(
    ("version", "fixed", "affected"),
    [
        ("2.9.0-1~deb13u1", "2.9.0-1", False),
        ("2.9.0-1~deb13u1", "2.8.0-1", False),
        ("2.9.0-1~deb13u1", "2.9.0-2", True),
        ("2.9.0-1~deb13u1", "2.9.0-1~deb13u2", True),
        ("2.9.0-1~deb13u2", "2.9.0-1~deb13u2", False),
        ("2.9.0-1", "2.9.0-1+deb13u1", True),
        ("2.9.0-1~rc1", "2.9.0-1", True),
    ],
)
def test_a_rebuild_has_the_fixes_of_what_it_rebuilds(version: str, fixed: str, affected: bool) -> None:
    assert is_affected(version, fixed) is affected


def test_a_rebuild_that_is_listed_is_affected() -> None:
    assert is_affected("2.9.0-1~deb13u1", "2.9.0-1", ("2.9.0-1~deb13u1",))
