"""A check as SARIF 2.1.0, with the guidelines' texts as rules, columns, and fingerprints that outlive moved lines."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from barehull.checking.lines import Lines
from barehull.checking.model import CheckedFile, CheckReport
from barehull.guidelines.model import Guideline
from barehull.report.check.findings import BAD_INPUT, OF_IGNORES, Finding, findings
from barehull.report.plain import safe

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
FINGERPRINT = "barehullFinding/v1"


def render(report: CheckReport) -> str:
    """The report as SARIF. What is unknown is a result of the kind "open"; what is ignored is suppressed."""
    rules = [*map(_rule, report.guidelines), *(_own_rule(*it) for it in OF_IGNORES.items())]
    index = {rule["id"]: at for at, rule in enumerate(rules)}
    driver = {
        "name": "barehull",
        "semanticVersion": report.tool_version,
        "informationUri": "https://github.com/barehull/barehull",
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [it for file in report.files for it in _results(file, index)],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=True) + "\n"


def _rule(guideline: Guideline) -> dict[str, Any]:
    text = f"{guideline.why}\n\n{guideline.advice}"
    return {
        "id": guideline.name,
        "shortDescription": {"text": guideline.summary},
        "fullDescription": {"text": guideline.why},
        "help": {"text": text, "markdown": text},
        "helpUri": guideline.source,
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["containers", "security"]},
    }


def _own_rule(name: str, texts: tuple[str, str]) -> dict[str, Any]:
    summary, advice = texts
    level = "warning" if name == "unused-ignore" else "error"
    return {
        "id": name,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "help": {"text": advice, "markdown": advice},
        "defaultConfiguration": {"level": level},
    }


def _invocation(report: CheckReport) -> dict[str, Any]:
    """Files that could not be checked are errors of the run, not results about them."""
    notifications = []
    for file in report.files:
        if file.error is not None:
            shown = [it for it in findings(file) if it.name == BAD_INPUT]
            place = _location(file.path, shown[0] if shown else None)
            text = f"{safe(file.error.message)}. {file.error.advice}"
            notifications.append({"level": "error", "message": {"text": text}, "locations": [place]})
    return {"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}


def _results(file: CheckedFile, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    lines = file.lines
    seen: Counter[str] = Counter()
    for finding in findings(file):
        if finding.name == BAD_INPUT:
            continue
        state = {"kind": "open", "level": "none"} if finding.kind == "unknown" else {"level": _LEVELS[finding.kind]}
        yield {
            "ruleId": finding.name,
            "ruleIndex": index[finding.name],
            **state,
            "message": {"text": safe(f"{finding.message}. {finding.advice}" if finding.advice else finding.message)},
            "locations": [_location(file.path, finding)],
            "partialFingerprints": {FINGERPRINT: _fingerprint(finding, lines, seen)},
            **({"suppressions": [_suppression(finding)]} if finding.ignored else {}),
        }


def _suppression(finding: Finding) -> dict[str, str]:
    return {"kind": "inSource", "justification": safe(finding.ignored)}


def _location(path: str, finding: Finding | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(path)}}
    if finding is not None:
        (line, column), (end_line, end_column) = finding.start, finding.end
        physical["region"] = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    targets = finding.targets if finding is not None else ()
    logical = [{"name": safe(target), "kind": "module"} for target in targets]
    return {"physicalLocation": physical} | ({"logicalLocations": logical} if logical else {})


def _fingerprint(finding: Finding, lines: Lines, seen: Counter[str]) -> str:
    """The same for the same finding in the same words of the source, wherever in the file they stand."""
    source = " ".join(lines.line(finding.start[0]).split())
    parts = (finding.name, finding.kind, *finding.targets, source)
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    seen[digest] += 1
    return f"{digest[:32]}:{seen[digest]}"


def _uri(path: str) -> str:
    """A path as a URI reference: a relative one stays relative."""
    data = os.fsencode(path) if _is_encodable(path) else path.encode("utf-8", "replace")
    quoted = quote(data, safe="/")
    return f"file://{quoted}" if PurePosixPath(path).is_absolute() else quoted


def _is_encodable(path: str) -> bool:
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True
