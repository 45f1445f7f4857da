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
    if isinstance(answer, NotAffected) and not _names_line(advisory, version) and (end := _ended(version, advisory)):
        line = version.removeprefix("v").partition(".")[0]
        return Unknown(f"end-of-life: Node.js {line} had its end on {end}, and was not looked at for what came later")
    return answer


def _names_line(advisory: Advisory, version: str) -> bool:
    line = semver.key(version)[0]
    named = {text for one in advisory.ranges for kind, text in one.events if kind != "limit"}
    return line in {semver.key(text)[0] for text in named}


def _ended(version: str, advisory: Advisory) -> str:
    """The day on which the line ended, where the advisory may be younger; "" where it is not."""
    years = [int(match[1]) for names in advisory.vulnerabilities if (match := _YEAR.match(names[0]))]
    line = _lifecycles().find("node", version.removeprefix("v"))
    ended = line.ends if line else None
    return str(ended) if ended and (not years or max(years) >= ended.year) else ""


@cache
def _lifecycles() -> Lifecycles:
    return read_lifecycles(shipped("lifecycles"))
