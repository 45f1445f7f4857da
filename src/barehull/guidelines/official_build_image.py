"""Each language is built on its own official image."""

from __future__ import annotations

from barehull.dockerfile.facts import RunFact, StageFacts
from barehull.dockerfile.shell.commands import ShellCommand
from barehull.guidelines.images import OFFICIAL, WORDS, Known, first_official, root, unknown_base, without_shell
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

Builds = dict[str, tuple[RunFact, ShellCommand]]


def check(image: Shipped) -> Answer:
    """Every stage that builds is on the official image of a language that it builds. Downloading is not building."""
    remarks: list[Remark] = []
    unknown: list[str] = []
    passed: list[str] = []
    for stage in image.sources:
        builds = _builds(stage)
        if not builds:
            continue
        base = root(image, stage)
        if base.name is None and not base.scratch:
            unknown.append(base.why_unknown)
        else:
            found = _stage(stage, base, builds)
            remarks += found
            if not any(remark.severity == "error" for remark in found):
                passed.append(f"`{base.shown}`")
    if unknown and not any(remark.severity == "error" for remark in remarks):
        return Answer("unknown", unknown[0], tuple(remarks))
    if remarks or passed:
        return judged(remarks, f"built on {', '.join(dict.fromkeys(passed))}")
    return _nothing_built(image)


def _builds(stage: StageFacts) -> Builds:
    """The languages that a stage builds itself, each with the first command that does."""
    found: Builds = {}
    for run, command, language in stage.builds:
        found.setdefault(language, (run, command))
    return found


def _stage(stage: StageFacts, base: Known, builds: Builds) -> list[Remark]:
    """What is wrong with the image that a stage builds on."""
    on = base.official.language if base.official else ""
    others = [language for language in builds if language not in (on, "make")]
    if on and (on in builds or not others):  # make builds whatever the image is for
        return [_other(base, language, builds[language]) for language in others]
    if others:
        language, where = others[0], builds[others[0]]
        message = f"{WORDS[language]} is built on `{base.shown}`, which is not its official image"
        advice = f"Build it on the official image, {OFFICIAL.get(language, language)}"
    else:
        where = builds["make"]
        message = f"make builds on `{base.shown}`, which is not the official image of a language"
        advice = "Build on the official image of the language that make builds"
    advice += f": `FROM {first_official(others[0] if others else 'go')} AS {stage.name or 'build'}`."
    run, command = where
    return [Remark(message, "error", run.span(command), advice)]


def _other(base: Known, language: str, where: tuple[RunFact, ShellCommand]) -> Remark:
    run, command = where
    return Remark(
        f"{WORDS[language]} is built on `{base.shown}`, beside the language of that image",
        "warning",
        run.span(command),
        f"Give it a stage of its own, on the official image: `FROM {first_official(language)}`.",
    )


def _nothing_built(image: Shipped) -> Answer:
    """No command builds anything: what the image stands on decides."""
    base = root(image, image.stage)
    if without_shell(base) or base.distroless:
        return Answer("not-applicable", "nothing is built here: files are only copied onto a minimal base")
    if base.name is None:
        return unknown_base(base)
    if base.official:
        if base.official.language:
            return Answer("pass", f"it stands on the official image `{base.shown}`, and builds nothing more")
        return Answer("not-applicable", f"nothing is built here, on the official image `{base.shown}`")
    if base.minimal:
        return Answer("not-applicable", f"nothing is built here, on the minimal image `{base.shown}`")
    message = f"the image is `{base.shown}` under another name: how it was built is up to its vendor"
    advice = (
        "Build the program from its sources on the official image of its language, or declare the image out of scope "
        "in barehull.toml, with the reason."
    )
    return judged([Remark(message, "error", image.layers[0].base.image.span, advice)], "")


guideline = Guideline(
    name="official-build-image",
    summary="Build on the official image of the language: golang, python, node, or its like.",
    why=(
        "The official images are rebuilt when their language or their system has a security release, and many eyes "
        "are on them. A compiler from a distribution or from a vendor's image is older than it says, patched in ways "
        "of its own, and often without support by the time that it is found."
    ),
    advice=(
        "Begin each stage that builds with the official image of what it builds, e.g. `FROM golang:1.26 AS build`; "
        "give a web front end a stage of its own on `node`. Stages that only fetch or copy files are free."
    ),
    bad="""\
FROM debian:13 AS build
RUN apt-get update && apt-get install -y golang
COPY . /src
RUN cd /src && CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /manager /manager
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
    reads="sources",
)
