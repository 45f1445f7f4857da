"""Go programs are built static: CGO_ENABLED=0 GOOS=linux go build -a."""

from __future__ import annotations

from collections.abc import Iterator

from barehull.dockerfile.facts import RunFact, StageFacts
from barehull.dockerfile.programs.go_build import GoBuild
from barehull.dockerfile.shell.commands import ShellCommand
from barehull.guidelines.images import root, shipping
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

_SHELLS = ("sh", "bash", "ash", "dash")
_TARGETOS = ("$TARGETOS", "${TARGETOS}")


def check(image: Shipped) -> Answer:
    """Every Go build whose output can ship sets both variables; what a Makefile or script does cannot be told."""
    remarks: list[Remark] = []
    unknown: list[str] = []
    built = False
    whole, taken = shipping(image), _taken(image)
    for stage in image.sources:
        copied = None if stage.index in whole else taken.get(stage.index, set())
        builds = [(run, build) for run, build in stage.go_builds if not build.remote or _tool_ships(build, copied)]
        for run, build in builds:
            built = True
            remarks += _flags(run, build)
            unknown += _unclear(build)
        for run, command, who in () if builds else _hidden(image, stage):
            built = True
            if _is_static(run, command):
                message = f"{who} is given CGO_ENABLED=0 and GOOS=linux, and may set them otherwise"
                remarks.append(Remark(message, "note", run.span(command), f"See that {who} leaves them as they are."))
            else:
                unknown.append(f"{who} decides on the flags of the Go build")
    if unknown and not any(remark.severity == "error" for remark in remarks):
        return Answer("unknown", unknown[0], tuple(remarks))
    if built:
        return judged(remarks, "every Go build sets CGO_ENABLED=0 and GOOS=linux")
    if image.language != "go":
        return Answer("not-applicable", "no Go is built here")
    if any((base := root(image, stage)).official and base.official.language == "go" for stage in image.sources):
        return Answer("unknown", "no command of this file says how the Go program is built")
    return Answer("not-applicable", "the Go program is built outside of this file")


def _flags(run: RunFact, build: GoBuild) -> Iterator[Remark]:
    span = run.span(build.command)
    command = f"go {build.verb}"
    fix = f"Write `CGO_ENABLED=0 GOOS=linux {command} -a ...`."
    if not build.cgo:
        yield Remark(
            f"`{command}` without CGO_ENABLED=0 may link against the C library of the build image", "error", span, fix
        )
    elif build.cgo != "0" and "$" not in build.cgo:
        advice = (
            f"{fix} If it does need C code, let it run on `gcr.io/distroless/base` or `cc`, and say so by an ignore."
        )
        yield Remark(f"CGO_ENABLED={build.cgo}: cgo makes a binary that needs a C library", "error", span, advice)
    if not build.goos:
        yield Remark(f"`{command}` without GOOS=linux builds for whatever system it runs on", "error", span, fix)
    elif build.goos != "linux" and "$" not in build.goos:
        yield Remark(f"GOOS={build.goos}: the program would not run in a Linux container", "error", span, fix)
    if not build.all:
        message = f"`{command}` without `-a`, which the guideline asks for; modern Go gains nothing by it"
        yield Remark(
            message, "note", span, f"Nothing needs to be done; `{command} -a` follows the guideline to the letter."
        )


def _unclear(build: GoBuild) -> Iterator[str]:
    """Values that hold a variable of which nothing is known here."""
    if build.cgo and "$" in build.cgo:
        yield f"CGO_ENABLED={build.cgo} cannot be told: the variable has no value here"
    if build.goos and "$" in build.goos and build.goos not in _TARGETOS:
        yield f"GOOS={build.goos} cannot be told: the variable has no value here"


def _tool_ships(build: GoBuild, taken: set[str] | None) -> bool:
    """Whether a tool of elsewhere gets into the image: installed in it (None), or taken by name or with its folder."""
    names = {package.partition("@")[0].rstrip("/").rpartition("/")[2] for package in build.packages}
    return taken is None or not taken.isdisjoint(names | {"bin", "*"})


def _taken(image: Shipped) -> dict[int, set[str]]:
    """The names of what is copied from each stage."""
    found: dict[int, set[str]] = {}
    for stage in image.sources:
        for copy in stage.copies:
            if copy.stage is not None:
                ends = (source.text.rstrip("/").rpartition("/")[2] for source in copy.sources)
                found.setdefault(copy.stage, set()).update(ends)
    return found


def _hidden(image: Shipped, stage: StageFacts) -> Iterator[tuple[RunFact, ShellCommand, str]]:
    """The commands of a stage behind which Go is built, and who builds: a Makefile, a script, another tool."""
    base = root(image, stage)
    on_go = (base.official and base.official.language == "go") or "go" in image.languages.of_stage(stage)
    languages = {id(command): language for _, command, language in stage.builds}
    for run, command in stage.commands:
        language = languages.get(id(command), "")
        if language == "go" and command.name != "go":
            yield run, command, command.name
        elif on_go and language == "make":
            yield run, command, "the Makefile" if command.name in ("make", "gmake") else command.name
        elif on_go and command.words and _is_script(command.name, command.arguments, command.words[0].text):
            yield run, command, f"the script `{' '.join(word.text for word in command.words[:2])}`"


def _is_script(name: str, arguments: tuple[str, ...], program: str) -> bool:
    if name in _SHELLS:
        return "-s" not in arguments[:1] and any(not argument.startswith("-") for argument in arguments[:2])
    return name.endswith(".sh") or program.startswith(("./", "hack/", "scripts/", "build/"))


def _is_static(run: RunFact, command: ShellCommand) -> bool:
    """Whether both variables are in the environment that a command gets."""
    values = []
    for name in ("CGO_ENABLED", "GOOS"):
        said, outside = command.environment.get(name), run.environment.get(name)
        values.append(said.text if said else outside.text if outside else "")
    return values[0] == "0" and (values[1] == "linux" or "TARGETOS" in values[1])


guideline = Guideline(
    name="go-static-flags",
    summary="Build static Go binaries: CGO_ENABLED=0 GOOS=linux go build -a.",
    why=(
        "With cgo, Go links net, os/user and others against the C library of the build image, and the program then "
        "needs just that library where it runs. Without it, the binary stands alone: `gcr.io/distroless/static` "
        "serves, which has no C library, no OpenSSL and so none of their vulnerabilities."
    ),
    advice=(
        "Set both variables at each `go build` and `go install` whose result ships: `CGO_ENABLED=0 GOOS=linux go "
        "build -a -o /manager .`; `GOOS=${TARGETOS:-linux}` and an `ENV` do as well. Behind a Makefile, set them by "
        "`ENV` before `make`. The guideline asks for `-a`, too; since Go 1.10 that changes nothing, so a missing one "
        "is only noted."
    ),
    bad="""\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN go build -o /manager .

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
