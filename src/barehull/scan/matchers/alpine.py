"""Alpine, Wolfi and Chainguard: by origin (the package that others are split from), in apk's order of versions."""

from __future__ import annotations

from barehull.advisories.model import Advisory
from barehull.inventory.model import Component
from barehull.scan.ranges import Answer, judge, same_place
from barehull.versions import apk

_ROLLING = ("Wolfi", "Chainguard")  # distributions that have no releases


def handles(ecosystem: str) -> bool:
    """Whether it is a distribution that has apk: "Alpine:v3.20", "Wolfi"."""
    return ecosystem in _ROLLING or ecosystem.startswith("Alpine:")


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the package that `component` was split from is affected."""
    return judge(component.source_version, advisory, apk.key, same=same_place(apk.key))
