"""Bases still have support: no end of life is behind them, no removed variant, no debug variant."""

from __future__ import annotations

from datetime import timedelta

from barehull.catalog.model import Distroless, OfficialImage
from barehull.core.severity import Severity
from barehull.guidelines.images import WORDS, Known, root, roots, shipping
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

_SOON = timedelta(days=90)


def check(image: Shipped) -> Answer:
    """Errors for the base that ships, warnings for those that only build."""
    remarks: dict[str, Remark] = {}
    whole = shipping(image)
    for stage, base in roots(image):
        if stage.index not in whole:
            for remark in _remarks(image, base, "warning"):
                remarks.setdefault(remark.message, remark)
    shipped = root(image, image.stage)
    builders = tuple(remark for remark in remarks.values() if remark.severity == "warning")
    if shipped.scratch:
        return Answer("not-applicable", "scratch is empty: it has nothing that could lose support", builders)
    if shipped.name is None or shipped.unset:
        return Answer("unknown", shipped.why_unknown, builders)
    if not shipped.distroless and not shipped.official:
        return Answer("not-applicable", f"nothing is known of the support of `{shipped.shown}`", builders)
    return judged((*_remarks(image, shipped, "error"), *builders), f"`{shipped.shown}` has support")


def _remarks(image: Shipped, base: Known, severity: Severity) -> list[Remark]:
    if base.unset:
        return []
    if base.distroless:
        return _distroless(image, base, base.distroless, severity)
    if base.official:
        return _official(image, base, base.official, severity)
    return []


def _distroless(image: Shipped, base: Known, known: Distroless, severity: Severity) -> list[Remark]:
    span = base.value.span
    remarks: list[Remark] = []
    now = image.catalog.recommended(image.language, "")
    advice = (
        f"Write `FROM {now}:nonroot`." if now else "Take a variant that `barehull catalog show` lists as supported."
    )
    why = f": {known.why}" if known.why else ""
    if known.state == "removed":
        remarks.append(Remark(f"`{base.shown}` is no longer published{why}", severity, span, advice))
    elif known.state == "ended":
        when = f" since {known.ends}" if known.ends else ""
        remarks.append(Remark(f"`{base.shown}` has had no support{when}{why}", severity, span, advice))
    elif known.state == "unknown":
        remarks.append(Remark(f"whether `{base.shown}` has support is not known{why}", "note", span, advice))
    elif known.ends and known.ends - image.today < _SOON:
        remarks.append(Remark(f"the support of `{base.shown}` ends on {known.ends}", "note", span, advice))
    if known.debug:
        message = f"`{base.shown}` is the debug variant: it brings a shell"
        tag = base.name.tag.replace("debug-nonroot", "nonroot").replace("debug", "nonroot") if base.name else "nonroot"
        name = base.shown.partition("@")[0].rpartition(":")[0]
        advice = f"Write `FROM {name}:{tag}`; debug a running pod by `kubectl debug`."
        remarks.append(Remark(message, severity, span, advice))
    return remarks


def _official(image: Shipped, base: Known, known: OfficialImage, severity: Severity) -> list[Remark]:
    remarks: list[Remark] = []
    told = False
    for product, version in dict.fromkeys(((known.product, known.version), (known.system, known.system_version))):
        ended = image.catalog.end_of_life(product, version) if product and version else None
        told = told or ended is not None
        if ended and ended <= image.today:
            name = WORDS.get(product, product.capitalize())
            current = " or ".join(image.catalog.current(product, image.today)[:3])
            advice = f"Take a supported version: {name} {current}." if current else "Take a newer version."
            message = f"`{base.shown}` has {name} {version}, which has had no support since {ended}"
            remarks.append(Remark(message, severity, base.value.span, advice))
    if not told:
        message = f"whether `{base.shown}` has support cannot be told from its name"
        advice = "Name a version in the tag, so that it shows when its support ends."
        remarks.append(Remark(message, "note", base.value.span, advice))
    return remarks


guideline = Guideline(
    name="supported-base",
    summary="Stand on bases that still get security updates, and on no debug variant.",
    why=(
        "A base past its end of life gets no fixes: each vulnerability found from then on stays. Distroless images of "
        "old Debian releases, of dead Node.js versions and of removed variants can still be pulled, and are never "
        "rebuilt. A `:debug` variant brings back the shell that distroless leaves out."
    ),
    advice=(
        "Take a supported release, e.g. debian13, for what ships and for what builds. `barehull catalog show` lists "
        "them with their ends. Debug a running pod by `kubectl debug` instead of shipping a `:debug` image."
    ),
    bad="""\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM gcr.io/distroless/static-debian10:nonroot
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
)
