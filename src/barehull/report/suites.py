"""JUnit's XML, as Jenkins, GitLab and others read it: suites of cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from barehull.report.plain import safe

Element = Literal["", "failure", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Case:
    """One case: `element` is what became of it, "" for a pass; `message` in a line, `text` in several."""

    group: str
    name: str
    element: Element
    message: str
    text: str = ""


def written(title: str, suites: Sequence[tuple[str, Sequence[Case]]]) -> str:
    """Suites, each with its name, as a document."""
    every = [case for _, cases in suites for case in cases]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="{_xml(title)}" {_numbers(every)}>']
    for name, cases in suites:
        lines.append(f'  <testsuite name="{_xml(name)}" {_numbers(cases)}>')
        lines += map(_case, cases)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _numbers(cases: Iterable[Case]) -> str:
    kinds = [case.element for case in cases]
    return (
        f'tests="{len(kinds)}" failures="{kinds.count("failure")}" errors="{kinds.count("error")}" '
        f'skipped="{kinds.count("skipped")}"'
    )


def _case(case: Case) -> str:
    head = f'    <testcase classname="{_xml(case.group)}" name="{_xml(case.name)}"'
    body = "\n".join(_xml(line) for line in case.text.split("\n"))
    if not case.element:
        return f"{head}><system-out>{body}</system-out></testcase>" if body else f"{head}/>"
    return f'{head}><{case.element} message="{_xml(case.message)}">{body}</{case.element}></testcase>'


def _xml(text: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\t", "&#9;")):
        text = text.replace(character, entity)
    return safe(text)
