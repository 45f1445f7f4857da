"""CPython that no package owns: by the Python Software Foundation's records.

They name commits, and releases only where whoever publishes them looked up the tags: "v3.12.1". Without these, each of
them is undecided.
"""

from __future__ import annotations

from barehull.advisories.model import Advisory
from barehull.inventory.model import Component
from barehull.scan.matchers.pypi import order
from barehull.scan.ranges import Answer, judge, same_place


def handles(ecosystem: str) -> bool:
    """Whether it is "PSF"."""
    return ecosystem == "PSF"


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the interpreter is affected."""
    return judge(component.source_version, advisory, order, same=same_place(order))
