"""What ships has no compilers, no development files, no package managers' work of the language, no download tools."""

from __future__ import annotations

from collections.abc import Iterator

from barehull.dockerfile.facts import RunFact, StageFacts
from barehull.dockerfile.programs.installs import Install
from barehull.guidelines.images import SHELLS, WORDS, recommended, root
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

_OF_SYSTEMS = frozenset({"apt", "apk", "dnf", "zypper"})
# Tables are read more easily as words.
_BUILDS = frozenset(
    """
    gcc g++ cpp cc clang llvm gfortran build-essential build-base alpine-sdk make cmake automake autoconf
    libtool ninja-build ninja meson pkg-config pkgconf bison flex binutils patch m4 nasm yasm swig golang
    golang-go go cargo rustc rust rustup maven mvn gradle ant sbt default-jdk default-jdk-headless npm yarn
    yarnpkg python3-pip python-pip py3-pip python3-wheel python3-setuptools python3-venv pipx ruby-bundler
    composer dotnet-sdk git git-core git-lfs subversion mercurial dpkg-dev debhelper rpm-build gcc-c++
    kernel-headers linux-headers protobuf-compiler protoc
    """.split()  # noqa: SIM905
)
_BUILD_STARTS = (
    "gcc-",
    "g++-",
    "clang-",
    "llvm-",
    "golang-1",
    "openjdk-",
    "java-",
    "dotnet-sdk-",
    "linux-headers",
    "rust-",
)
_BUILD_ENDS = ("-dev", "-devel", "-headers", "-static")
_TOOLS = frozenset(
    """
    curl wget vim vim-tiny nano emacs less ssh openssh openssh-client openssh-server telnet netcat
    netcat-openbsd netcat-traditional nc nmap socat tcpdump dnsutils bind-tools bind-utils iputils-ping iputils
    net-tools procps htop strace gdb lsof sudo gnupg gnupg2 unzip zip jq bash zsh busybox man-db
    software-properties-common apt-transport-https aria2 rsync
    """.split()  # noqa: SIM905
)
_RUNTIMES = {"nodejs": "node", "node": "node", "python3": "python", "python": "python"}
_REMOVES = dict.fromkeys(("apt-get", "apt"), frozenset({"purge", "remove"})) | {"apk": frozenset({"del"})}
_REMOVES |= dict.fromkeys(("dnf", "yum", "microdnf"), frozenset({"remove", "erase"}))


def check(image: Shipped) -> Answer:
    """What the layers that ship install, but for what the same RUN removes; and whether they stand on an SDK."""
    remarks = [*_sdk(image)]
    for stage in image.layers:
        removals: dict[int, dict[str, int]] = {}
        for run, install in stage.installs:
            start = run.run.instruction.start
            if start not in removals:
                removals[start] = _removals(run)
            remarks += _installed(image, run, install, removals[start])
        remarks += _copied(image, stage)
    return judged(remarks, "nothing that builds is installed in what ships")


def _sdk(image: Shipped) -> Iterator[Remark]:
    base = root(image, image.stage)
    if base.official and base.official.builds and not base.tag_hidden:
        target = recommended(image, image.language) or "a runtime image of the language"
        message = f"`{base.shown}` is an image to build in: its compilers and tools ship"
        advice = f"Build on it (`FROM {base.shown} AS build`), and ship on another: `FROM {target}`."
        yield Remark(message, "error", base.value.span, advice)


def _installed(image: Shipped, run: RunFact, install: Install, gone: dict[str, int]) -> Iterator[Remark]:
    span = run.span(install.command)
    if install.manager not in _OF_SYSTEMS:
        words = WORDS.get(image.language, "the program")
        what = f" {', '.join(install.packages[:3])}" if install.packages else ""
        message = f"{install.manager} installs{what} in the stage that ships: its tools and caches come along"
        yield Remark(message, "error", span, _elsewhere(install.manager, words))
        return
    kept = _kept(install, gone)
    builds = [name for name in kept if _builds(name)]
    runtimes = [name for name in kept if _of_another(name, image.language)]
    tools = [name for name in kept if name in _TOOLS]
    if builds:
        message = f"{_listed(builds)} {'builds' if len(builds) == 1 else 'build'} programs, and would ship"
        advice = (
            f"Install {_listed(builds)} in the stage that builds, and take only the result over: `COPY --from=build`."
        )
        yield Remark(message, "error", span, advice)
    if runtimes:
        message = f"{_listed(runtimes)} in what ships, which is {WORDS.get(image.language, image.language)}"
        advice = "Run it in the stage that builds, and take only the result over: `COPY --from=build`."
        yield Remark(message, "error", span, advice)
    if tools:
        message = f"{_listed(tools)} in what ships: a tool for whoever breaks in"
        advice = "Use it in the stage that builds; debug a running pod by `kubectl debug`."
        yield Remark(message, "warning", span, advice)


def _elsewhere(manager: str, words: str) -> str:
    by = {
        "pip": "`pip install --target=/packages -r requirements.txt` there, then `COPY --from=build /packages "
        "/packages` and `ENV PYTHONPATH=/packages`",
        "npm": "`npm ci && npm prune --omit=dev` there, then `COPY --from=build /app/node_modules /app/node_modules`",
    }
    how = by.get(manager, "then take only the result over: `COPY --from=build`")
    return f"Install what {words} needs in the stage that builds: {how}."


def _builds(name: str) -> bool:
    if name in _BUILDS or name.endswith(_BUILD_ENDS):
        return True
    if name.startswith(("openjdk-", "java-")):
        return ("jdk" in name and "jre" not in name) or name.endswith("-devel")
    return name.startswith(_BUILD_STARTS) and not name.endswith(("-base", "-runtime", "-libs"))


def _of_another(name: str, language: str) -> bool:
    """Whether a package is the runtime of a language that is not the image's."""
    return language in WORDS and _RUNTIMES.get(name, language) != language


def _removals(run: RunFact) -> dict[str, int]:
    """What a RUN removes again, with the place of the last removal: one layer, so it never ships."""
    gone: dict[str, int] = {}
    for command in run.script.commands:
        if not _REMOVES.get(command.name, frozenset()).isdisjoint(command.arguments):
            gone |= dict.fromkeys(command.arguments, command.start)
    return gone


def _kept(install: Install, gone: dict[str, int]) -> tuple[str, ...]:
    """The packages of an installation that the same RUN does not remove after it."""
    start = install.command.start
    words = install.command.arguments
    for word, after in zip(
        words, (*words[1:], ""), strict=True
    ):  # apk add --virtual .build-deps ...; apk del .build-deps
        group = after if word in ("--virtual", "-t") else word.partition("--virtual=")[2]
        if group and gone.get(group, -1) > start:
            return ()
    return tuple(name for name in install.packages if gone.get(name, -1) <= start)


def _copied(image: Shipped, stage: StageFacts) -> Iterator[Remark]:
    """A shell or a download tool that is taken from another stage or image."""
    for copy in stage.copies:
        if copy.origin not in ("stage", "image"):
            continue
        for source in copy.sources:
            name = source.text.rstrip("/").rpartition("/")[2]
            if name in SHELLS or name in ("curl", "wget"):
                message = f"`{source.text}` is copied into what ships: a tool for whoever breaks in"
                advice = "Leave it out; debug a running pod by `kubectl debug`."
                yield Remark(message, "warning", source.span, advice)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


guideline = Guideline(
    name="no-build-tools-in-runtime",
    summary="Install compilers, development files and packages of the language in the build stage only.",
    why=(
        "Compilers, header files, git and package managers are needed once, to build. In what ships they are the "
        "largest part of the vulnerabilities that scanners find, and tools for whoever breaks in. A distroless image "
        "cannot run them at all: no `pip install` and no `npm ci` works there."
    ),
    advice=(
        "Move each installation to the stage that builds, and copy the result. Python: `pip install "
        "--target=/packages`, then `COPY --from=build /packages /packages` and `ENV PYTHONPATH=/packages`. Node.js: "
        "`npm ci`, build, `npm prune --omit=dev`, then copy the folder. Shared libraries that wheels need come as "
        "packages of the runtime."
    ),
    bad="""\
FROM python:3.13 AS build
COPY requirements.txt .
RUN pip install --target=/packages -r requirements.txt

FROM python:3.13-slim
RUN apt-get update && apt-get install -y gcc libpq-dev
COPY --from=build /packages /packages
ENV PYTHONPATH=/packages
COPY main.py /app/
USER 65532:65532
ENTRYPOINT ["python3", "/app/main.py"]
""",
    good="""\
FROM python:3.13 AS build
COPY requirements.txt .
RUN pip install --target=/packages -r requirements.txt

FROM gcr.io/distroless/python3-debian13:nonroot
COPY --from=build /packages /packages
ENV PYTHONPATH=/packages
COPY main.py /app/
ENTRYPOINT ["/usr/bin/python3", "/app/main.py"]
""",
    check=check,
    reads="layers",
)
