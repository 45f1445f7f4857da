"""npm: in the order of Semantic Versioning."""

from __future__ import annotations

from barehull.advisories.model import Advisory
from barehull.inventory.model import Component
from barehull.scan.ranges import Answer, judge, same_place
from barehull.versions import semver


def handles(ecosystem: str) -> bool:
    """Whether it is "npm"."""
    return ecosystem == "npm"


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the package is affected."""
    return judge(component.source_version, advisory, semver.key, same=same_place(semver.key))
