"""What changed between two images, and what a policy says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from barehull.inventory.model import Component
from barehull.scan.model import Match, Scan, Undecided, Vulnerability


@dataclass(frozen=True, slots=True, order=True)
class Fixed:
    """A vulnerability of the old image that the new one does not have, for each component why it went.

    `why` is "newer-version" (`component` is there as `successor`) or "left-out" (`successor` is None).
    """

    vulnerability: Vulnerability
    component: Component
    why: Literal["newer-version", "left-out"]
    successor: Component | None = None


@dataclass(frozen=True, slots=True, order=True)
class Introduced:
    """A vulnerability that only the new image has, and the match that brought it.

    `why` is "new-component" or "other-version" (the old image has `predecessor`).
    """

    match: Match
    why: Literal["new-component", "other-version"]
    predecessor: Component | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Old against new. Vulnerabilities are counted once each, however many components have them.

    `undecided` are the new image's only (the gate's concern); those that are the same on both sides
    are in `cancelled`; those of the old image only in `left_behind`.
    """

    old: Scan
    new: Scan
    fixed: tuple[Fixed, ...]
    introduced: tuple[Introduced, ...]
    remaining: tuple[Match, ...]  # the new image's matches of vulnerabilities that both have
    undecided: tuple[Undecided, ...]
    cancelled: tuple[Undecided, ...]
    left_behind: tuple[Undecided, ...]


@dataclass(frozen=True, slots=True, order=True)
class Waiver:
    """One vulnerability in one package (a name, or "*") that was accepted, with a reason, until a day (inclusive)."""

    vulnerability: str
    package: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True, order=True)
class Acceptance:
    """A limit of the data that was accepted by name, with a reason, until a day (inclusive).

    `subject` is an ecosystem ("Debian:13": its fixed-only coverage, or none), a purl with or
    without version, or a path; it accepts what would otherwise be undecided.
    """

    subject: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Policy:
    """The rule that a comparison is judged by, and what was accepted beforehand; `policy.py` says what it means."""

    name: Literal["guideline"] = "guideline"
    waivers: tuple[Waiver, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` and the sentences that led to it. `used` and `expired` are the waivers and acceptances that counted, or
    are over.
    """

    state: Literal["passed", "failed", "undecided"]
    policy: str
    reasons: tuple[str, ...]
    used: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
