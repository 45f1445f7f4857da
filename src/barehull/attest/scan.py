"""What a scan found and what was decided of it, as an in-toto statement with a predicate of our own."""

from __future__ import annotations

from typing import Any

from barehull.attest.statement import statement
from barehull.compare.model import Verdict
from barehull.core.version import VERSION
from barehull.scan.model import Match, Scan

PREDICATE = "https://github.com/barehull/barehull/attest/scan/v1"


def to_scan_statement(scan: Scan, verdict: Verdict, name: str, created: str, state: str, replaced: str = "") -> str:
    """The scan of one image and the verdict on it. `state` is the whole's, proofs included; `created` ISO 8601 UTC.

    `replaced` is the digest of the image that it was compared with, "" when it was judged alone. What could not be
    decided is listed beside what was found: an empty list of vulnerabilities alone says little.
    """
    there = {component.ecosystem for component in scan.inventory.components}
    predicate = {
        "scanner": {"name": "barehull", "version": VERSION},
        "created": created,
        "state": state,
        "verdict": {"state": verdict.state, "policy": verdict.policy, "reasons": list(verdict.reasons)},
        "accepted": list(verdict.used),
        "expired": list(verdict.expired),
        "replaces": replaced or None,
        "database": {
            "digest": scan.database.digest,
            "date": scan.database.date,
            "coverage": [
                {"ecosystem": it.ecosystem, "kind": it.kind, "as_of": it.as_of, "left_out": it.left_out}
                for it in scan.database.coverage
                if it.ecosystem in there
            ],
        },
        "vulnerabilities": [_match(match) for match in sorted(scan.matches)],
        "undecided": [{"subject": it.subject, "reason": it.reason} for it in sorted(scan.undecided)],
    }
    return statement(scan.inventory.image, name, PREDICATE, predicate)


def _match(match: Match) -> dict[str, Any]:
    return {
        "id": match.vulnerability.id,
        "aliases": list(match.vulnerability.aliases),
        "purl": match.component.purl,
        "advisory": match.advisory,
        "fixed_version": match.fixed_version,
    }
