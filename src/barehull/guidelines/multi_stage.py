"""The image is built in one stage, and another one, with only the result, ships."""

from __future__ import annotations

from barehull.core.span import Span
from barehull.dockerfile.facts import RunFact
from barehull.dockerfile.flags import csv_fields
from barehull.guidelines.images import WORDS, first_official, recommended, root, without_shell
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged


def check(image: Shipped) -> Answer:
    """Pass where something is taken from another stage or image; a chain of FROMs alone ships everything."""
    taken = _taken(image)
    if taken:
        return Answer("pass", f"what ships is taken from {taken}")
    base = root(image, image.stage)
    if not any(stage.runs for stage in image.layers):
        if without_shell(base):
            return Answer("not-applicable", "nothing is built here: files are only copied onto a minimal base")
        if base.name is None and base.unset:
            return Answer("unknown", f"nothing is built here, and the base {base.why_unknown}")
    builds = _first_build(image)
    target = recommended(image, image.language) or "<a minimal image>"
    if builds is None:
        message = "the image is made in a single stage, so all that made it ships with it"
        span = image.layers[0].base.image.span
    else:
        language, span = builds
        message = f"{WORDS[language]} is built in the stage that ships: its tools and sources ship with it"
    build_on = base.shown if base.official else first_official(image.language) or base.shown
    advice = (
        f"Name the stage that builds (`FROM {build_on} AS build`), end the file with `FROM {target}`, and take only "
        "the result there: `COPY --from=build <result> <place>`."
    )
    return judged([Remark(message, "error", span, advice)], "")


def _taken(image: Shipped) -> str:
    """Where something is taken from, in words; "" where nothing is."""
    for stage in image.layers:
        for copy in stage.copies:
            if copy.origin == "stage" and copy.stage is not None:
                return f"the stage `{image.facts.stages[copy.stage].name or copy.stage}`"
            if copy.origin == "image" and copy.image is not None:
                return f"the image `{copy.image.text}`"
        for run in stage.runs:
            if run.mounts_from or _mounts_image(run):
                return "what a RUN mounts from elsewhere"
    return ""


def _mounts_image(run: RunFact) -> bool:
    """RUN --mount=from=<an image>."""
    mounts = (csv_fields(flag.value) or () for flag in run.run.flags if flag.name == "mount")
    return any(option.startswith("from=") for options in mounts for option in options)


def _first_build(image: Shipped) -> tuple[str, Span] | None:
    for stage in image.layers:
        for run, command, language in stage.builds:
            if language in WORDS:
                return language, run.span(command)
    return None


guideline = Guideline(
    name="multi-stage",
    summary="Build in one stage; ship another one that has only the result.",
    why=(
        "What builds an application (compilers, package managers, sources, caches) is not needed to run it, yet each "
        "piece brings vulnerabilities of its own, and tools for whoever breaks in. An image that is made in one stage "
        "ships all of it. A second stage starts clean and takes only what runs."
    ),
    advice=(
        "Name the stage that builds, add a last stage on a minimal base, and take the result over with `COPY "
        "--from=`. A `FROM <stage>` alone is no second stage: it keeps every layer of the first."
    ),
    bad="""\
FROM golang:1.26
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .
ENTRYPOINT ["/manager"]
""",
    good="""\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /manager /manager
ENTRYPOINT ["/manager"]
""",
    check=check,
)
