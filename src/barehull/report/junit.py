"""A document as JUnit's XML: the verdict, and a case for each proof, each vulnerability, and what could not be decided.

It is red exactly where the exit code is not 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from barehull.core.outcome import Failed, NotApplicable, Outcome, Passed, Unknown
from barehull.document import Document
from barehull.report import words
from barehull.report.suites import Case, Element, written
from barehull.report.told import Told, closed, told, why_waived
from barehull.scan.model import Undecided

_OF_STATE: dict[str, Element] = {"passed": "", "failed": "failure", "undecided": "error"}


def render(document: Document) -> str:
    """The document as XML. What could not be decided is an error; what was accepted by name is skipped."""
    verdict = document.verdict
    message = f"by the policy {verdict.policy}: {verdict.state}"
    lines = (
        *verdict.reasons,
        *(f"accepted: {it}" for it in verdict.used),
        *(f"expired: {it}" for it in verdict.expired),
    )
    suites = [
        (
            "verdict",
            [Case("verdict", "the image may be released", _OF_STATE[verdict.state], message, "\n".join(lines))],
        ),
        ("proofs", [Case("proofs", it.title, *_proof(it.outcome)) for it in document.proofs]),
        ("vulnerabilities", [*_vulnerabilities(document)]),
        ("undecided", [*_undecided(document)]),
    ]
    return written(f"barehull {document.kind}: {document.name}", [suite for suite in suites if suite[1]])


def _proof(outcome: Outcome) -> tuple[Element, str, str]:
    _, details = words.outcome(outcome)
    text = "\n".join(details)
    match outcome:
        case Passed():
            return "", "", text
        case Failed(findings):
            return "failure", f"{len(findings)} findings" if len(findings) != 1 else text, text
        case NotApplicable(reason):
            return "skipped", f"does not apply: {reason}", ""
        case Unknown(reason):
            return "error", f"unknown: {reason}", ""


def _vulnerabilities(document: Document) -> Iterator[Case]:
    why = {each.match: why_waived(each) for each in document.verdict.waived}
    for it in told(document.new.scan.matches):
        group = ", ".join(dict.fromkeys(words.component(match.component) for match in it.matches))
        reasons = dict.fromkeys(why[match] for match in it.matches if match in why)
        if all(match in why for match in it.matches):
            yield Case(group, it.vulnerability.id, "skipped", f"waived: {'; '.join(reasons)}", _about(it))
        elif document.verdict.state == "passed":
            yield Case(group, it.vulnerability.id, "skipped", "it is there, and the policy lets it be", _about(it))
        else:
            yield Case(group, it.vulnerability.id, "failure", _headline(it), _about(it))
    comparison = document.comparison
    for change in closed(comparison.fixed, comparison.old.matches) if comparison else ():
        what = f"it is now {change.successor}" if change.successor else "the package is left out"
        for it in change.vulnerabilities:
            group = f"{change.package} {change.version}"
            yield Case(group, it.vulnerability.id, "", "", f"fixed: {what} ({it.severity.level})")


def _headline(it: Told) -> str:
    fix = f"fixed in {', '.join(it.fixed_versions)}" if it.fixed_versions else "no fix known"
    return "; ".join([words.rating(it.severity), fix, *words.remarks(it.matches)])


def _about(it: Told) -> str:
    lines = [_headline(it)]
    for match in it.matches:
        where = f" at /{match.component.evidence[0]}" if match.component.evidence else ""
        lines.append(f"{match.component.purl}{where}, says {match.advisory}")
    return "\n".join(lines)


def _undecided(document: Document) -> Iterator[Case]:
    """Only what the policy does not ask, and what somebody accepted, is no error."""
    verdict = document.verdict
    accepted = {each.undecided: each.by for each in verdict.accepted}
    asked = dict.fromkeys((*verdict.questions, *accepted))
    for it in asked:
        group, _, reason = it.reason.partition(": ")
        if it in accepted and it not in verdict.questions:
            by = accepted[it]
            message = f"accepted until {by.until.isoformat()}: {by.reason}"
            yield Case(group, it.subject, "skipped", message, _all_of(it, reason))
        else:
            yield Case(group, it.subject, "error", reason or it.reason, _all_of(it, reason))
    comparison = document.comparison
    listed = (*comparison.undecided, *comparison.cancelled) if comparison else document.new.scan.undecided
    for it in listed:
        if it not in asked:
            group, _, reason = it.reason.partition(": ")
            yield Case(group, it.subject, "skipped", "the policy does not ask for it", _all_of(it, reason))


def _all_of(it: Undecided, reason: str) -> str:
    return "\n".join([reason, *it.components])
