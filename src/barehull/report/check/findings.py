"""What a report has to show of a file: each finding once, whichever images it is about, where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from barehull.checking.model import CheckedAnswer, CheckedFile, CheckedImage, CheckReport
from barehull.core.severity import Severity
from barehull.core.span import Span
from barehull.report.plain import many

Kind = Severity | Literal["unknown"]
BAD_INPUT = "bad-input"  # the name that a file's own errors are reported by

# What the remarks about a file's ignores are, by name: (summary, what to do).
OF_IGNORES = {
    "ignore-without-reason": (
        "An ignore says why.",
        "Write the reason after the brackets: `# barehull: ignore[NAME] REASON`.",
    ),
    "malformed-ignore": (
        "A comment to barehull is one that it understands.",
        "Write `# barehull: ignore[NAME] REASON`.",
    ),
    "unknown-guideline": ("An ignore names a guideline that there is.", "Correct the name."),
    "unused-ignore": ("An ignore is of use.", "Remove it, or put it directly above the instruction that it is about."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to show. `targets` are the images that it is about; `ignored` is the reason why it does not count.

    `start` and `end` are (line, column) from 1, `end` behind the last character.
    """

    name: str
    kind: Kind
    message: str
    advice: str
    span: Span
    start: tuple[int, int]
    end: tuple[int, int]
    targets: tuple[str, ...] = ()
    ignored: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """A report in numbers: files, images, and answers by what they came to."""

    files: int
    images: int
    failed: int
    warnings: int
    unknown: int
    ignored: int
    out_of_scope: int
    skipped: int
    errors: int


def findings(file: CheckedFile) -> list[Finding]:
    """The findings of a file in order, those of its ignores and its errors included."""
    found: dict[tuple[object, ...], Finding] = {}
    lines = file.lines
    for name, kind, message, advice, span, target, ignored in _all(file):
        key = (name, kind, message, span, ignored)
        if key not in found:
            start, end = lines.position(span.start), lines.position(max(span.end, span.start))
            found[key] = Finding(name, kind, message, advice, span, start, end, (), ignored)
        if target:
            found[key] = _about(found[key], target)
    return sorted(found.values(), key=lambda finding: (finding.span, finding.name))


def _about(finding: Finding, target: str) -> Finding:
    return finding if target in finding.targets else replace(finding, targets=(*finding.targets, target))


_Row = tuple[str, Kind, str, str, Span, str, str]


def _all(file: CheckedFile) -> Iterator[_Row]:
    if file.error is not None:
        for message, span in file.error.problems:
            yield BAD_INPUT, "error", message, file.error.advice, span, "", ""
    for name, remark in file.remarks:
        yield name, remark.severity, remark.message, remark.advice, remark.span, "", ""
    for image in file.images:
        for answer in image.answers:
            yield from _of_answer(image, answer)


def _of_answer(image: CheckedImage, answer: CheckedAnswer) -> Iterator[_Row]:
    name = answer.guideline
    for remark in answer.remarks:
        yield name, remark.severity, remark.message, remark.advice, remark.span, image.target, ""
    for remark, why in answer.ignored:
        yield name, remark.severity, remark.message, remark.advice, remark.span, image.target, why
    told = [remark for remark in answer.remarks if remark.severity == "error"]
    told += [remark for remark, _ in answer.ignored if remark.severity == "error"]
    if answer.status == "unknown":
        yield name, "unknown", answer.reason, "", image.span, image.target, answer.why_ignored
    elif answer.status == "fail" and not told:  # a guideline fails for what it remarks; none is lost all the same
        yield name, "error", answer.reason, "", image.span, image.target, answer.why_ignored


def counts(report: CheckReport) -> Counts:
    """The report in numbers."""
    images = [image for file in report.files for image in file.images]
    states = [answer.state for image in images for answer in image.answers]
    remarks = [remark for image in images for answer in image.answers for remark in answer.remarks]
    remarks += [remark for file in report.files for _, remark in file.remarks]
    checked = [file for file in report.files if not file.out_of_scope and file.error is None]
    of_ignores = sum(remark.severity == "error" for file in report.files for _, remark in file.remarks)
    return Counts(
        files=len(checked),
        images=len(images),
        failed=states.count("fail") + of_ignores,
        warnings=sum(remark.severity == "warning" for remark in remarks),
        unknown=states.count("unknown"),
        ignored=states.count("ignored"),
        out_of_scope=sum(bool(file.out_of_scope) for file in report.files),
        skipped=len(report.skipped),
        errors=sum(file.error is not None for file in report.files),
    )


def summary(report: CheckReport) -> str:
    """The numbers as a sentence. What is not there is not said, except that nothing failed."""
    it = counts(report)
    words = [f"{it.failed:,} failed"]
    for count, word in (
        (it.warnings, "warning" if it.warnings == 1 else "warnings"),
        (it.unknown, "unknown"),
        (it.ignored, "ignored"),
    ):
        words += [f"{count:,} {word}"] if count else []
    told = f"{many(it.files, 'file')}, {many(it.images, 'image')}: {', '.join(words)}"
    for count, word in ((it.errors, "not checked"), (it.out_of_scope, "out of scope"), (it.skipped, "skipped")):
        told += f"; {many(count, 'file')} {word}" if count else ""
    return told
