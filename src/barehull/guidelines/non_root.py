"""The program does not run as root."""

from __future__ import annotations

from barehull.dockerfile.facts import Value
from barehull.guidelines.images import Known, root
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

_NUMERIC = "Write it as a number, which Kubernetes can check: `USER 65532:65532`."
_SET = "Add `USER 65532:65532` before the ENTRYPOINT."


def check(image: Shipped) -> Answer:
    """USER in effect, else the user of the base."""
    user = image.stage.user
    if user is not None:
        return _said(user)
    base = root(image, image.stage)
    if base.name is None and not base.scratch:
        return Answer("unknown", f"no USER is set, and the base {base.why_unknown}")
    return _of_base(image, base)


def _said(user: Value) -> Answer:
    if user.unset:
        return Answer("unknown", f"USER cannot be told: {' and '.join(user.unset)} has no value here")
    name = user.text.partition(":")[0].strip()
    if name.isdecimal() and name.isascii():
        if name.strip("0"):
            return Answer("pass", f"it runs as {name}")
        return _root(f"USER {user.text} is root", user, "Write `USER 65532:65532`.")
    if name in ("", "root"):
        return _root(
            f"USER {user.text} is root" if name else "USER is empty, which is root", user, "Write `USER 65532:65532`."
        )
    message = f"`{name}` is a name: Kubernetes' runAsNonRoot cannot check it, and refuses to start the container"
    return judged([Remark(message, "warning", user.span, _NUMERIC)], f"it runs as {name}")


def _of_base(image: Shipped, base: Known) -> Answer:
    where = image.layers[0].base.image
    if base.distroless:
        if base.tag_hidden:
            return Answer("unknown", f"no USER is set, and the tag of `{base.shown}` decides, which has no value here")
        if base.distroless.nonroot:
            return Answer("pass", f"`{base.shown}` runs as 65532")
        name = base.shown.partition("@")[0]
        name = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
        message = f"`{base.shown}` runs as root, and no USER is set"
        tag = "debug-nonroot" if base.distroless.debug else "nonroot"
        return _root(message, where, f"Write `FROM {name}:{tag}`, or add `USER 65532:65532`.")
    user = image.catalog.user(base.name) if base.name else ""
    if not user or user.partition(":")[0] in ("0", "root"):
        message = "no USER is set, so it runs as root"
        if user is None:
            message = f"no USER is set, and nothing is known of `{base.shown}` running as another user than root"
        return _root(message, where, _SET)
    if user.partition(":")[0].isdecimal():
        return Answer("pass", f"`{base.shown}` runs as {user}")
    message = f"`{base.shown}` runs as `{user}`, a name, which Kubernetes' runAsNonRoot cannot check"
    return judged([Remark(message, "warning", where.span, _NUMERIC)], f"it runs as {user}")


def _root(message: str, where: Value, advice: str) -> Answer:
    return judged([Remark(message, "error", where.span, advice)], "")


guideline = Guideline(
    name="non-root",
    summary="Run as a user other than root, named by number.",
    why=(
        "Root in a container is root in the kernel: whoever breaks out of the program, and finds a hole in the "
        "runtime or a mounted path, is root on the node. Kubernetes refuses root with `runAsNonRoot`, but can only "
        "check a user that is given as a number."
    ),
    advice=(
        "Take the `nonroot` tag of the distroless image, which is user 65532, or write `USER 65532:65532`. Files that "
        "the program writes to need `COPY --chown=65532:65532`."
    ),
    bad="""\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM gcr.io/distroless/static-debian13
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
USER 65532:65532
ENTRYPOINT ["/manager"]
""",
    check=check,
)
