"""Reports about small Dockerfiles, judged by two guidelines of the tests' own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from barehull.catalog.catalog import load_catalog
from barehull.checking.ask import check_text
from barehull.checking.model import CheckedFile, CheckReport, CheckSettings, FailOn, FileError
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

CASES = Path(__file__).parents[2] / "cases" / "check"
TODAY = date(2026, 11, 24)


def tagged(image: Shipped) -> Answer:
    base = image.stage.root.image
    if base.unset:
        return Answer("unknown", f"the base is the ARG {base.unset[0]}, which has no value")
    if base.text.endswith(":latest"):
        message = f"the base `{base.text}` is another one tomorrow"
        return judged([Remark(message, "error", base.span, "Name a version, as in `debian:13`.")], "")
    loose = [] if ":" in base.text else [Remark("the base has no tag", "warning", base.span, "Name a version.")]
    return judged(loose, "the base has a tag")


def quiet(image: Shipped) -> Answer:
    runs = [(run, command) for stage in image.layers for run in stage.runs for command in run.script.commands]
    if not runs:
        return Answer("not-applicable", "nothing runs")
    last = Remark("this runs last", "note", runs[-1][0].span(runs[-1][1]))
    remarks = [
        Remark(f"`{command.name}` runs in the image", "error", run.span(command), "Run it in a stage of its own.")
        for run, command in runs
    ]
    return judged([*remarks, last], "")


WHY = "A base that floats is another one at each build: what was tested is not what ships. Two people build two images."
TOYS = (
    Guideline("quiet", "Nothing runs.", "What runs leaves things behind. They stay.", "Copy instead.", "", "", quiet),
    Guideline("tagged", "The base has a tag.", WHY, "Name a tag & keep it.", "", "", tagged),
)


def checked(texts: Mapping[str, str], fail_on: FailOn = "error", *more: CheckedFile) -> CheckReport:
    """The report about texts by path."""
    settings, catalog = CheckSettings(TOYS, fail_on), load_catalog()
    names = frozenset(guideline.name for guideline in TOYS)
    files = [check_text(text, path, settings, catalog, TODAY, names) for path, text in texts.items()]
    return CheckReport(
        "0.1.0", TODAY, date(2026, 11, 1), TOYS, (*files, *more), (("a/Dockerfile.j2", "a template"),) if more else ()
    )


def case(name: str) -> CheckReport:
    """The report about the Dockerfile of a case; `bad` also has files that could not be checked or are out of scope."""
    text = (CASES / name / "Dockerfile").read_bytes().decode("utf-8", "surrogateescape")
    more = ()
    if name == "bad-input":
        more = (
            CheckedFile("ci/Dockerfile", out_of_scope="runs in CI | not deployed"),
            CheckedFile("nowhere", error=FileError("there is no such file or folder", "Check the path.")),
        )
    return checked({"app/Dockerfile": text}, "error", *more)
