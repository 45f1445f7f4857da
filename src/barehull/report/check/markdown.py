"""A check for a pull request: the verdict, a table of what does not hold, and folded what is ignored or not judged."""

from __future__ import annotations

import re
from collections.abc import Iterator

from barehull.checking.model import CheckedFile, CheckReport, FileError
from barehull.report.check.findings import BAD_INPUT, Finding, findings, summary
from barehull.report.plain import safe

_MARKS = {
    "passed": "✅ passed",
    "failed": "❌ failed",
    "unknown": "❓ unknown",
    "bad-input": "🚫 bad input",
}
_SPECIAL = re.compile(r"([\\*_{}\[\]<>()#+!|~&@])")
_CODE = re.compile(r"`([^`\n|]+)`")


def render(report: CheckReport) -> str:
    """The report as GitHub-flavoured Markdown."""
    found = [(file, finding) for file in report.files for finding in findings(file)]
    lines = [f"## barehull check: {_MARKS[report.state]}", "", f"{summary(report)}.", ""]
    bad = any(file.error and not file.error.problems for file in report.files)
    counted = [(file, finding) for file, finding in found if not finding.ignored]
    if bad or counted:
        lines += ["| where | what | what to do |", "|---|---|---|"]
        lines += [_error(file.path, file.error) for file in report.files if file.error and not file.error.problems]
        lines += [_row(file, finding) for file, finding in counted]
        lines.append("")
    lines += _folded("Ignored, with a reason", [_ignored(file, it) for file, it in found if it.ignored])
    lines += _folded("Not judged", [*_not_judged(report)])
    lines.append(f"Made by barehull {_text(report.tool_version)} with its catalog of {report.catalog_date}.")
    return "\n".join(lines) + "\n"


def _error(path: str, error: FileError) -> str:
    return f"| {_code(path)} | **error** {BAD_INPUT}: {_text(error.message)} | {_text(error.advice)} |"


def _row(file: CheckedFile, finding: Finding) -> str:
    place = f"{_code(f'{file.path}:{finding.start[0]}')}"
    images = f" (image {_text(', '.join(finding.targets))})" if finding.targets and len(file.images) > 1 else ""
    what = f"**{finding.kind}** {_text(finding.name)}: {_text(finding.message)}{images}"
    return f"| {place} | {what} | {_text(finding.advice)} |"


def _ignored(file: CheckedFile, finding: Finding) -> str:
    place = _code(f"{file.path}:{finding.start[0]}")
    return f"- {place} {_text(finding.name)}: {_text(finding.message)}; ignored: {_text(finding.ignored)}"


def _not_judged(report: CheckReport) -> Iterator[str]:
    for file in report.files:
        if file.out_of_scope:
            yield f"- {_code(file.path)}: out of scope: {_text(file.out_of_scope)}"
        for target, why in file.development:
            yield f"- {_code(file.path)}: {_text(target)} does not ship: {_text(why)}"
    for path, reason in report.skipped:
        yield f"- {_code(path)}: skipped: {_text(reason)}"


def _folded(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    return ["<details>", f"<summary>{title}: {len(lines)}</summary>", "", *lines, "", "</details>", ""]


def _text(value: str) -> str:
    """Text from strangers as Markdown that shows just that text; what stands in backticks stays code."""
    parts = _CODE.split(safe(" ".join(value.split())))
    return "".join(_code(part) if at % 2 else _escaped(part) for at, part in enumerate(parts))


def _escaped(value: str) -> str:
    value = _SPECIAL.sub(r"\\\1", value.replace("`", "'"))
    return value.replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;").replace("\\@", "&#64;&#8203;")


def _code(value: str) -> str:
    """A code span that holds in a cell of a table."""
    return f"`{safe(value).replace('`', chr(39)).replace('|', '¦')}`"
