"""Debian: by source package and release, in dpkg's order of versions."""

from __future__ import annotations

import re

from barehull.advisories.model import Advisory
from barehull.debian.version import key
from barehull.inventory.model import Component
from barehull.scan.ranges import Affected, Answer, NotAffected, judge

_REBUILT = re.compile(r"(?P<base>.+)~deb\d+u\d+")


def handles(ecosystem: str) -> bool:
    """Whether it is a release of Debian: "Debian:12", "Debian:13"."""
    return ecosystem.startswith("Debian:")


def match(component: Component, advisory: Advisory) -> Answer:
    """Whether the source package that `component` was built from is affected."""
    version = component.source_version
    answer = judge(version, advisory, key, same=_without_epoch_zero)
    if isinstance(answer, Affected) and version not in advisory.versions and _has(version, answer.fixed_version):
        return NotAffected()
    return answer


def _has(version: str, fix: str) -> bool:
    """Whether a rebuild for a stable release has a fix that dpkg's order puts after it.

    2.9.0-1~deb13u1 is 2.9.0-1, built again for Debian 13 (Developer's Reference 5.5.4), and sorts before it. A fix that
    came in 2.9.0-1 is in it; one that came in a later rebuild (2.9.0-1~deb13u2) is not.
    """
    rebuilt = _REBUILT.fullmatch(version)
    return bool(rebuilt and fix and "~deb" not in fix and key(rebuilt["base"]) >= key(fix))


def _without_epoch_zero(version: str) -> str:
    return version.removeprefix("0:")
