"""Node.js that no package owns: by the project's own index, in the order of Semantic Versioning.

The project looks only at lines that it maintains. What it found after a line's end it does not say of that line, and so
it is undecided.
"""

from __future__ import annotations

import re
from functools import cache

from barehull.advisories.model import Advisory
from barehull.catalog.lifecycles import Lifecycles, read_lifecycles
from barehull.catalog.tables import shipped
from barehull.core.outcome import Unknown
from barehull.inventory.model import Component
from barehull.scan.ranges import Answer, NotAffected, judge, same_place
from barehull.versions import semver

_YEAR = re.compile(r"CVE-(\d{4})-")


def handles(ecosystem: str) -> bool:
    """Whether it is "Node.js"."""
    return ecosystem == "Node.js"


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the runtime is affected."""
    version = component.source_version
    answer = judge(version, advisory, semver.key, same=same_place(semver.key))
    if isinstance(answer, NotAffected) and (end := _end_before(advisory, version)):
        line = version.removeprefix("v").partition(".")[0]
        return Unknown(f"end-of-life: Node.js {line} had its end on {end}, and was not looked at for what came later")
    return answer


def _end_before(advisory: Advisory, version: str) -> str:
    """The day on which the version's line ended, where the advisory does not name it and may be younger; or ""."""
    line = semver.key(version)[0]
    named = {semver.key(text)[0] for one in advisory.ranges for kind, text in one.events if kind != "limit"}
    lifecycle = _lifecycles().find("node", version.removeprefix("v"))
    end = lifecycle.ends if lifecycle else None
    if end is None or line in named:
        return ""
    years = [int(match[1]) for names in advisory.vulnerabilities if (match := _YEAR.match(names[0]))]
    # Without a CVE its time is told by the lines that were maintained then.
    may_be_younger = max(years) >= end.year if years else all(line < other for other in named)
    return str(end) if may_be_younger else ""


@cache
def _lifecycles() -> Lifecycles:
    return read_lifecycles(shipped("lifecycles"))
