from __future__ import annotations

import pytest

SHIP = 'FROM gcr.io/distroless/static:nonroot\nCOPY --from=build /m /m\nENTRYPOINT ["/m"]\n'


def go(run: str, before: str = "", ship: str = SHIP) -> str:
    return f"FROM golang:1.26 AS build\n{before}RUN {run}\n{ship}"


CASES = {
    "all of them": (go("CGO_ENABLED=0 GOOS=linux go build -a -o /m ."), "pass", []),
    "without -a": (
        go("CGO_ENABLED=0 GOOS=linux go build -o /m ."),
        "pass",
        [("note", "CGO_ENABLED=0 GOOS=linux go build -o /m .")],
    ),
    "by ENV": (go("go build -a -o /m .", before="ENV CGO_ENABLED=0 GOOS=linux\n"), "pass", []),
    "by ARG": (go("go build -a -o /m .", before="ARG CGO_ENABLED=0\nARG GOOS=linux\n"), "pass", []),
    "exported before": (go("export CGO_ENABLED=0 GOOS=linux && go build -a -o /m ."), "pass", []),
    "the platform's system": (
        go("CGO_ENABLED=0 GOOS=${TARGETOS:-linux} go build -a -o /m .", before="ARG TARGETOS\n"),
        "pass",
        [],
    ),
    "the platform's system, not declared": (go("CGO_ENABLED=0 GOOS=$TARGETOS go build -a -o /m ."), "pass", []),
    "no flags": (
        go("go build -a -o /m ."),
        "fail",
        [("error", "go build -a -o /m .")] * 2,
    ),
    "no GOOS": (
        go("CGO_ENABLED=0 go build -a -o /m ."),
        "fail",
        [("error", "CGO_ENABLED=0 go build -a -o /m .")],
    ),
    "cgo": (
        go("CGO_ENABLED=1 GOOS=linux go build -a -o /m ."),
        "fail",
        [("error", "CGO_ENABLED=1 GOOS=linux go build -a -o /m .")],
    ),
    "for another system": (
        go("CGO_ENABLED=0 GOOS=windows go build -a -o /m ."),
        "fail",
        [("error", "CGO_ENABLED=0 GOOS=windows go build -a -o /m .")],
    ),
    "the second of two builds": (
        go("CGO_ENABLED=0 GOOS=linux go build -a -o /m . && GOOS=linux go build -a -o /n ."),
        "fail",
        [("error", "GOOS=linux go build -a -o /n .")],
    ),
    "go install": (
        go("GOOS=linux go install -a ./cmd/m"),
        "fail",
        [("error", "GOOS=linux go install -a ./cmd/m")],
    ),
    "a value without value": (
        go("CGO_ENABLED=${CGO} GOOS=linux go build -a -o /m .", before="ARG CGO\n"),
        "unknown",
        [],
    ),
    "a tool for the build is free": (
        go("go install github.com/x/gen@v1 && CGO_ENABLED=0 GOOS=linux go build -a -o /m ."),
        "pass",
        [],
    ),
    "a tool that ships": (
        go("go install -a github.com/x/m@v1", ship="FROM gcr.io/distroless/static\nCOPY --from=build /go/bin/m /m\n"),
        "fail",
        [("error", "go install -a github.com/x/m@v1")] * 2,
    ),
    "a Makefile decides": (go("make manager"), "unknown", []),
    "a script decides": (go("./build.sh"), "unknown", []),
    "a Makefile under ENV": (
        go("make manager", before="ENV CGO_ENABLED=0 GOOS=linux\n"),
        "pass",
        [("note", "make manager")],
    ),
    "a Makefile that is given both": (
        go("CGO_ENABLED=0 GOOS=${TARGETOS:-linux} make manager"),
        "pass",
        [("note", "CGO_ENABLED=0 GOOS=${TARGETOS:-linux} make manager")],
    ),
    "a Makefile on a vendor's image": (
        "FROM registry.access.redhat.com/ubi9/go-toolset:1.25 AS b\nCOPY go.mod .\nRUN make\n"
        "FROM gcr.io/distroless/static:nonroot\nCOPY --from=b /m /m\n",
        "unknown",
        [],
    ),
    "a program of tests": (go("go test -c -o /m ./suite"), "fail", None),
    "a RUN that cannot be read": (
        go("CGO_ENABLED=0 GOOS=linux go build -a -o /m .", before="RUN if then (((\n"),
        "unknown",
        [],
    ),
    "no Go": ("FROM python:3.13-slim\nRUN pip install flask\n", "not-applicable", []),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_go_static_flags(ask, text: str, status: str, marks: list | None) -> None:
    told = ask("go-static-flags", text)
    assert told.status == status
    assert marks is None or told.marks == marks


def test_cgo_is_named(ask) -> None:
    assert "cgo" in ask("go-static-flags", CASES["cgo"][0]).messages


def test_the_advice_is_what_to_write(ask) -> None:
    assert "CGO_ENABLED=0 GOOS=linux go install" in ask("go-static-flags", CASES["go install"][0]).messages
