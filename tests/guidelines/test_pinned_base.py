from __future__ import annotations

import pytest

DIGEST = f"sha256:{'a' * 64}"
GO = f"FROM golang:1.26@{DIGEST} AS build\nRUN go build -o /m .\n"
TAKE = "COPY --from=build /m /m\n"

CASES = {
    "digests everywhere": (f"{GO}FROM alpine:3.22@{DIGEST}\n{TAKE}", "pass", []),
    "a tag": (f"{GO}FROM alpine:3.22\n{TAKE}", "pass", [("note", "alpine:3.22")]),
    "no tag": (f"{GO}FROM alpine\n{TAKE}", "fail", [("error", "alpine")]),
    "latest": (f"{GO}FROM alpine:latest\n{TAKE}", "fail", [("error", "alpine:latest")]),
    "no tag on a registry with a port": (
        f"{GO}FROM example.org:5000/base\n{TAKE}",
        "fail",
        [("error", "example.org:5000/base")],
    ),
    "latest in a build stage": (
        f"FROM golang AS build\nRUN go build -o /m .\nFROM alpine:3.22@{DIGEST}\n{TAKE}",
        "pass",
        [("warning", "golang")],
    ),
    "distroless has no other tags": (
        f"{GO}FROM gcr.io/distroless/static-debian13\n{TAKE}",
        "pass",
        [("note", "gcr.io/distroless/static-debian13")],
    ),
    "a copied image without a tag": (
        f"FROM alpine:3.22@{DIGEST}\nCOPY --from=ghcr.io/a/tool /t /t\n",
        "fail",
        [("error", "--from=ghcr.io/a/tool")],
    ),
    "a copied image with a tag": (
        f"FROM alpine:3.22@{DIGEST}\nCOPY --from=ghcr.io/a/tool:1 /t /t\n",
        "pass",
        [("note", "--from=ghcr.io/a/tool:1")],
    ),
    "one image twice is told once": (
        f"FROM alpine:3.22 AS build\nRUN make\nFROM alpine:3.22\n{TAKE}",
        "pass",
        [("note", "alpine:3.22")],
    ),
    "stages and scratch do not count": (f"{GO}FROM scratch AS a\n{TAKE}FROM a\nUSER 1\n", "pass", []),
    "nothing to pin": ("FROM scratch\nCOPY m /m\n", "not-applicable", []),
    "a variable without value": ("ARG B\nFROM $B\nUSER 1\n", "unknown", []),
    "a tag without value": ("ARG T\nFROM alpine:$T\nUSER 1\n", "unknown", []),
    "a tag by ARG": ("ARG T=3.22\nFROM alpine:$T\nUSER 1\n", "pass", [("note", "alpine:$T")]),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_pinned_base(ask, text: str, status: str, marks: list) -> None:
    told = ask("pinned-base", text)
    assert (told.status, told.marks) == (status, marks)


def test_the_advice_is_the_name_with_a_digest(ask) -> None:
    assert "`alpine:3.22@sha256:...`" in ask("pinned-base", CASES["a tag"][0]).messages
