"""A check for a terminal: each finding with its source underlined, why it is asked for, what to do; numbers last."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import lru_cache

from barehull.checking.lines import Lines
from barehull.checking.model import CheckedFile, CheckReport
from barehull.guidelines.model import Guideline
from barehull.report.check.excerpt import excerpt
from barehull.report.check.findings import BAD_INPUT, Finding, findings, summary
from barehull.report.plain import safe

WIDTH = 100
_ENOUGH = 100  # characters that tell why
_COLOURS = {"error": "1;31", "warning": "1;33", "note": "1;36", "unknown": "1;35", "blue": "1;34", "bold": "1"}


def render(report: CheckReport, *, colour: bool = False) -> str:
    """The report as text; with ANSI colours where asked."""
    paint = _Paint(colour)
    whys = {guideline.name: _why(guideline) for guideline in report.guidelines}
    lines: list[str] = []
    for file in report.files:
        lines += _file(file, whys, paint)
    closing = [*_closing(report)]
    if closing:
        lines += [*closing, ""]
    lines.append(paint(_MARKS[report.state], "bold") + f" {summary(report)}")
    if any(answer.state == "fail" for file in report.files for image in file.images for answer in image.answers):
        lines.append("`barehull explain NAME` tells more about a guideline.")
    return "\n".join(lines) + "\n"


_MARKS = {"passed": "passed:", "failed": "FAILED:", "unknown": "UNKNOWN:", "bad-input": "BAD INPUT:"}


class _Paint:
    """Text in a colour, or as it is."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, name: str) -> str:
        return f"\x1b[{_COLOURS[name]}m{text}\x1b[0m" if self._colour else text


def _why(guideline: Guideline) -> str:
    """The first sentences of why the guideline asks for it; all of it is what `barehull explain` is for."""
    sentences = " ".join(guideline.why.split("\n\n")[0].split()).split(". ")
    told = sentences[0]
    for sentence in sentences[1:]:
        if len(told) >= _ENOUGH:
            break
        told += f". {sentence}"
    return told.removesuffix(".") + "."


def _file(file: CheckedFile, whys: dict[str, str], paint: _Paint) -> Iterator[str]:
    if file.error is not None and not file.error.problems:
        yield paint("error", "error") + paint(f"[{BAD_INPUT}]: {safe(file.path)}: {safe(file.error.message)}", "bold")
        yield from _note("help", file.error.advice, "  ", paint)
        yield ""
    lines = file.lines
    for finding in findings(file):
        if finding.ignored and finding.kind == "note":
            continue
        yield from _finding(file, finding, lines, whys.get(finding.name, ""), paint)
        yield ""


def _finding(file: CheckedFile, finding: Finding, lines: Lines, why: str, paint: _Paint) -> Iterator[str]:
    kind = f"ignored {finding.kind}" if finding.ignored else finding.kind
    colour = "note" if finding.ignored else finding.kind
    yield paint(f"{kind}[{finding.name}]", colour) + paint(f": {safe(finding.message)}", "bold")
    margin = " " * max(len(str(finding.end[0])), 3)
    place = f"{safe(file.path)}:{finding.start[0]}:{finding.start[1]}"
    about = f" (image {safe(', '.join(finding.targets))})" if finding.targets and len(file.images) > 1 else ""
    yield f"{margin[:-1]}{paint('-->', 'blue')} {place}{about}"
    if finding.ignored:
        yield from _note("ignored", finding.ignored, margin, paint)
        return
    bar = paint("|", "blue")
    yield f"{margin} {bar}"
    for number, line, marks in excerpt(lines, finding.start, finding.end):
        yield f"{paint(f'{number:>{len(margin)}}', 'blue')} {bar} {line}".rstrip()
        if marks:
            yield f"{margin} {bar} {paint(marks, colour)}"
    why = "" if finding.kind == "note" else why
    if why or finding.advice:
        yield f"{margin} {bar}"
    yield from _note("why", why, margin, paint)
    yield from _note("help", finding.advice, margin, paint)


def _note(label: str, text: str, margin: str, paint: _Paint) -> Iterator[str]:
    """`= label: text`, folded."""
    if not text.strip():
        return
    indent = " " * len(f"{margin} = {label}: ")
    first, *rest = _folded(text, WIDTH - len(indent))
    yield f"{margin} {paint('=', 'blue')} {paint(label, 'bold')}: {first}"
    for line in rest:
        yield indent + line


@lru_cache(maxsize=1024)  # the same few texts come again and again, and folding them is half of the work
def _folded(text: str, width: int) -> tuple[str, ...]:
    words = safe(" ".join(text.split()))
    return tuple(textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False))


def _closing(report: CheckReport) -> Iterator[str]:
    """What was not judged, and why."""
    for file in report.files:
        if file.out_of_scope:
            yield f"out of scope: {safe(file.path)}: {safe(file.out_of_scope)}"
        for target, why in file.development:
            yield f"does not ship: {safe(file.path)}: {safe(target)}: {safe(why)}"
    for path, reason in report.skipped:
        yield f"skipped: {safe(path)}: {safe(reason)}"
