from __future__ import annotations

import pytest


def copy(*sources: str, flag: str = "--from=build", to: str = "/x/") -> str:
    lines = "".join(f"COPY {flag} {source} {to}\n" for source in sources)
    return f"FROM debian:13 AS build\nRUN make\nFROM gcr.io/distroless/cc-debian13\n{lines}"


def hidden(source: str) -> tuple[str, str, list[tuple[str, str]]]:
    return copy(source), "fail", [("error", source)]


def own(source: str) -> tuple[str, str, list[tuple[str, str]]]:
    return copy(source), "pass", []


CASES = {
    "a shared library": hidden("/usr/lib/x86_64-linux-gnu/libpq.so.5"),
    "a shared library by pattern": hidden("/usr/lib/*/libpq.so*"),
    "named without the first slash": hidden("usr/lib/x86_64-linux-gnu/libpq.so.5"),
    "musl's loader": hidden("/lib/ld-musl-x86_64.so.1"),
    "a system's folder": hidden("/lib/x86_64-linux-gnu"),
    "all libraries": hidden("/usr/lib/"),
    "in /usr/local": hidden("/usr/local/lib/libfoo.so"),
    "an interpreter": hidden("/usr/local/lib/python3.13"),
    "Java out of its package": hidden("/usr/lib/jvm/java-21-openjdk-amd64"),
    "the whole of it": hidden("/"),
    "the whole of /usr": hidden("/usr"),
    "site-packages": own("/usr/local/lib/python3.13/site-packages"),
    "dist-packages": own("/usr/lib/python3/dist-packages/yaml"),
    "node_modules": own("/usr/local/lib/node_modules"),
    "the application's own folder": own("/opt/app/lib/libfoo.so"),
    "the application's folder below /usr/lib": own("/usr/lib/myapp/data"),
    "a program": own("/usr/local/bin/m"),
    "a folder that begins like one": own("/library/libfoo.so"),
    "certificates": (
        copy("/etc/ssl/certs/ca-certificates.crt"),
        "pass",
        [("note", "/etc/ssl/certs/ca-certificates.crt")],
    ),
    "from the build context": (copy("/usr/lib/libfoo.so", flag="--chown=1"), "pass", []),
    "from another image": (
        copy("/usr/lib/libfoo.so", flag="--from=debian:13"),
        "fail",
        [("error", "/usr/lib/libfoo.so")],
    ),
    "with the list of packages": (
        copy("/usr/lib/libfoo.so", "/var/lib/dpkg/status.d/foo"),
        "pass",
        [("warning", "/usr/lib/libfoo.so")],
    ),
    "in the stage that builds": (
        "FROM debian:13 AS a\nRUN make\nFROM golang:1.26 AS build\nCOPY --from=a /usr/lib/libfoo.so /usr/lib/\n"
        "RUN go build -o /m .\nFROM gcr.io/distroless/static\nCOPY --from=build /m /m\n",
        "pass",
        [],
    ),
    "all of a stage on scratch, which has only what is copied there": (
        "FROM golang:1.26 AS build\nRUN make\nFROM scratch AS files\nCOPY --from=build /m /m\n"
        "FROM gcr.io/distroless/static\nCOPY --from=files / /\n",
        "pass",
        [],
    ),
    "a library through a stage on scratch": (
        "FROM debian:13 AS build\nRUN make\nFROM scratch AS files\nCOPY --from=build /usr/lib/libfoo.so /lib/\n"
        "FROM gcr.io/distroless/cc-debian13\nCOPY --from=files / /\n",
        "fail",
        [("error", "/usr/lib/libfoo.so")],
    ),
    "the list of packages deleted": (
        "FROM debian:13\nRUN apt-get update && rm -rf /var/lib/dpkg\n",
        "fail",
        [("error", "rm -rf /var/lib/dpkg")],
    ),
    "the lists of the archive deleted": ("FROM debian:13\nRUN rm -rf /var/lib/apt/lists/*\n", "pass", []),
}


@pytest.mark.parametrize(("text", "status", "marks"), CASES.values(), ids=CASES)
def test_no_hidden_libraries(ask, text: str, status: str, marks: list) -> None:
    told = ask("no-hidden-libraries", text)
    assert (told.status, told.marks) == (status, marks)
