"""A check as JSON: `schemas/check-1.json` describes it. Lines and columns are from 1, in characters; ends exclusive."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from barehull.checking.lines import Lines
from barehull.checking.model import CheckedAnswer, CheckedFile, CheckedImage, CheckReport, Ignore
from barehull.core.span import Span
from barehull.guidelines.model import Remark
from barehull.report.check.findings import counts
from barehull.report.plain import unicode

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
SCHEMA = "barehull/check/1"


def render(report: CheckReport) -> str:
    """The report as JSON. Bytes that are no UTF-8, in paths and texts, are written out."""
    numbers = counts(report)
    value = {
        "schema": SCHEMA,
        "tool": {"name": "barehull", "version": report.tool_version},
        "date": report.today.isoformat(),
        "catalog": {"date": report.catalog_date.isoformat()},
        "state": report.state,
        "summary": {name: getattr(numbers, name) for name in numbers.__slots__},
        "guidelines": {each.name: {"summary": each.summary} for each in report.guidelines},
        "files": [_file(file) for file in report.files],
        "skipped": [{"path": path, "reason": reason} for path, reason in report.skipped],
    }
    try:
        return _written(value)
    except UnicodeEncodeError:  # rare, and slow to look for
        return _written(_text(value))


def _written(value: Any) -> str:
    """In ASCII: what a terminal might take for a command is written out."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
    return text if text.isascii() else _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], text)


def _text(value: Any) -> Any:
    """The value without lone surrogates, which strict readers of JSON refuse."""
    if isinstance(value, str):
        return unicode(value)
    if isinstance(value, dict):
        return {_text(key): _text(item) for key, item in value.items()}
    return [_text(item) for item in value] if isinstance(value, list) else value


def _file(file: CheckedFile) -> dict[str, Any]:
    lines = file.lines
    value: dict[str, Any] = {"path": file.path, "scope": "out" if file.out_of_scope else "in"}
    if file.out_of_scope:
        value["reason"] = file.out_of_scope
    if file.error is not None:
        problems = [{"message": message, **_range(span, lines)} for message, span in file.error.problems]
        value["error"] = {"message": file.error.message, "advice": file.error.advice, "problems": problems}
    value["state"] = file.state
    value["images"] = [_image(image, lines) for image in file.images]
    value["development"] = [{"target": target, "reason": reason} for target, reason in file.development]
    value["ignores"] = [_ignore(ignore, lines) for ignore in file.ignores]
    value["findings"] = [{"name": name, **_remark(remark, lines)} for name, remark in file.remarks]
    return value


def _image(image: CheckedImage, lines: Lines) -> dict[str, Any]:
    return {
        "target": image.target,
        "language": image.language,
        "base": image.base,
        **_range(image.span, lines),
        "guidelines": {answer.guideline: _answer(answer, lines) for answer in image.answers},
    }


def _answer(answer: CheckedAnswer, lines: Lines) -> dict[str, Any]:
    value: dict[str, Any] = {
        "status": answer.status,
        "reason": answer.reason,
        "state": answer.state,
        "findings": [_remark(remark, lines) for remark in answer.remarks]
        + [{**_remark(remark, lines), "ignored": why} for remark, why in answer.ignored],
    }
    return value | ({"ignored": answer.why_ignored} if answer.state == "ignored" else {})


def _remark(remark: Remark, lines: Lines) -> dict[str, Any]:
    return {
        "message": remark.message,
        "severity": remark.severity,
        **_range(remark.span, lines),
        "advice": remark.advice,
    }


def _ignore(ignore: Ignore, lines: Lines) -> dict[str, Any]:
    return {"guidelines": list(ignore.names), "reason": ignore.reason, **_range(ignore.span, lines)}


def _range(span: Span, lines: Lines) -> dict[str, Any]:
    (line, column), (end_line, end_column) = lines.position(span.start), lines.position(max(span.end, span.start))
    return {"start": {"line": line, "column": column}, "end": {"line": end_line, "column": end_column}}
