"""PyPI: in the order of PEP 440."""

from __future__ import annotations

from functools import lru_cache

from packaging.version import Version

from barehull.advisories.model import Advisory
from barehull.inventory.model import Component
from barehull.scan.ranges import Answer, judge, same_place


def handles(ecosystem: str) -> bool:
    """Whether it is the ecosystem of Python: "PyPI", which has no releases."""
    return ecosystem == "PyPI"


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the distribution is affected."""
    return judge(component.source_version, advisory, order, same=same_place(order))


@lru_cache(maxsize=1 << 16)  # the advisories of one project list the same versions again and again
def order(version: str) -> Version:
    """The place in the order. ValueError where PEP 440 does not take it."""
    parsed = Version(version)
    # A local version (1.13+cu117) is a build of the public one, and has its vulnerabilities.
    return Version(parsed.public) if parsed.local else parsed
