"""A check as GitHub's workflow commands, which annotate the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from barehull.checking.model import CheckReport
from barehull.report.check.findings import BAD_INPUT, Finding, findings, summary
from barehull.report.plain import safe

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice", "unknown": "warning"}


def render(report: CheckReport) -> str:
    """A command a finding, then the numbers. What is ignored with a reason annotates nothing."""
    return "\n".join((*_commands(report), summary(report))) + "\n"


def _commands(report: CheckReport) -> Iterator[str]:
    for file in report.files:
        if file.error is not None and not file.error.problems:
            message = f"{file.error.message}. {file.error.advice}"
            yield f"::error file={_property(file.path)},title={BAD_INPUT}::{_data(message)}"
        for finding in findings(file):
            if not finding.ignored:
                yield _command(file.path, finding)


def _command(path: str, finding: Finding) -> str:
    (line, column), (end_line, end_column) = finding.start, finding.end
    place = f"file={_property(path)},line={line},endLine={end_line},col={column}"
    if end_line == line:  # GitHub knows an end column only within a line, and counts it in
        place += f",endColumn={max(end_column - 1, column)}"
    unknown = "it is not known whether this holds: " if finding.kind == "unknown" else ""
    message = unknown + finding.message + (f"\n{finding.advice}" if finding.advice else "")
    return f"::{_COMMANDS[finding.kind]} {place},title={_property(finding.name)}::{_data(message)}"


def _data(text: str) -> str:
    lines = (safe(line) for line in text.split("\n"))
    return "%0A".join(line.replace("%", "%25") for line in lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
