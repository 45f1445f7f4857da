"""[policy] of a configuration -> Policy: the VEX documents that it names are read here."""

from __future__ import annotations

from pathlib import Path

from barehull.application.policy import PolicySettings
from barehull.compare.model import Acceptance, Policy, Waiver
from barehull.vex.read import read_vex


def policy_of(settings: PolicySettings) -> Policy:
    """The policy. Errors: InputError for a VEX document that is none."""
    return Policy(
        rules=settings.all_rules,
        max_severity=settings.max_severity,
        waivers=tuple(Waiver(it.vulnerability, it.package, it.reason, it.until) for it in settings.waivers),
        acceptances=tuple(Acceptance(it.subject, it.reason, it.until) for it in settings.acceptances),
        vex=read_vex(map(Path, settings.vex)),
    )
