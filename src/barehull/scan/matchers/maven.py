"""Maven: "group:artifact", in the order of Maven's own ComparableVersion."""

from __future__ import annotations

from barehull.advisories.model import Advisory
from barehull.inventory.model import Component
from barehull.scan.ranges import Answer, judge, same_place
from barehull.versions import maven


def handles(ecosystem: str) -> bool:
    """Whether it is "Maven". OSV has other repositories than Maven Central with an address after a colon."""
    return ecosystem == "Maven"


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the artifact is affected."""
    return judge(component.source_version, advisory, maven.key, same=same_place(maven.tokens))
