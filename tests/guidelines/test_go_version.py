from __future__ import annotations

import pytest

BUILD = " AS build\nRUN CGO_ENABLED=0 go build -o /m .\n"
SHIP = "FROM gcr.io/distroless/static:nonroot\nCOPY --from=build /m /m\n"


def built_on(base: str, before: str = "", after: str = "") -> str:
    return f"{before}FROM {base} AS build\n{after}RUN CGO_ENABLED=0 go build -o /m .\n{SHIP}"


CASES = {
    "the newest": (built_on("golang:1.26"), "pass", []),
    "a patch release on alpine": (built_on("golang:1.26.1-alpine3.22"), "pass", []),
    "just the floor, without support": (built_on("golang:1.13"), "pass", [("warning", "golang:1.13")]),
    "below the floor": (built_on("golang:1.12.17-buster"), "fail", [("error", "golang:1.12.17-buster")]),
    "below the floor, though 1.9 reads as more than 1.13": (built_on("golang:1.9"), "fail", [("error", "golang:1.9")]),
    "without support": (built_on("golang:1.17"), "pass", [("warning", "golang:1.17")]),
    "a version by ARG": (
        built_on("golang:${GOLANG_VERSION}", before="ARG GOLANG_VERSION=1.12\n"),
        "fail",
        [("error", "golang:${GOLANG_VERSION}")],
    ),
    "no version, with a variant": (built_on("golang:alpine"), "pass", [("note", "golang:alpine")]),
    "no tag": (built_on("golang"), "pass", [("note", "golang")]),
    "a digest alone tells no version": (built_on(f"golang@sha256:{'a' * 64}"), "unknown", []),
    "a version without value": (built_on("golang:${GO}", before="ARG GO\n"), "unknown", []),
    "a system's Go": (built_on("debian:13"), "unknown", []),
    "a variable tells": (built_on("debian:13", after="ENV GO_VERSION=1.12.1\n"), "fail", [("error", "debian:13")]),
    "two stages on one base are told once": (
        f"FROM golang:1.17 AS a\nRUN go build -o /a .\nFROM golang:1.17 AS build\nCOPY --from=a /a /a\n"
        f"RUN go build -o /m .\n{SHIP}",
        "pass",
        [("warning", "golang:1.17")],
    ),
    "no Go": ("FROM python:3.13-slim\nRUN pip install flask\n", "not-applicable", []),
    "built elsewhere": ('FROM gcr.io/distroless/static\nCOPY m /m\nENTRYPOINT ["/m"]\n', "not-applicable", []),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_go_version(ask, text: str, status: str, marks: list) -> None:
    told = ask("go-version", text)
    assert (told.status, told.marks) == (status, marks)


def test_the_advice_names_a_version(ask) -> None:
    assert "FROM golang:1.2" in ask("go-version", built_on("golang:1.12")).messages
