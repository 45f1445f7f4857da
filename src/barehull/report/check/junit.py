"""A check as JUnit's XML: a suite a file, a case for each guideline about each image."""

from __future__ import annotations

from collections.abc import Iterator

from barehull.checking.lines import Lines
from barehull.checking.model import CheckedAnswer, CheckedFile, CheckReport, fails
from barehull.guidelines.model import Remark
from barehull.report.check.findings import BAD_INPUT
from barehull.report.plain import safe

_Case = tuple[str, str, str, str, str]  # image, name, element ("" for a pass), message, text


def render(report: CheckReport) -> str:
    """The report as XML. Unknown answers and bad files are errors, what is ignored or does not apply is skipped."""
    suites = [(file.path, [*_cases(file)]) for file in report.files]
    every = [case for _, cases in suites for case in cases]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="barehull check" {_numbers(every)}>']
    for path, cases in suites:
        lines.append(f'  <testsuite name="{_xml(path)}" {_numbers(cases)}>')
        lines += [_case(path, case) for case in cases]
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _numbers(cases: list[_Case]) -> str:
    kinds = [element for _, _, element, _, _ in cases]
    return (
        f'tests="{len(kinds)}" failures="{kinds.count("failure")}" errors="{kinds.count("error")}" '
        f'skipped="{kinds.count("skipped")}"'
    )


def _cases(file: CheckedFile) -> Iterator[_Case]:
    if file.out_of_scope:
        yield "", "scope", "skipped", f"out of scope: {file.out_of_scope}", ""
    lines = file.lines
    if file.error is not None:
        places = [_place(file.path, message, span.start, lines) for message, span in file.error.problems]
        yield "", BAD_INPUT, "error", file.error.message, "\n".join([*places, file.error.advice])
    for name, remark in file.remarks:
        element = "failure" if fails(remark, file.fail_on) else ""
        yield "", name, element, remark.message, _text(file.path, (remark,), lines)
    for image in file.images:
        for answer in image.answers:
            element, message = _outcome(answer)
            yield image.target, answer.guideline, element, message, _text(file.path, answer.remarks, lines)


def _outcome(answer: CheckedAnswer) -> tuple[str, str]:
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


def _case(path: str, case: _Case) -> str:
    image, name, element, message, text = case
    head = f'    <testcase classname="{_xml(f"{path}:{image}" if image else path)}" name="{_xml(name)}"'
    body = "\n".join(_xml(line) for line in text.split("\n"))
    if not element:
        return f"{head}><system-out>{body}</system-out></testcase>" if body else f"{head}/>"
    return f'{head}><{element} message="{_xml(message)}">{body}</{element}></testcase>'


def _xml(text: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\t", "&#9;")):
        text = text.replace(character, entity)
    return safe(text)
