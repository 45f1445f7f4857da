"""Two guidelines of the tests' own, so that the process is tested whatever the real ones say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from barehull.catalog.catalog import Catalog, load_catalog
from barehull.checking.ask import check_text
from barehull.checking.model import CheckedAnswer, CheckedFile, CheckSettings
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

TODAY = date(2026, 11, 24)


def tagged(image: Shipped) -> Answer:
    base = image.stage.root.image
    if base.unset:
        return Answer("unknown", f"the base is the ARG {base.unset[0]}, which has no value")
    if base.text == "scratch":
        return Answer("not-applicable", "scratch has no tags")
    if base.text.endswith(":latest"):
        return judged([Remark("the base floats", "error", base.span, "Name a version: `debian:13`.")], "")
    loose = [] if ":" in base.text else [Remark("the base has no tag", "warning", base.span, "Name a version.")]
    return judged(loose, "the base has a tag")


def quiet(image: Shipped) -> Answer:
    if not image.stage.runs:
        return Answer("not-applicable", "nothing runs")
    remarks = [
        Remark(f"`{command.name}` runs in the image that ships", "error", run.span(command), "Move it to a stage.")
        for run, command in image.stage.commands
        if command.name != "true"
    ]
    return judged(remarks, "nothing runs but true")


def guideline(name: str, check: Callable[[Shipped], Answer]) -> Guideline:
    return Guideline(name, f"Be {name}.", f"It is good to be {name}. Really.", "Do it.", "", "", check)


TOYS = (guideline("quiet", quiet), guideline("tagged", tagged))


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


Checking = Callable[..., CheckedFile]


@pytest.fixture
def check(catalog: Catalog) -> Checking:
    """Check a text with the toys."""

    def checking(text: str, **settings: object) -> CheckedFile:
        asked = CheckSettings(**({"guidelines": TOYS} | settings))  # type: ignore[arg-type]
        return check_text(text, "Dockerfile", asked, catalog, TODAY, frozenset({"quiet", "tagged"}))

    return checking


def answers(file: CheckedFile) -> dict[str, CheckedAnswer]:
    """The answers about the only image of a file."""
    (image,) = file.images
    return {answer.guideline: answer for answer in image.answers}
