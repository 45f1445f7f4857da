"""Ubuntu: by source package and release, in dpkg's order of versions."""

from __future__ import annotations

from barehull.advisories.model import Advisory
from barehull.debian.version import key
from barehull.inventory.model import Component
from barehull.scan.ranges import Answer, judge


def handles(ecosystem: str) -> bool:
    """Whether it is a release of Ubuntu: "Ubuntu:24.04:LTS", "Ubuntu:25.04", "Ubuntu:Pro:18.04:LTS"."""
    return ecosystem.startswith("Ubuntu:")


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the source package that `component` was built from is affected."""
    return judge(component.source_version, advisory, key, same=lambda version: version.removeprefix("0:"))
