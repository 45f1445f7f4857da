"""What changed between two images, and what a policy says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from barehull.inventory.model import Component
from barehull.scan.model import Match, Scan, Undecided, Vulnerability
from barehull.vex.model import Statement


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
    """The rules that an image is judged by, all of which must pass, and what was accepted beforehand.

    `rules` are names of files in `policies`; `max_severity` is the level of the rule of that name. `vex` are statements
    of others on this image or packages in it.
    """

    rules: tuple[str, ...] = ("guideline",)
    max_severity: str = ""
    waivers: tuple[Waiver, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    vex: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule judges: an image, and the `matches` in it that count; those that were waived do not.

    `comparison` is the one with what it replaces, None where that is nothing. `max_severity` is the policy's.
    """

    new: Scan
    comparison: Comparison | None
    matches: tuple[Match, ...]
    max_severity: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule says: whether it fails for certain, in sentences why, and what must be decided for it to pass."""

    failed: bool
    reasons: tuple[str, ...]
    questions: tuple[Undecided, ...]


State = Literal["passed", "failed", "undecided"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` and the sentences that led to it. `used` and `expired` are the waivers and acceptances that counted, or
    are over; statements of VEX documents that counted are among the used. `waived` are the matches that did not count,
    each with why not. `questions` must be decided for the policy to pass; `accepted` are those that would have to be,
    had nobody accepted them.
    """

    state: State
    policy: str
    reasons: tuple[str, ...]
    used: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    waived: tuple[Waived, ...] = ()
    questions: tuple[Undecided, ...] = ()
    accepted: tuple[Accepted, ...] = ()


@dataclass(frozen=True, slots=True)
class Waived:
    """A match that did not count, by a waiver or by a statement of a VEX document."""

    match: Match
    by: Waiver | Statement


@dataclass(frozen=True, slots=True)
class Accepted:
    """What could not be decided, and was accepted by name."""

    undecided: Undecided
    by: Acceptance
