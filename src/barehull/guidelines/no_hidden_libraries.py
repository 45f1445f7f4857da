"""No library is copied out of its package, where scanners no longer see what it is."""

from __future__ import annotations

import posixpath
import re

from barehull.dockerfile.facts import CopyFact, StageFacts
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

_FOLDERS = re.compile(r"/(?:usr/(?:local/)?)?lib(?:64|32|x32)?(?:/|$)")
_MULTIARCH = re.compile(r"[a-z0-9_]+-linux-(?:gnu|musl)[a-z0-9_]*$")
_SHARED = re.compile(r"\.so(?:[.*?]|$)")
_LANGUAGES = re.compile(r"(?:python\d[\d.]*|jvm|perl5?|ruby|R|php\d*|ocaml|ghc)$")
_LIBRARIES_OF_THE_APPLICATION = ("site-packages", "dist-packages", "node_modules")
_WHOLE = ("/", "/usr", "/bin", "/usr/bin", "/sbin", "/usr/sbin", "/*", "/usr/*")
_DATABASES = ("/var/lib/dpkg", "/lib/apk/db", "/usr/lib/apk/db", "/var/lib/rpm", "/usr/lib/sysimage/rpm")
_THERE_ALREADY = ("/etc/ssl", "/usr/share/ca-certificates", "/usr/share/zoneinfo", "/etc/passwd", "/etc/group")


def check(image: Shipped) -> Answer:
    """COPY --from into the layers that ship; and what deletes the list of packages there."""
    copies = _brought(image)
    with_database = any(_keeps_database(copy) for copy in copies)
    remarks = [remark for copy in copies for remark in _copy(copy, with_database)]
    for stage in image.layers:
        remarks += _deleted(stage)
    told = "no library is copied out of its package" if copies else "nothing is copied from another stage or image"
    return judged(remarks, told)


def _brought(image: Shipped) -> list[CopyFact]:
    """The copies from elsewhere whose files ship.

    A stage on scratch only has what is copied into it: its own copies are looked at instead.
    """
    found: dict[int, CopyFact] = {}
    ahead, seen = list(image.stage.lineage), set[int]()
    while ahead:
        index = ahead.pop()
        if index in seen:
            continue
        seen.add(index)
        for copy in image.facts.stages[index].copies:
            taken = None if copy.stage is None else image.facts.stages[copy.stage]
            if taken and taken.root.image.text == "scratch":
                ahead += [it for it in taken.lineage if it not in seen] if taken.index not in seen else []
            elif copy.origin in ("stage", "image"):
                found[copy.copy.instruction.start] = copy
    return [copy for _, copy in sorted(found.items())]


def _keeps_database(copy: CopyFact) -> bool:
    return any(_path(source.text).startswith(_DATABASES) for source in copy.sources)


def _path(text: str) -> str:
    """A source of COPY --from as an absolute path: they are all below the root of what is copied from."""
    return posixpath.normpath("/" + text.lstrip("/"))


def _copy(copy: CopyFact, with_database: bool) -> list[Remark]:
    remarks = []
    for source in copy.sources:
        path = _path(source.text)
        what = _hidden(path)
        if what:
            severity = "warning" if with_database and path not in ("/", "/*") else "error"
            message = f"`{source.text}` is {what}: scanners no longer see which package that is from"
            advice = (
                "Take it as a package of the runtime (`runtime.packages` in barehull.toml), or a distroless base that "
                "has it: `base` has OpenSSL, `cc` libstdc++ and libgomp. A static binary needs neither."
            )
            remarks.append(Remark(message, "error" if severity == "error" else "warning", source.span, advice))
        elif path.startswith(_THERE_ALREADY):
            message = f"`{source.text}` is in every distroless image already"
            remarks.append(Remark(message, "note", source.span, "Leave the COPY out on a distroless base."))
    return remarks


def _hidden(path: str) -> str:
    """What of a system a path is, in words; "" where it is the application's own."""
    if path in _WHOLE:
        return "a whole system folder"
    match = _FOLDERS.match(path)
    if not match:
        return ""
    parts = [part for part in path[match.end() :].split("/") if part]
    if any(part in _LIBRARIES_OF_THE_APPLICATION for part in parts) or path.startswith(_DATABASES):
        return ""
    if not parts or parts[0] == "*":
        return "a whole folder of libraries"
    if _SHARED.search(parts[-1]) or parts[-1].startswith(("ld-linux", "ld-musl")):
        return "a shared library out of its package"
    if _MULTIARCH.match(parts[0]):
        return "a folder of a system's libraries"
    if _LANGUAGES.match(parts[0]):
        return "an interpreter's library out of its package"
    return ""


def _deleted(stage: StageFacts) -> list[Remark]:
    """Rm of what says which packages are there."""
    return [
        Remark(
            "the list of installed packages is deleted: scanners no longer see what is there",
            "error",
            run.span(command),
            "Keep it: an image that hides its packages is not safer.",
        )
        for run, command in stage.commands
        if command.name == "rm"
        and any(_path(it).startswith(_DATABASES) for it in command.arguments if it.startswith("/"))
    ]


guideline = Guideline(
    name="no-hidden-libraries",
    summary="Copy no library out of its package: scanners no longer see it.",
    why=(
        "Scanners know a library by the record of its package. One that is copied from another stage (`COPY "
        "--from=build /usr/lib/x86_64-linux-gnu/libpq.so.5`) comes without: its vulnerabilities are still there, and "
        "no longer counted. It also loses what it depends on, and nobody updates it."
    ),
    advice=(
        "Build static binaries, take a distroless base that has the library (`base`, `cc`), or compose the runtime "
        "with its package: `runtime.packages` in barehull.toml. Libraries below the application's own folder, "
        "site-packages and node_modules are fine; certificates and time zones are in every distroless image."
    ),
    bad="""\
FROM python:3.13 AS build
RUN pip install --target=/packages psycopg2

FROM gcr.io/distroless/python3-debian13:nonroot
COPY --from=build /packages /packages
COPY --from=build /usr/lib/x86_64-linux-gnu/libpq.so.5 /usr/lib/x86_64-linux-gnu/
COPY main.py /app/
ENV PYTHONPATH=/packages
ENTRYPOINT ["/usr/bin/python3", "/app/main.py"]
""",
    good="""\
FROM python:3.13 AS build
RUN pip install --target=/packages "psycopg[binary]"

FROM gcr.io/distroless/python3-debian13:nonroot
COPY --from=build /packages /packages
COPY main.py /app/
ENV PYTHONPATH=/packages
ENTRYPOINT ["/usr/bin/python3", "/app/main.py"]
""",
    check=check,
)
