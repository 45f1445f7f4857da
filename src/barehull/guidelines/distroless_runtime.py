"""What ships stands on the distroless image of its language."""

from __future__ import annotations

from barehull.catalog.catalog import parse_name
from barehull.catalog.model import Distroless
from barehull.guidelines.images import WORDS, Known, recommended, root, roots, unknown_base
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

_SERVERS = ("nginx", "httpd", "caddy", "haproxy", "traefik")
_BY_SIZE = ("static", "base-nossl", "base", "cc")
_ANY = (
    "`gcr.io/distroless/static-debian13:nonroot` for a static binary, `cc-debian13` for one that needs a C library, "
    "`python3-debian13`, `nodejs24-debian13` or `java21-debian13`"
)


def check(image: Shipped) -> Answer:
    """The base that the shipped stage comes down to, by the language that ships."""
    base = root(image, image.stage)
    if base.scratch:
        return _scratch(image, base)
    if base.name is None:
        return unknown_base(base)
    if base.distroless:
        return _distroless(image, base, base.distroless)
    if base.minimal and (image.language in base.minimal or not image.language):
        message = f"`{base.shown}` is minimal, but not the guideline's own image"
        advice = _advice(recommended(image, image.language), image.language)
        return judged([Remark(message, "note", base.value.span, advice)], f"`{base.shown}` is a minimal image")
    return _other(image, base)


def _scratch(image: Shipped, base: Known) -> Answer:
    message = (
        "scratch has no certificates, no time zones, no users and no /tmp; the static image has them and little more"
    )
    advice = _advice(recommended(image, image.language or "go"), image.language)
    return judged([Remark(message, "error", base.value.span, advice)], "")


def _distroless(image: Shipped, base: Known, distroless: Distroless) -> Answer:
    remarks = []
    language = WORDS.get(image.language, "")
    target = recommended(image, image.language) if language else ""
    reason = f"`{base.shown}` is the distroless image for {language}" if language else f"`{base.shown}` is distroless"
    if language and image.language not in (*distroless.languages, *distroless.serves):
        message = f"`{base.shown}` does not serve {language}"
        remarks.append(Remark(message, "error", base.value.span, _advice(target, image.language)))
    elif language and _larger(image, distroless, target):
        message = f"`{base.shown}` has more in it than {language} needs"
        reason = f"`{base.shown}` is distroless, and {language} runs there"
        cgo = image.language == "go" and any(
            build.cgo == "1" for stage in image.sources for _, build in stage.go_builds
        )
        static = "A static binary (CGO_ENABLED=0) runs on the smaller one. " if image.language == "go" else ""
        advice = f"{static}{_advice(target, image.language)}"
        remarks.append(Remark(message, "note" if cgo else "warning", base.value.span, advice))
    remarks += _versions(image, base, distroless)
    if distroless.mirror:
        message = f"`{base.shown}` is a copy of the distroless image, kept by someone else"
        advice = "See that the copy is brought up to date, or take it from gcr.io/distroless."
        remarks.append(Remark(message, "note", base.value.span, advice))
    return judged(remarks, reason)


def _larger(image: Shipped, distroless: Distroless, target: str) -> bool:
    """Whether a family has more in it than the one that the guideline asks for."""
    if not target:
        return False
    wanted = image.catalog.distroless(parse_name(target), image.today)
    sizes = {name: size for size, name in enumerate(_BY_SIZE)}
    largest = len(sizes)  # those of other languages
    if wanted is None or wanted.family == distroless.family:
        return False
    return sizes.get(distroless.family, largest) > sizes.get(wanted.family, -1)


def _versions(image: Shipped, base: Known, distroless: Distroless) -> list[Remark]:
    """Compiled Python wheels and Node.js add-ons only work with the version that they were built for."""
    digits = {"python": 2, "node": 1}.get(image.language, 0)
    runs = distroless.version.split(".")[:digits]
    for stage, built_on in roots(image):
        official = built_on.official
        if official is None or official.language != image.language or built_on.unset:
            continue
        builds = official.version.split(".")[:digits]
        if len(builds) == len(runs) == digits and builds != runs and digits:
            message = f"built with {WORDS[image.language]} {'.'.join(builds)}, and run with {'.'.join(runs)}"
            advice = f"Build on `{official.product}:{'.'.join(runs)}`, or compiled modules will not load."
            return [Remark(message, "warning", stage.base.image.span, advice)]
    return []


def _other(image: Shipped, base: Known) -> Answer:
    product = base.official.product if base.official else ""
    message = f"`{base.shown}` is not a distroless image"
    if product in _SERVERS or image.language == "static-web":
        message += ", and there is none with a web server"
        advice = (
            "Let the program serve the files itself on a distroless image, or ignore this point with the reason: "
            "`# barehull: ignore[distroless-runtime] ...`."
        )
    elif not image.language:
        advice = f"Take the one of the language: {_ANY}."
    else:
        target = recommended(image, image.language)
        if not target:
            message += f", and there is none for {WORDS.get(image.language, image.language)}"
        advice = _advice(target, image.language)
    return judged([Remark(message, "error", base.value.span, advice)], "")


def _advice(target: str, language: str) -> str:
    if target:
        return f"Write `FROM {target}`."
    if not language:
        return f"Take the one of the language: {_ANY}."
    return "Ignore this point with the reason: `# barehull: ignore[distroless-runtime] ...`."


guideline = Guideline(
    name="distroless-runtime",
    summary="Ship on the distroless image of the language.",
    why=(
        "A distroless image has what the language needs at run time and nothing else: no shell, no package manager, "
        "none of the hundred packages of a system that the program never calls. What is not there has no "
        "vulnerabilities, and gives nobody tools."
    ),
    advice=(
        "Go: `gcr.io/distroless/static-debian13`. Python 3: `gcr.io/distroless/python3-debian13`. Node.js: "
        "`gcr.io/distroless/nodejs24-debian13`. Take the tag `nonroot`. `scratch` is not enough: it has no "
        "certificates and no time zones. `barehull catalog show` lists what there is."
    ),
    bad="""\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM alpine:3.22
COPY --from=build /manager /manager
USER 65532:65532
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
