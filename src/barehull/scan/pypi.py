"""PyPI: in the order of PEP 440."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from barehull.advisories.model import Advisory
from barehull.inventory.model import Component
from barehull.scan.ranges import Answer, judge


def handles(ecosystem: str) -> bool:
    """Whether it is the ecosystem of Python: "PyPI", which has no releases."""
    return ecosystem == "PyPI"


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the distribution is affected."""
    return judge(component.source_version, advisory, _order, same=_same)


@lru_cache(maxsize=1 << 16)  # the advisories of one project list the same versions again and again
def _order(version: str) -> Version:
    parsed = Version(version)
    # A local version (1.13+cu117) is a build of the public one, and has its vulnerabilities.
    return Version(parsed.public) if parsed.local else parsed


def _same(version: str) -> Hashable:
    try:
        return _order(version)
    except InvalidVersion:
        return version
