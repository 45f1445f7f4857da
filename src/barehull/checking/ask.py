"""A Dockerfile's text, checked: the guidelines' answers, and what the file's own ignores make of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from barehull.catalog.catalog import Catalog
from barehull.checking.ignores import Places, read_ignores
from barehull.checking.model import (
    CheckedAnswer,
    CheckedFile,
    CheckedImage,
    CheckSettings,
    FileError,
    Ignore,
    fails,
)
from barehull.core.span import Span
from barehull.guidelines.judge import ImageAnswers, Judgement, judge
from barehull.guidelines.model import Answer, Remark

_HOW = "Write `# barehull: ignore[NAME] REASON`, with the name of a guideline and a reason."


def check_text(
    text: str, path: str, settings: CheckSettings, catalog: Catalog, today: date, known: frozenset[str] | None = None
) -> CheckedFile:
    """Check the text of one Dockerfile. `known` are the names of all guidelines, by default those that are asked.

    Never raises for what is in the text: see `error` of the result. `path` is only a name.
    """
    if not text.strip("\ufeff \t\r\n\v\f"):
        return CheckedFile(path, error=FileError("it is empty", "Write instructions into it, or remove it."))
    judgement = judge(text, catalog, today, settings.guidelines, settings.build_args)
    error = _error(judgement)
    if error is not None:
        return CheckedFile(path, text, error=error, fail_on=settings.fail_on)
    asked = frozenset(guideline.name for guideline in settings.guidelines)
    return _Ignoring(judgement, settings, asked, asked if known is None else known).checked(path, text)


def _error(judgement: Judgement) -> FileError | None:
    """Why a file has no answers, if it has none."""
    problems = judgement.facts.problems
    if problems:
        return FileError(problems[0][0], "Correct the file: a build would stop there.", problems)
    if not judgement.facts.stages:
        return FileError("it has no FROM, and so makes no image", "Name a Dockerfile.")
    return None


class _Ignoring:
    """One file's ignores at work: what each covers, and which of them were of use."""

    def __init__(
        self, judgement: Judgement, settings: CheckSettings, asked: frozenset[str], known: frozenset[str]
    ) -> None:
        self._judgement = judgement
        self._settings = settings
        self._asked = asked
        self._known = known
        self._ignores, self._malformed = read_ignores(judgement.facts.dockerfile)
        self._places = Places(judgement.facts.dockerfile) if self._ignores else None
        self._used: set[tuple[int, str]] = set()
        # By what it reaches and by name: the index of the ignore. The first one counts.
        self._of: dict[tuple[object, str], int] = {}
        for index, ignore in enumerate(self._ignores):
            for name in ignore.names if ignore.reason else ():
                self._of.setdefault((ignore.reach, name), index)

    def checked(self, path: str, text: str) -> CheckedFile:
        """The whole file."""
        images = tuple(self._image(image) for image in self._judgement.images)
        return CheckedFile(
            path,
            text,
            images=images,
            development=self._judgement.development,
            ignores=self._ignores,
            remarks=tuple(sorted(self._remarks(), key=lambda named: named[1].span)),
            fail_on=self._settings.fail_on,
        )

    def _image(self, image: ImageAnswers) -> CheckedImage:
        answers = tuple(self._answer(name, answer, image.span) for name, answer in image.answers)
        return CheckedImage(image.target, image.language, image.base, image.span, answers)

    def _answer(self, name: str, answer: Answer, stage: Span) -> CheckedAnswer:
        fail_on = self._settings.fail_on
        whole = self._ignore(name, "file", self._instruction(stage))
        remarks: list[Remark] = []
        ignored: list[tuple[Remark, str]] = []
        for remark in answer.remarks:
            by = whole if whole is not None else self._ignore(name, self._instruction(remark.span))
            if by is None:
                remarks.append(remark)
            else:
                self._used.add((by, name))
                ignored.append((remark, self._ignores[by].reason))
        undone = answer.status in ("fail", "unknown")
        if undone and whole is not None:
            self._used.add((whole, name))
            return CheckedAnswer(
                name, answer.status, answer.reason, (), tuple(ignored), "ignored", self._ignores[whole].reason
            )
        if any(fails(remark, fail_on) for remark in remarks):
            return CheckedAnswer(name, answer.status, answer.reason, tuple(remarks), tuple(ignored), "fail")
        if answer.status == "fail" and any(remark.severity == "error" for remark, _ in ignored):
            why = ignored[0][1]
            return CheckedAnswer(name, answer.status, answer.reason, tuple(remarks), tuple(ignored), "ignored", why)
        return CheckedAnswer(name, answer.status, answer.reason, tuple(remarks), tuple(ignored), answer.status)

    def _instruction(self, span: Span) -> int | None:
        return self._places.instruction(span.start) if self._places is not None else None

    def _ignore(self, name: str, *reaches: object) -> int | None:
        """The ignore of that name that reaches one of these, or None."""
        found = (self._of.get((reach, name)) for reach in reaches if reach is not None)
        return next((index for index in found if index is not None), None)

    def _remarks(self) -> Iterator[tuple[str, Remark]]:
        """What is wrong with the ignores themselves."""
        for span in self._malformed:
            yield "malformed-ignore", Remark("this comment to barehull is not understood", "error", span, _HOW)
        for index, ignore in enumerate(self._ignores):
            yield from self._of_ignore(index, ignore)

    def _of_ignore(self, index: int, ignore: Ignore) -> Iterator[tuple[str, Remark]]:
        if not ignore.reason:
            message = "an ignore needs a reason, and does nothing without"
            yield "ignore-without-reason", Remark(message, "error", ignore.span, _HOW)
        for name in ignore.names:
            if name not in self._known:
                advice = f"There are: {', '.join(sorted(self._known))}."
                message = f"there is no guideline {name!r} to ignore"
                yield "unknown-guideline", Remark(message, "error", ignore.span, advice)
            elif ignore.reason and name in self._asked and (index, name) not in self._used:
                above = "" if ignore.reach is not None else "; it stands directly above no instruction"
                message = f"nothing of {name} is ignored here{above}"
                yield "unused-ignore", Remark(message, "warning", ignore.span, "Remove it, or put it where it counts.")
