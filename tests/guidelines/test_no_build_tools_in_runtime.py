from __future__ import annotations

import pytest

DEBIAN = "FROM debian:13-slim\n"
APK = "apk add --no-cache gcc musl-dev"

CASES = {
    "a compiler": (
        f"{DEBIAN}RUN apt-get update && apt-get install -y gcc\n",
        "fail",
        [("error", "apt-get install -y gcc")],
    ),
    "development files": (
        f"{DEBIAN}RUN apt-get install -y libpq-dev libpq5\n",
        "fail",
        [("error", "apt-get install -y libpq-dev libpq5")],
    ),
    "on alpine": (f"FROM alpine:3.22\nRUN {APK}\n", "fail", [("error", APK)]),
    "by yum": (
        "FROM almalinux:9\nRUN yum install -y openssl-devel\n",
        "fail",
        [("error", "yum install -y openssl-devel")],
    ),
    "only on some machines": (
        f'{DEBIAN}RUN if [ "$A" = b ]; then apt-get install -y gfortran; fi\n',
        "fail",
        [("error", "apt-get install -y gfortran")],
    ),
    "removed again in the same RUN": (
        f"FROM python:3.13-alpine\nRUN {APK.replace('gcc', '--virtual .b gcc')} && ./build && apk del .b\n",
        "pass",
        [],
    ),
    "purged again in the same RUN": (
        f"{DEBIAN}RUN apt-get install -y gcc && ./build && apt-get purge -y gcc\n",
        "pass",
        [],
    ),
    "removed in a later layer, which hides and does not remove": (
        f"{DEBIAN}RUN apt-get install -y gcc\nRUN apt-get purge -y gcc\n",
        "fail",
        [("error", "apt-get install -y gcc")],
    ),
    "a download tool": (
        f"{DEBIAN}RUN apt-get install -y ca-certificates wget\n",
        "pass",
        [("warning", "apt-get install -y ca-certificates wget")],
    ),
    "a library": (f"{DEBIAN}RUN apt-get install -y libcap2 tzdata\n", "pass", []),
    "a runtime of Java": (f"{DEBIAN}RUN apt-get install -y openjdk-21-jre-headless\n", "pass", []),
    "an SDK of Java": (
        f"{DEBIAN}RUN apt-get install -y openjdk-21-jdk\n",
        "fail",
        [("error", "apt-get install -y openjdk-21-jdk")],
    ),
    "pip": (
        "FROM python:3.13-slim\nRUN pip install -r requirements.txt\n",
        "fail",
        [("error", "pip install -r requirements.txt")],
    ),
    "npm": ("FROM node:24-slim\nRUN npm ci\n", "fail", [("error", "npm ci")]),
    "Node.js in a Python image": (
        'FROM python:3.13-slim\nRUN apt-get install -y nodejs\nCMD ["python3", "m.py"]\n',
        "fail",
        [("error", "apt-get install -y nodejs")],
    ),
    "in the stage that builds": (
        f"{DEBIAN[:-1]} AS build\nRUN apt-get install -y gcc && pip install x\nFROM scratch\nCOPY --from=build /m /m\n",
        "pass",
        [],
    ),
    "in a parent of what ships": (
        f"{DEBIAN[:-1]} AS base\nRUN apt-get install -y gcc\nFROM base\nUSER 1\n",
        "fail",
        [("error", "apt-get install -y gcc")],
    ),
    "an SDK as the base": ("FROM golang:1.26\nCOPY m /m\n", "fail", [("error", "golang:1.26")]),
    "a shell copied in": (
        "FROM golang:1.26 AS build\nRUN cp /bin/dash /dash\nFROM gcr.io/distroless/static\n"
        "COPY --from=build /dash /bin/dash\n",
        "pass",
        [("warning", "/dash")],
    ),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_no_build_tools_in_runtime(ask, text: str, status: str, marks: list) -> None:
    told = ask("no-build-tools-in-runtime", text)
    assert (told.status, told.marks) == (status, marks)


def test_the_packages_are_named(ask) -> None:
    told = ask("no-build-tools-in-runtime", CASES["development files"][0])
    assert "`libpq-dev`" in told.messages
    assert "`libpq5`" not in told.messages


def test_the_advice_for_pip_is_what_to_write(ask) -> None:
    assert "pip install --target=" in ask("no-build-tools-in-runtime", CASES["pip"][0]).messages
