"""What a check comes to: the value that every report of `barehull check` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from barehull.checking.lines import Lines
from barehull.core.span import Span
from barehull.guidelines.model import Guideline, Remark, Status

FailOn = Literal["error", "warning"]
State = Literal["passed", "failed", "unknown", "bad-input"]


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """How texts are checked: the guidelines that are asked, from which severity a remark fails, the values of ARGs."""

    guidelines: tuple[Guideline, ...]
    fail_on: FailOn = "error"
    build_args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment `# barehull: ignore[NAMES] REASON`, where it stands, and how far it reaches.

    `reach` is the index of the instruction that it is about, "file" for all of the file, None for nothing at all.
    """

    names: tuple[str, ...]
    reason: str
    span: Span
    reach: int | Literal["file"] | None


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """A guideline's answer about an image, after the ignores of the file.

    `status` and `reason` are the guideline's own. `remarks` are in force; `ignored` are not, each with the reason
    that the file gives. `state` is what it comes to: the status, "fail" where a remark is as bad as the settings
    fail on, or "ignored" where what failed or was unknown is ignored; `why_ignored` is the reason then.
    """

    guideline: str
    status: Status
    reason: str
    remarks: tuple[Remark, ...]
    ignored: tuple[tuple[Remark, str], ...]
    state: Status | Literal["ignored"]
    why_ignored: str = ""


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """An image that a file ships: its target, language and base, the FROM of its stage, an answer a guideline."""

    target: str
    language: str
    base: str
    span: Span
    answers: tuple[CheckedAnswer, ...]


@dataclass(frozen=True, slots=True)
class FileError:
    """Why a file could not be checked, and what to do. `problems` are the places that are wrong, if any."""

    message: str
    advice: str
    problems: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One Dockerfile, checked.

    `out_of_scope` is the reason why it is not judged, "" where it is. `development` are targets that do not ship,
    with the reason. `remarks` are about the file's own ignores, each with the name that it is reported by.
    """

    path: str
    text: str = ""
    out_of_scope: str = ""
    error: FileError | None = None
    images: tuple[CheckedImage, ...] = ()
    development: tuple[tuple[str, str], ...] = ()
    ignores: tuple[Ignore, ...] = ()
    remarks: tuple[tuple[str, Remark], ...] = ()
    fail_on: FailOn = "error"

    @property
    def lines(self) -> Lines:
        """Where the offsets of spans are: `file.lines.position(span.start)` is a line and a column, both from 1."""
        return Lines(self.text)

    @property
    def state(self) -> State:
        """The whole: bad input, else failed, else unknown, else passed."""
        if self.error is not None:
            return "bad-input"
        states = {answer.state for image in self.images for answer in image.answers}
        if "fail" in states or any(fails(remark, self.fail_on) for _, remark in self.remarks):
            return "failed"
        return "unknown" if "unknown" in states else "passed"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All files, by path; `skipped` were found and are not looked at, with the reason. `guidelines` were asked."""

    tool_version: str
    today: date
    catalog_date: date
    guidelines: tuple[Guideline, ...]
    files: tuple[CheckedFile, ...]
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def state(self) -> State:
        """The worst of its files: bad input before failed before unknown."""
        states = {file.state for file in self.files}
        order: tuple[State, ...] = ("bad-input", "failed", "unknown")
        return next((state for state in order if state in states), "passed")


def fails(remark: Remark, fail_on: FailOn) -> bool:
    """Whether a remark is bad enough to fail."""
    return remark.severity == "error" or remark.severity == fail_on
