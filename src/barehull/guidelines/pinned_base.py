"""Every image that is drawn from is named exactly: by tag, better by digest."""

from __future__ import annotations

from collections.abc import Iterator

from barehull.dockerfile.facts import Value
from barehull.guidelines.images import Known, known, roots, shipping
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged


def check(image: Shipped) -> Answer:
    """The images of FROM and of COPY --from; stages of the file and scratch do not count."""
    remarks: list[Remark] = []
    unknown: list[str] = []
    seen: set[str] = set()
    pinned = 0
    for base, shipped in _images(image):
        if base.unset or base.name is None:
            unknown.append(base.why_unknown)
            continue
        if base.value.text in seen:
            continue
        seen.add(base.value.text)
        if base.name.digest:
            pinned += 1
        else:
            remarks.append(_remark(image, base, shipped))
    if unknown and not any(remark.severity == "error" for remark in remarks):
        return Answer("unknown", unknown[0], tuple(remarks))
    if not seen:
        return Answer("not-applicable", "it draws from no image: there is nothing to pin")
    return judged(
        remarks, "every base is pinned by digest" if pinned == len(seen) else "every base that ships names a tag"
    )


def _images(image: Shipped) -> Iterator[tuple[Known, bool]]:
    """The images that are drawn from, with whether they ship; those that ship first, so that they count as such."""
    whole = shipping(image)
    bases = [(base, stage.index in whole) for stage, base in roots(image)]
    copied: list[tuple[Value, bool]] = [
        (copy.image, stage.index in whole)
        for stage in image.sources
        for copy in stage.copies
        if copy.image is not None and copy.image.text != "scratch"
    ]
    found = bases + [(known(image, value), shipped) for value, shipped in copied]
    yield from sorted(found, key=lambda pair: not pair[1])


def _remark(image: Shipped, base: Known, shipped: bool) -> Remark:
    tag = base.name.tag if base.name else ""
    span = base.value.span
    if tag and tag != "latest":
        message = f"the tag of `{base.shown}` may be moved to another image"
        return Remark(
            message, "note", span, f"Add its digest: `{base.shown}@sha256:...` (`crane digest {base.shown}`)."
        )
    message = f"`{base.shown}` is whatever the newest image is on the day of the build"
    if base.distroless or base.minimal:
        advice = f"Its tags name no version, so pin it by digest: `{base.shown}@sha256:...`."
        return Remark(message, "note", span, advice)
    bare = base.shown.removesuffix(":latest")
    advice = f"Name a version, and better its digest, too: `{bare}:<version>@sha256:...`."
    return Remark(message, "error" if shipped else "warning", span, advice)


guideline = Guideline(
    name="pinned-base",
    summary="Name each base by a version, better by its digest.",
    why=(
        "`latest`, or no tag at all, is another image tomorrow: nobody can tell what was tested, a build cannot be "
        "repeated, and a comparison with the image before says nothing. A digest names one image for ever."
    ),
    advice=(
        "Write a version and its digest, e.g. `golang:1.26.1@sha256:...`, and let Dependabot or Renovate move both. A "
        "tag alone passes with a note. Distroless tags (`latest`, `nonroot`) name no version: pin them by digest."
    ),
    bad="""\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM alpine
COPY --from=build /manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
""",
    good="""\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM gcr.io/distroless/static-debian13:nonroot@sha256:5f2a0d3a1c5d3b6f0c6f0e8b0d9f3c1e7a4b2d6c8e0f1a3b5c7d9e1f2a4b6c8d
COPY --from=build /manager /manager
ENTRYPOINT ["/manager"]
""",
    check=check,
)
