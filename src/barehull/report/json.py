"""A document as JSON: `schemas/report-1.json` describes it. Components are listed once, by purl, and referred to."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from barehull.advisories.model import Coverage
from barehull.compare.model import Comparison, Verdict
from barehull.core.outcome import Failed, NotApplicable, Outcome, Passed, Unknown
from barehull.document import SCHEMA, Document, Side
from barehull.report.told import why_waived
from barehull.scan.model import Match, Undecided


def render(document: Document) -> str:
    """The document as JSON with sorted keys."""
    database = document.database
    value = {
        "schema": SCHEMA,
        "kind": document.kind,
        "tool": {"name": "barehull", "version": document.tool_version},
        "created": document.created,
        "name": document.name,
        "state": document.state,
        "verdict": _verdict(document.verdict),
        "database": {
            "digest": database.digest,
            "date": database.date,
            "origin": database.origin,
            "coverage": [_coverage(reach) for reach in document.coverage],
        },
        "proofs": [{"name": proof.name, "title": proof.title, **_outcome(proof.outcome)} for proof in document.proofs],
        "new": _side(document.new),
        "old": _side(document.old) if document.old else None,
        "comparison": _comparison(document.comparison) if document.comparison else None,
        "lock": document.lock_digest or None,
        "run": document.run or None,
        **({"base": asdict(document.base)} if document.base else {}),
    }
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "state": verdict.state,
        "policy": verdict.policy,
        "reasons": list(verdict.reasons),
        "used": list(verdict.used),
        "expired": list(verdict.expired),
        "waived": [
            {"vulnerability": it.match.vulnerability.id, "purl": it.match.component.purl, "reason": why_waived(it)}
            for it in verdict.waived
        ],
        "questions": [_undecided(it) for it in verdict.questions],
        "accepted": [
            {**_undecided(it.undecided), "accepted": it.by.reason, "until": it.by.until.isoformat()}
            for it in verdict.accepted
        ],
    }


def _coverage(reach: Coverage) -> dict[str, Any]:
    return {
        "ecosystem": reach.ecosystem,
        "kind": reach.kind,
        "as_of": reach.as_of,
        "records": reach.records,
        "left_out": reach.left_out,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Passed(detail):
            return {"status": "pass", "reason": detail, "findings": []}
        case Failed(findings):
            listed = [{"subject": it.subject, "message": it.message, "advice": it.advice} for it in findings]
            return {"status": "fail", "reason": "", "findings": listed}
        case NotApplicable(reason):
            return {"status": "not-applicable", "reason": reason, "findings": []}
        case Unknown(reason):
            return {"status": "unknown", "reason": reason, "findings": []}


def _side(side: Side) -> dict[str, Any]:
    inventory = side.inventory
    files = inventory.files
    return {
        "reference": side.reference,
        "digest": inventory.image,
        "platform": inventory.platform,
        "distribution": inventory.distribution,
        "compressed_size": inventory.compressed_size,
        "components": [
            {
                "purl": it.purl,
                "name": it.name,
                "version": it.version,
                "ecosystem": it.ecosystem,
                "source": it.source,
                "source_version": it.source_version,
                "evidence": list(it.evidence),
                "vendored_in": it.vendored_in,
            }
            for it in inventory.components
        ],
        "files": {
            "total": files.total,
            "owned": files.owned,
            "derived": files.derived,
            "application": files.application,
            "suspect": [
                {"path": it.path, "state": it.state, "elf": it.elf, "sha256": it.sha256, "owner": it.owner}
                for it in files.suspect
            ],
        },
        "gaps": [{"subject": it.subject, "reason": it.reason} for it in inventory.gaps],
        "by_level": dict(side.by_level),
        "matches": [_match(match) for match in side.scan.matches],
        "undecided": [_undecided(each) for each in side.scan.undecided],
    }


def _match(match: Match) -> dict[str, Any]:
    return {
        "vulnerability": match.vulnerability.id,
        "aliases": list(match.vulnerability.aliases),
        "purl": match.component.purl,
        "advisory": match.advisory,
        "fixed_version": match.fixed_version,
        "severity": match.severity.vector,
        "level": match.severity.level,
        "score": match.severity.score,
        "severity_source": match.severity.source,
        "status": match.status,
        "known_exploited": match.known_exploited,
        "epss": match.epss,
    }


def _undecided(it: Undecided) -> dict[str, Any]:
    return {"subject": it.subject, "reason": it.reason, "ecosystem": it.ecosystem}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "fixed": [
            {
                "vulnerability": it.vulnerability.id,
                "purl": it.component.purl,
                "why": it.why,
                "successor": it.successor.purl if it.successor else None,
            }
            for it in comparison.fixed
        ],
        "introduced": [
            {**_match(it.match), "why": it.why, "predecessor": it.predecessor.purl if it.predecessor else None}
            for it in comparison.introduced
        ],
        "remaining": [_match(match) for match in comparison.remaining],
        "undecided": [_undecided(it) for it in comparison.undecided],
        "cancelled": [_undecided(it) for it in comparison.cancelled],
        "left_behind": [_undecided(it) for it in comparison.left_behind],
    }
