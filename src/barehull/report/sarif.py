"""A document as SARIF 2.1.0: a rule for each vulnerability, a result for each component that has it.

What went is no result: code scanning takes any result for an alert, whatever its baselineState says. It is counted in
the run's properties.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from barehull.core.outcome import Failed, Unknown
from barehull.document import Document
from barehull.proof.run import Proof
from barehull.report import words
from barehull.report.plain import safe
from barehull.report.told import Told, closed, told, why_waived
from barehull.scan.model import Match, Undecided

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "barehullImage/v1"
MOST = 25_000  # results that code scanning takes; it shows the 5,000 that are the most severe
_LEVELS = {"critical": "error", "high": "error", "low": "note", "none": "note"}  # others: "warning"
_ORDER = ("error", "warning", "note")
# Code scanning sorts by numbers: where a publisher has only a word, the least of its level.
_LEAST = {"critical": "9.0", "high": "7.0", "medium": "4.0", "low": "0.1"}
_UNDECIDED = "undecided"
_BASE = "IMAGE"  # what the paths are relative to

Result = dict[str, Any]


def render(document: Document) -> str:
    """The document as SARIF: what does not hold, what could not be decided, vulnerabilities; the worst first."""
    found = told(document.new.scan.matches)
    rules = [*map(_proof_rule, _broken(document)), _undecided_rule(), *map(_rule, found)]
    results = [*_proofs(document), *_undecided(document), *_matches(document, found)]
    results.sort(key=lambda result: _ORDER.index(result["level"]))  # the cut is the least severe
    kept = results[:MOST]
    used = {result["ruleId"] for result in kept}
    rules = [rule for rule in rules if rule["id"] in used]
    index = {rule["id"]: at for at, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    for result in kept:
        result["ruleIndex"] = index[result["ruleId"]]
        result["partialFingerprints"] = {FINGERPRINT: _fingerprint(result.pop("same"), seen)}
    run = {
        "tool": {"driver": _driver(document, rules)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"description": {"text": f"the root of {_image(document)}"}}},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _cut(len(results))}],
        "results": kept,
        "properties": _properties(document),
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=True) + "\n"


def _driver(document: Document, rules: list[Result]) -> Result:
    return {
        "name": "barehull",
        "semanticVersion": document.tool_version,
        "informationUri": "https://github.com/barehull/barehull",
        "rules": rules,
    }


def _image(document: Document) -> str:
    return safe(f"{document.new.reference} {document.new.inventory.image}")


def _cut(count: int) -> list[Result]:
    if count <= MOST:
        return []
    text = f"{count - MOST:,} of {count:,} results are left out, the least severe: code scanning takes {MOST:,}."
    return [{"level": "warning", "message": {"text": text}}]


def _properties(document: Document) -> Result:
    """What SARIF has no place for: the verdict, the database and its reach, what went and by what."""
    database, comparison = document.database, document.comparison
    changes = closed(comparison.fixed, comparison.old.matches) if comparison else []
    return {
        "state": document.state,
        "verdict": document.verdict.state,
        "policy": safe(document.verdict.policy),
        "reasons": [safe(it) for it in document.verdict.reasons],
        "database": {"digest": database.digest, "date": safe(database.date)},
        "coverage": [words.coverage(reach) for reach in document.coverage],
        "fixed": [
            {
                "package": safe(it.package),
                "version": safe(it.version),
                "successor": safe(it.successor) or None,
                "vulnerabilities": [safe(each.vulnerability.id) for each in it.vulnerabilities],
            }
            for it in changes
        ],
    }


def _rule(it: Told) -> Result:
    name, severity = safe(it.vulnerability.id), it.severity
    said = f"{severity.level} {severity.vector}".strip() + (f", says {severity.source}" if severity.source else "")
    aliases = f" Also known as {', '.join(it.vulnerability.aliases)}." if it.vulnerability.aliases else ""
    text = safe(f"{name}: {'; '.join([said, *words.remarks(it.matches)])}.{aliases}")
    number = f"{severity.score:.1f}" if severity.score else _LEAST.get(severity.level)
    return {
        "id": name,
        "shortDescription": {"text": f"{name} ({severity.level})"},
        "fullDescription": {"text": text},
        "help": {"text": text},
        **({"helpUri": words.address(it.vulnerability.id)} if words.address(it.vulnerability.id) else {}),
        "defaultConfiguration": {"level": _LEVELS.get(severity.level, "warning")},
        "properties": {
            "tags": ["containers", "security", "vulnerability"],
            **({"security-severity": number} if number else {}),
            "precision": "very-high",
        },
    }


def _undecided_rule() -> Result:
    text = "Everything in the image can be judged. What cannot may be vulnerable, and is not counted as good."
    return _own_rule(_UNDECIDED, text, "warning")


def _proof_rule(proof: Proof) -> Result:
    return _own_rule(f"proof-{proof.name}", f"{safe(proof.title[:1].upper() + proof.title[1:])}.", "error")


def _own_rule(name: str, text: str, level: str) -> Result:
    return {
        "id": name,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["containers", "security"]},
    }


def _broken(document: Document) -> list[Proof]:
    return [proof for proof in document.proofs if isinstance(proof.outcome, (Failed, Unknown))]


def _proofs(document: Document) -> Iterator[Result]:
    for proof in _broken(document):
        name = f"proof-{proof.name}"
        match proof.outcome:
            case Failed(findings):
                for it in findings:
                    message = f"{it.subject}: {it.message}. {it.advice}".strip()
                    path = it.subject if it.subject.startswith("/") else ""
                    yield _result(name, "error", message, path, same=(name, it.subject))
            case Unknown(reason):
                yield _result(name, "error", f"It could not be told: {reason}", same=(name,))


def _undecided(document: Document) -> Iterator[Result]:
    comparison = document.comparison
    if comparison is None:
        states = [(it, "") for it in document.new.scan.undecided]
    else:
        states = [(it, "new") for it in comparison.undecided] + [(it, "unchanged") for it in comparison.cancelled]
    accepted = {each.undecided: each.by for each in document.verdict.accepted}
    for it, state in states:
        path = "" if it.subject.startswith("pkg:") or it.ecosystem == it.subject else it.subject
        concerning = f" ({len(it.components):,} components)" if it.components else ""
        yield {
            **_result(_UNDECIDED, "warning", f"{it.subject}: {it.reason}{concerning}", path, same=_identity(it)),
            **({"baselineState": state} if state else {}),
            **({"suppressions": [_suppression(accepted[it].reason)]} if it in accepted else {}),
        }


def _identity(it: Undecided) -> tuple[str, ...]:
    return _UNDECIDED, it.subject, it.reason.partition(":")[0]


def _matches(document: Document, found: list[Told]) -> Iterator[Result]:
    why = {each.match: why_waived(each) for each in document.verdict.waived}
    comparison = document.comparison
    came = {each.match for each in comparison.introduced} if comparison else set()
    for it in found:
        level = _LEVELS.get(it.severity.level, "warning")
        for match in it.matches:
            state = ("new" if match in came else "unchanged") if comparison else ""
            yield {
                **_of_match(match, level),
                **({"baselineState": state} if state else {}),
                **({"suppressions": [_suppression(why[match])]} if match in why else {}),
            }


def _of_match(match: Match, level: str) -> Result:
    component = match.component
    fix = f"fixed in {match.fixed_version}" if match.fixed_version else "no fix known"
    within = f" in {component.vendored_in}" if component.vendored_in else ""
    message = f"{words.component(component)}{within} has {match.vulnerability.id} ({fix}), says {match.advisory}."
    path = component.evidence[0] if component.evidence else ""
    package = (component.ecosystem.partition(":")[0], component.name, component.vendored_in.partition("@")[0])
    result = _result(safe(match.vulnerability.id), level, message, path, same=(match.vulnerability.id, *package))
    logical = {"name": safe(component.name), "fullyQualifiedName": safe(component.purl), "kind": "package"}
    result["locations"][0]["logicalLocations"] = [logical]
    return result


def _suppression(why: str) -> dict[str, str]:
    return {"kind": "external", "status": "accepted", "justification": safe(why)}


def _result(rule: str, level: str, message: str, path: str = "", *, same: tuple[str, ...]) -> Result:
    """`same` is what makes it the same result in another image: no version, no digest."""
    place = {"uri": _uri(path), "uriBaseId": _BASE}
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}  # code scanning asks for one
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": safe(message).replace("[", "\\[")},  # no links: [text](address) would be one
        "locations": [{"physicalLocation": {"artifactLocation": place, "region": region}}],
        "same": same,
    }


def _uri(path: str) -> str:
    """A path in the image as a relative reference; the image itself where there is no path."""
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return "/".join(quote(_encoded(part), safe="") for part in parts) or "image"


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # bytes that are no UTF-8, as they are
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _fingerprint(same: tuple[str, ...], seen: Counter[str]) -> str:
    digest = hashlib.sha256("\0".join(same).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"
