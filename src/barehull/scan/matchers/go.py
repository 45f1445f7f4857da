"""Go: modules in the order of Semantic Versioning; "stdlib" and "toolchain" by the release of Go.

A main module that was built without a version, "(devel)", is undecided where there are advisories about it.
"""

from __future__ import annotations

from barehull.advisories.model import Advisory
from barehull.inventory.model import Component
from barehull.scan.ranges import Answer, judge, same_place
from barehull.versions import go, semver

_OF_THE_RELEASE = ("stdlib", "toolchain")  # what is not a module, by the names of Go's vulnerability database


def handles(ecosystem: str) -> bool:
    """Whether it is "Go"."""
    return ecosystem == "Go"


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the module is affected."""
    order = go.key if component.source in _OF_THE_RELEASE else semver.key
    return judge(component.source_version, advisory, order, same=same_place(order))
