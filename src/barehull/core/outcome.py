"""The four answers a check can give. "I could not tell" is one of them, and is never green."""

from __future__ import annotations

from dataclasses import dataclass

from barehull.core.finding import Finding


@dataclass(frozen=True, slots=True)
class Passed:
    """The check holds; `detail` says on what evidence, e.g. "63 ELF files"."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The check does not hold, for at least one finding."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The check has nothing to say here, because of `reason`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be decided, because of `reason`. Always shown; fails the gate."""

    reason: str


Outcome = Passed | Failed | NotApplicable | Unknown
