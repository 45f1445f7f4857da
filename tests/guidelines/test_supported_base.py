from __future__ import annotations

import pytest

GO = "FROM golang:1.26 AS build\nRUN go build -o /m .\n"
TAKE = "COPY --from=build /m /m\n"


def on(base: str, build: str = GO) -> str:
    return f"{build}FROM {base}\n{TAKE}"


CASES = {
    "static without a release": (on("gcr.io/distroless/static:nonroot"), "pass", []),
    "static on debian13": (on("gcr.io/distroless/static-debian13"), "pass", []),
    "static on debian10": (
        on("gcr.io/distroless/static-debian10"),
        "fail",
        [("error", "gcr.io/distroless/static-debian10")],
    ),
    "a variant that was removed": (
        on("gcr.io/distroless/python3-debian12"),
        "fail",
        [("error", "gcr.io/distroless/python3-debian12")],
    ),
    "the debug variant": (
        on("gcr.io/distroless/static-debian13:debug-nonroot"),
        "fail",
        [("error", "gcr.io/distroless/static-debian13:debug-nonroot")],
    ),
    "an old alpine": (on("alpine:3.15"), "fail", [("error", "alpine:3.15")]),
    "a supported debian": (on("debian:13-slim"), "pass", []),
    "an old node": (on("node:16.20.2-alpine"), "fail", [("error", "node:16.20.2-alpine")]),
    "an old system below a supported language": (
        on("python:3.13-slim-buster"),
        "fail",
        [("error", "python:3.13-slim-buster")],
    ),
    "no version": (on("alpine"), "pass", [("note", "alpine")]),
    "an old Go that only builds": (
        on("gcr.io/distroless/static-debian13", GO.replace("1.26", "1.17")),
        "pass",
        [("warning", "golang:1.17")],
    ),
    "nothing is known": (on("example.org/base:1"), "not-applicable", []),
    "scratch": (on("scratch"), "not-applicable", []),
    "a variable without value": ("ARG BASE\n" + on("$BASE"), "unknown", []),
    "a tag without value": ("ARG TAG\n" + on("alpine:$TAG"), "unknown", []),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_supported_base(ask, text: str, status: str, marks: list) -> None:
    told = ask("supported-base", text)
    assert (told.status, told.marks) == (status, marks)


def test_the_advice_for_a_debug_variant_is_the_same_image_without(ask) -> None:
    told = ask("supported-base", CASES["the debug variant"][0])
    assert "FROM gcr.io/distroless/static-debian13:nonroot" in told.messages


def test_the_end_is_said(ask) -> None:
    assert "since 20" in ask("supported-base", CASES["an old alpine"][0]).reason
