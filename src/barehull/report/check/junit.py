"""A check as JUnit's XML: a suite a file, a case for each guideline about each image."""

from __future__ import annotations

from collections.abc import Iterator

from barehull.checking.lines import Lines
from barehull.checking.model import CheckedAnswer, CheckedFile, CheckReport, fails
from barehull.guidelines.model import Remark
from barehull.report.check.findings import BAD_INPUT
from barehull.report.suites import Case, Element, written


def render(report: CheckReport) -> str:
    """The report as XML. Unknown answers and bad files are errors, what is ignored or does not apply is skipped."""
    return written("barehull check", [(file.path, [*_cases(file)]) for file in report.files])


def _cases(file: CheckedFile) -> Iterator[Case]:
    path = file.path
    if file.out_of_scope:
        yield Case(path, "scope", "skipped", f"out of scope: {file.out_of_scope}")
    lines = file.lines
    if file.error is not None:
        places = [_place(file.path, message, span.start, lines) for message, span in file.error.problems]
        yield Case(path, BAD_INPUT, "error", file.error.message, "\n".join([*places, file.error.advice]))
    for name, remark in file.remarks:
        element: Element = "failure" if fails(remark, file.fail_on) else ""
        yield Case(path, name, element, remark.message, _text(path, (remark,), lines))
    for image in file.images:
        group = f"{path}:{image.target}" if image.target else path
        for answer in image.answers:
            element, message = _outcome(answer)
            yield Case(group, answer.guideline, element, message, _text(path, answer.remarks, lines))


def _outcome(answer: CheckedAnswer) -> tuple[Element, str]:
    match answer.state:
        case "fail":
            return "failure", answer.reason
        case "unknown":
            return "error", f"unknown: {answer.reason}"
        case "ignored":
            return "skipped", f"ignored: {answer.why_ignored}"
        case "not-applicable":
            return "skipped", f"does not apply: {answer.reason}"
        case "pass":
            return "", answer.reason


def _text(path: str, remarks: tuple[Remark, ...], lines: Lines) -> str:
    return "\n".join(
        _place(path, f"{remark.severity}: {remark.message} {remark.advice}".rstrip(), remark.span.start, lines)
        for remark in remarks
    )


def _place(path: str, message: str, offset: int, lines: Lines) -> str:
    line, column = lines.position(offset)
    return f"{path}:{line}:{column}: {message}"
