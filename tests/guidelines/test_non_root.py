from __future__ import annotations

import pytest


def user(line: str, base: str = "alpine:3.22") -> str:
    return f"FROM {base}\n{line}\n"


CASES = {
    "a number": (user("USER 65532"), "pass", []),
    "user and group": (user("USER 65532:65532"), "pass", []),
    "a name": (user("USER app"), "pass", [("warning", "app")]),
    "a name and a group": (user("USER app:app"), "pass", [("warning", "app:app")]),
    "zero": (user("USER 0"), "fail", [("error", "0")]),
    "zero with a group": (user("USER 0:65532"), "fail", [("error", "0:65532")]),
    "root": (user("USER root"), "fail", [("error", "root")]),
    "the last one counts": (user("USER 65532\nUSER root"), "fail", [("error", "root")]),
    "none": (user(""), "fail", [("error", "alpine:3.22")]),
    "none on scratch": (user("", "scratch"), "fail", [("error", "scratch")]),
    "none on a vendor's": (user("", "envoyproxy/envoy:v1"), "fail", [("error", "envoyproxy/envoy:v1")]),
    "the nonroot tag": (user("", "gcr.io/distroless/static:nonroot"), "pass", []),
    "the nonroot tag with a digest": (
        user("", f"gcr.io/distroless/static:nonroot@sha256:{'a' * 64}"),
        "pass",
        [],
    ),
    "root said on the nonroot tag": (
        user("USER 0", "gcr.io/distroless/static:nonroot"),
        "fail",
        [("error", "0")],
    ),
    "distroless without the tag": (
        user("", "gcr.io/distroless/static"),
        "fail",
        [("error", "gcr.io/distroless/static")],
    ),
    "inherited from a stage": (
        'FROM alpine:3.22 AS a\nUSER 65532\nFROM a\nCMD ["/m"]\n',
        "pass",
        [],
    ),
    "another stage's user is not inherited": (
        "FROM golang:1.26 AS a\nUSER 65532\nFROM alpine:3.22\nCOPY --from=a /m /m\n",
        "fail",
        [("error", "alpine:3.22")],
    ),
    "a variable without value": (user("ARG UID\nUSER $UID"), "unknown", []),
    "a variable with a value": (user("ARG UID=65532\nUSER $UID:$UID"), "pass", []),
    "a variable that is root": (user("ENV UID=0\nUSER ${UID}"), "fail", [("error", "${UID}")]),
    "a base that cannot be told": ('ARG B\nFROM $B\nCMD ["/m"]\n', "unknown", []),
    "a tag that cannot be told": ('ARG T\nFROM gcr.io/distroless/static:$T\nCMD ["/m"]\n', "unknown", []),
    "a root base whose tag cannot be told": (
        'ARG T\nFROM node:$T\nCMD ["/m"]\n',
        "fail",
        [("error", "node:$T")],
    ),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_non_root(ask, text: str, status: str, marks: list) -> None:
    told = ask("non-root", text)
    assert (told.status, told.marks) == (status, marks)


def test_the_advice_keeps_the_base(ask) -> None:
    told = ask("non-root", user("", "gcr.io/distroless/base-debian13"))
    assert "FROM gcr.io/distroless/base-debian13:nonroot" in told.messages


def test_a_name_is_warned_about_with_kubernetes_reason(ask) -> None:
    assert "runAsNonRoot" in ask("non-root", user("USER app")).messages
