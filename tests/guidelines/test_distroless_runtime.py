from __future__ import annotations

import pytest

GO = "FROM golang:1.26 AS build\nRUN CGO_ENABLED=0 GOOS=linux go build -a -o /m .\n"
TAKE = 'COPY --from=build /m /m\nENTRYPOINT ["/m"]\n'
PYTHON = "FROM python:3.13 AS build\nRUN pip install --target=/p flask\n"


def go(base: str) -> str:
    return f"{GO}FROM {base}\n{TAKE}"


def python(base: str) -> str:
    return f'{PYTHON}FROM {base}\nCOPY --from=build /p /p\nCMD ["/main.py"]\n'


CASES = {
    "static for Go": (go("gcr.io/distroless/static-debian13:nonroot"), "pass", []),
    "static without a release": (go("gcr.io/distroless/static:nonroot"), "pass", []),
    "through a stage of this file": (
        f"{GO}FROM gcr.io/distroless/static-debian13 AS base\nFROM base\n{TAKE}",
        "pass",
        [],
    ),
    "python3 for Python": (python("gcr.io/distroless/python3-debian13"), "pass", []),
    "nodejs for Node.js": (
        "FROM node:24 AS build\nRUN npm ci\nFROM gcr.io/distroless/nodejs24-debian13\n"
        'COPY --from=build /a /a\nCMD ["/a/s.js"]\n',
        "pass",
        [],
    ),
    "base for a static binary": (
        go("gcr.io/distroless/base-debian13"),
        "pass",
        [("warning", "gcr.io/distroless/base-debian13")],
    ),
    "Python on static": (
        python("gcr.io/distroless/static-debian13").replace('"/main.py"', '"python3", "/main.py"'),
        "fail",
        [("error", "gcr.io/distroless/static-debian13")],
    ),
    "alpine": (go("alpine:3.22"), "fail", [("error", "alpine:3.22")]),
    "slim": (
        'FROM python:3.13-slim\nRUN pip install flask\nCMD ["python", "m.py"]\n',
        "fail",
        [("error", "python:3.13-slim")],
    ),
    "scratch": (go("scratch"), "fail", [("error", "scratch")]),
    "a web server": (
        "FROM node:24 AS build\nRUN npm ci\nFROM nginx:1.29\nCOPY --from=build /d /usr/share/nginx/html\n",
        "fail",
        [("error", "nginx:1.29")],
    ),
    "a variable without value": (go("${BASE}").replace("FROM golang", "ARG BASE\nFROM golang"), "unknown", []),
    "only its tag is unknown": (
        'ARG V\nFROM node:${V}-alpine\nRUN npm ci\nCMD ["node", "s.js"]\n',
        "fail",
        [("error", "node:${V}-alpine")],
    ),
    "a variable with a value": (
        go("${BASE}").replace("FROM golang", "ARG BASE=gcr.io/distroless/static-debian13\nFROM golang"),
        "pass",
        [],
    ),
    "compiled for another Python": (
        python("gcr.io/distroless/python3-debian13").replace("python:3.13", "python:3.11"),
        "pass",
        [("warning", "python:3.11")],
    ),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_distroless_runtime(ask, text: str, status: str, marks: list) -> None:
    told = ask("distroless-runtime", text)
    assert (told.status, told.marks) == (status, marks)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (go("alpine:3.22"), "FROM gcr.io/distroless/static-debian13:nonroot"),
        (go("scratch"), "certificates"),
        (CASES["slim"][0], "FROM gcr.io/distroless/python3-debian13:nonroot"),
        (CASES["a web server"][0], "none with a web server"),
        (CASES["base for a static binary"][0], "gcr.io/distroless/static-debian13:nonroot"),
    ],
)
def test_the_advice_names_the_image(ask, text: str, wanted: str) -> None:
    assert wanted in ask("distroless-runtime", text).messages


def test_with_cgo_the_larger_base_is_only_noted(ask) -> None:
    text = CASES["base for a static binary"][0].replace("CGO_ENABLED=0", "CGO_ENABLED=1")
    assert ask("distroless-runtime", text).marks == [("note", "gcr.io/distroless/base-debian13")]
