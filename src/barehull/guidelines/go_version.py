"""Go is 1.13 or newer, and still has support."""

from __future__ import annotations

from barehull.dockerfile.facts import StageFacts
from barehull.guidelines.images import Known, root
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

FLOOR = (1, 13)
_VARIABLES = ("GOLANG_VERSION", "GO_VERSION")


def check(image: Shipped) -> Answer:
    """The Go of every stage that builds Go or stands on Go's image, each base once."""
    remarks: dict[str, Remark] = {}
    unknown: list[str] = []
    versions: list[str] = []
    for stage in image.sources:
        base = root(image, stage)
        on_go = base.official is not None and base.official.language == "go"
        if not on_go and "go" not in image.languages.of_stage(stage):
            continue
        version = (
            _version(stage, base) if not on_go or base.tag_hidden else (base.official.version if base.official else "")
        )
        if not version:
            if on_go and not base.tag_hidden and base.name and not base.name.digest:
                remarks.setdefault(base.shown, _newest(image, stage, base))
            else:
                unknown.append(_why_unknown(base, on_go))
        else:
            versions.append(version)
            remark = _judge(image, stage, version)
            if remark:
                remarks.setdefault(base.shown, remark)
    found = tuple(remarks.values())
    if unknown and not any(remark.severity == "error" for remark in found):
        return Answer("unknown", unknown[0], found)
    if not versions and not found:
        return _no_go(image)
    told = f"Go {' and '.join(dict.fromkeys(versions))}" if versions else "the newest Go at the time of the build"
    return judged(found, told)


def _version(stage: StageFacts, base: Known) -> str:
    """The version that a variable of the stage tells, where the base does not."""
    for name in _VARIABLES:
        value = stage.environment.get(name)
        text = value.text.removeprefix("go") if value and not value.unset else ""
        if text[:1].isdigit():
            return text
    return ""


def _judge(image: Shipped, stage: StageFacts, version: str) -> Remark | None:
    span = stage.root.image.span
    newest = next(iter(image.catalog.current("go", image.today)), "1.26")
    advice = f"Build with Go {newest}: `FROM golang:{newest}`."
    if _numbers(version) < FLOOR:
        message = f"Go {version} is older than 1.13, which fixed holes in net/http, crypto/dsa and net/textproto"
        return Remark(message, "error", span, advice)
    ended = image.catalog.end_of_life("go", version)
    if ended and ended <= image.today:
        return Remark(f"Go {version} has had no security releases since {ended}", "warning", span, advice)
    return None


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of "1.21.3" or "1.26rc1", two of them."""
    numbers = []
    for part in version.split(".")[:2]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits[:9]))
    return tuple(numbers)


def _newest(image: Shipped, stage: StageFacts, base: Known) -> Remark:
    newest = next(iter(image.catalog.current("go", image.today)), "1.26")
    return Remark(
        f"`{base.shown}` is the newest Go at the time of the build",
        "note",
        stage.root.image.span,
        f"Name the version, so that builds can be repeated: `golang:{newest}`.",
    )


def _why_unknown(base: Known, on_go: bool) -> str:
    if base.unset or (base.name is None and not base.scratch):
        return base.why_unknown
    if on_go:
        return f"`{base.shown}` names no version of Go"
    return f"`{base.shown}` does not tell its version of Go"


def _no_go(image: Shipped) -> Answer:
    if image.language == "go":
        return Answer("not-applicable", "the Go program is built outside of this file")
    return Answer("not-applicable", "no Go is built here")


guideline = Guideline(
    name="go-version",
    summary="Build with Go 1.13 or newer, and with one that still has support.",
    why=(
        "Go 1.13 fixed security holes in net/http, crypto/dsa and net/textproto. A Go program carries its standard "
        "library within: one built with an old Go has its holes until it is built anew. Go gives security releases to "
        "its two newest minor versions only, so an older one is warned about."
    ),
    advice=(
        "Name a supported version in the build stage, e.g. `FROM golang:1.26 AS build`, and keep it up to date "
        "(Dependabot and Renovate do that)."
    ),
    bad="""\
FROM golang:1.12 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

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
