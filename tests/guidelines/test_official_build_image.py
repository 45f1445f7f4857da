from __future__ import annotations

import pytest

SHIP = "FROM gcr.io/distroless/static:nonroot\nCOPY --from=build /m /m\n"
GO = "RUN CGO_ENABLED=0 go build -o /m .\n"
WEB = "FROM node:24 AS web\nRUN npm ci && npm run build\n"
BUILT = "CGO_ENABLED=0 go build -o /m ."

CASES = {
    "golang": (f"FROM golang:1.26 AS build\n{GO}{SHIP}", "pass", []),
    "golang on another registry's mirror of Docker Hub": (
        f"FROM mirror.gcr.io/library/golang:1.26 AS build\n{GO}{SHIP}",
        "pass",
        [],
    ),
    "a front end on node beside it": (
        f"{WEB}FROM golang:1.26 AS build\nCOPY --from=web /dist /dist\n{GO}{SHIP}",
        "pass",
        [],
    ),
    "the base of a parent stage counts": (f"FROM golang:1.26 AS base\nFROM base AS build\n{GO}{SHIP}", "pass", []),
    "installing into the image that ships": ("FROM python:3.13-slim\nRUN pip install flask\n", "pass", []),
    "a stage that downloads is free": (
        f"FROM alpine/git AS get\nRUN git clone https://x.org/y /y\nFROM golang:1.26 AS build\n"
        f"COPY --from=get /y /y\n{GO}{SHIP}",
        "pass",
        [],
    ),
    "make builds what its image is for": (f"FROM golang:1.26 AS build\nRUN make all\n{SHIP}", "pass", []),
    "only the tag is unknown": (f"ARG GO\nFROM golang:${{GO}} AS build\n{GO}{SHIP}", "pass", []),
    "a system's Go": (
        f"FROM debian:13 AS build\nRUN apt-get install -y golang\n{GO}{SHIP}",
        "fail",
        [("error", BUILT)],
    ),
    "a vendor's Go": (
        f"FROM registry.access.redhat.com/ubi9/go-toolset:1.24 AS build\n{GO}{SHIP}",
        "fail",
        [("error", BUILT)],
    ),
    "Go on node's image": (f"FROM node:24 AS build\n{GO}{SHIP}", "fail", [("error", BUILT)]),
    "make on a system": (f"FROM debian:13 AS build\nRUN make all\n{SHIP}", "fail", [("error", "make all")]),
    "one of two stages is wrong": (
        f"FROM alpine:3.22 AS web\nRUN npm ci\nFROM golang:1.26 AS build\nCOPY --from=web /d /d\n{GO}{SHIP}",
        "fail",
        [("error", "npm ci")],
    ),
    "another language beside the image's own": (
        f"FROM golang:1.26 AS build\nRUN npm ci\n{GO}{SHIP}",
        "pass",
        [("warning", "npm ci")],
    ),
    "a vendor's image under another name": (
        "FROM minio/minio:RELEASE.2019-08-14T20-37-41Z\nCOPY l /l\n",
        "fail",
        [("error", "minio/minio:RELEASE.2019-08-14T20-37-41Z")],
    ),
    "a base that cannot be told": (f"ARG BASE\nFROM $BASE AS build\n{GO}{SHIP}", "unknown", []),
    "nothing built, on distroless": (
        "FROM gcr.io/distroless/static\nCOPY m /m\n",
        "not-applicable",
        [],
    ),
    "a stage that does not end up in the image is not asked": (
        f"FROM alpine:3.22 AS unused\nRUN npm ci\nFROM golang:1.26 AS build\n{GO}{SHIP}",
        "pass",
        [],
    ),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_official_build_image(ask, text: str, status: str, marks: list) -> None:
    told = ask("official-build-image", text)
    assert (told.status, told.marks) == (status, marks)


def test_the_advice_names_the_official_image(ask) -> None:
    assert "FROM golang:" in ask("official-build-image", CASES["a system's Go"][0]).messages


def test_an_image_that_was_not_told_is_unknown_with_the_variable(ask) -> None:
    assert "BASE" in ask("official-build-image", CASES["a base that cannot be told"][0]).reason
