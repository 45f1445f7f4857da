from __future__ import annotations

import pytest

SHIP = "FROM gcr.io/distroless/static:nonroot\n"
BUILD = "FROM golang:1.26 AS build\nRUN go build -o /m .\n"

CASES = {
    "a stage's result is copied": (f"{BUILD}{SHIP}COPY --from=build /m /m\n", "pass", []),
    "a stage is named by its number": (f"{BUILD}{SHIP}COPY --from=0 /m /m\n", "pass", []),
    "another image's file is copied": (f"{SHIP}COPY --from=ghcr.io/a/tool:v1 /tool /tool\n", "pass", []),
    "a RUN mounts a stage": (f"{BUILD}FROM alpine:3.22\nRUN --mount=from=build,target=/b cp /b/m /m\n", "pass", []),
    "a RUN mounts an image": (
        "FROM alpine:3.22\nRUN --mount=type=bind,from=golang:1.26,target=/b cp /b/m /m\n",
        "pass",
        [],
    ),
    "the parent in this file copies": (
        f"{BUILD}{SHIP[:-1]} AS one\nCOPY --from=build /m /m\nFROM one\nUSER 1\n",
        "pass",
        [],
    ),
    "one stage builds and ships": (BUILD, "fail", [("error", "go build -o /m .")]),
    "a chain of FROMs ships everything": (f'{BUILD}FROM build\nCMD ["/m"]\n', "fail", [("error", "go build -o /m .")]),
    "the build is found behind others": (
        "FROM python:3.13-slim\nRUN apt-get update && \\\n    pip install flask\n",
        "fail",
        [("error", "pip install flask")],
    ),
    "a vendor's image under another name": (
        "FROM envoyproxy/envoy:v1.39.0\nRUN apt-get update\n",
        "fail",
        [("error", "envoyproxy/envoy:v1.39.0")],
    ),
    "no RUN, and yet a whole system": ("FROM alpine:3.22\nCOPY m /m\n", "fail", [("error", "alpine:3.22")]),
    "only copied onto distroless": (f"{SHIP}COPY m /m\n", "not-applicable", []),
    "only copied onto scratch": ("FROM scratch\nCOPY m /m\n", "not-applicable", []),
    "a base that cannot be told": ("ARG BASE\nFROM ${BASE}\nCOPY m /m\n", "unknown", []),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_multi_stage(ask, text: str, status: str, marks: list) -> None:
    told = ask("multi-stage", text)
    assert (told.status, told.marks) == (status, marks)


def test_the_advice_names_the_base_to_take(ask) -> None:
    told = ask("multi-stage", BUILD)
    assert "FROM golang:1.26 AS build" in told.messages
    assert "FROM gcr.io/distroless/static-debian13:nonroot" in told.messages


def test_an_unknown_base_is_said_with_the_variable_to_blame(ask) -> None:
    assert "BASE has no value" in ask("multi-stage", "ARG BASE\nFROM ${BASE}\nCOPY m /m\n").reason
