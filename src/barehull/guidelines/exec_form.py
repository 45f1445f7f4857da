"""Programs are started without a shell, above all where there is none."""

from __future__ import annotations

from barehull.core.span import Span
from barehull.dockerfile.facts import RunFact, StageFacts, StartFact
from barehull.dockerfile.instructions import Healthcheck
from barehull.guidelines.images import SHELLS, Known, copies_shell, root, shipping, unknown_base, without_shell
from barehull.guidelines.model import Answer, Guideline, Remark, Shipped, judged

_INITS = frozenset({"tini", "dumb-init", "catatonit", "docker-init", "env", "exec", "nice", "time"})
_RUNNERS = frozenset({"npm", "npx", "yarn", "pnpm", "make"})  # each starts a shell that starts the program
_SPECIAL = frozenset("$`;&|<>*?(){}[]~#\\\n'\"!")
_INTERPRETERS = {
    "python3": ("python", "python3"),
    "nodejs": ("node", "nodejs"),
    "java": ("java",),
}


def check(image: Shipped) -> Answer:
    """ENTRYPOINT, CMD and HEALTHCHECK in effect, and the RUNs of stages that have no shell."""
    base = root(image, image.stage)
    bare = without_shell(base) and not copies_shell(image)
    remarks = [*_starts(image, bare), *_health(image, bare), *_interpreter(image, base)]
    whole = shipping(image)
    for stage in image.sources:
        if bare or stage.index not in whole:
            remarks += _runs(image, stage)
    fails = any(remark.severity == "error" for remark in remarks)
    if base.name is None and not base.scratch and not fails and remarks:
        return Answer("unknown", unknown_base(base).reason, tuple(remarks))
    if image.stage.entrypoint is None and image.stage.cmd is None and not fails:
        return Answer("not-applicable", "no ENTRYPOINT and no CMD is set: the base's own are in effect", tuple(remarks))
    told = "the program is started in exec form" if not remarks else "nothing needs a shell that is not there"
    return judged(remarks, told)


def _starts(image: Shipped, bare: bool) -> list[Remark]:
    stage = image.stage
    found = []
    if stage.entrypoint is not None:
        found.append(_start("ENTRYPOINT", stage.entrypoint, bare))
    if stage.cmd is not None and (stage.entrypoint is None or stage.entrypoint.exec_form):
        found.append(_start("CMD", stage.cmd, bare, is_arguments=stage.entrypoint is not None))
    return [remark for remark in found if remark]


def _start(keyword: str, start: StartFact, bare: bool, is_arguments: bool = False) -> Remark | None:
    if start.exec_form and is_arguments:
        return None  # the words go to the ENTRYPOINT
    return _remark(keyword, start.words, start.script, start.exec_form, start.span, bare)


def _remark(
    keyword: str, words: tuple[str, ...], script: str, exec_form: bool, span: Span, bare: bool
) -> Remark | None:
    """What is wrong with a command that is started, if anything."""
    if exec_form:
        what = _shell_among(words)
        script = words[words.index("-c") + 1] if "-c" in words[:-1] else ""
    else:
        what = "the shell form, which /bin/sh runs" if script.strip() else ""
    if not what:
        return None
    advice = _advice(keyword, words, script)
    if bare:
        return Remark(f"{keyword} is {what}, and the image has no shell", "error", span, advice)
    message = f"{keyword} is {what}: signals do not reach the program, and it blocks the way to a distroless base"
    return Remark(message, "warning", span, advice)


def _shell_among(words: tuple[str, ...]) -> str:
    """What of a shell an exec form starts; "" where nothing. Init programs before it are looked through."""
    for word in words:
        name = word.rpartition("/")[2]
        if name in _INITS or word.startswith("-") or "=" in word:
            continue
        if name in SHELLS:
            return f"a command of the shell `{name}`"
        if name in _RUNNERS:
            return f"`{name}`, which starts the program through a shell"
        if name.endswith((".sh", ".bash")):
            return f"the script `{name}`, which a shell runs"
        return ""
    return ""


def _advice(keyword: str, words: tuple[str, ...], script: str) -> str:
    plain = script.strip().removeprefix("exec ").strip()
    if any(word in _RUNNERS for word in (*words[:4], *plain.split()[:1])):
        return f'Start what its script starts, without it, e.g. `{keyword} ["node", "server.js"]`.'
    if plain and not set(plain) & _SPECIAL and not _shell_among(tuple(plain.split())):
        array = ", ".join(f'"{word}"' for word in plain.split())
        return f"Write `{keyword} [{array}]`."
    if "$" in plain:
        return (
            f"Write {keyword} as a JSON array of the program and its arguments, and give values that vary by "
            'Kubernetes: `args: ["--level=$(LEVEL)"]` is expanded without a shell.'
        )
    return f"Write {keyword} as a JSON array of the program and its arguments, without a shell or script around it."


def _health(image: Shipped, bare: bool) -> list[Remark]:
    check = image.stage.healthcheck
    if not isinstance(check, Healthcheck) or check.command is None:
        return []
    line = check.command
    found = _remark("HEALTHCHECK CMD", line.words, line.script, line.exec_form, check.span(line.whole), bare)
    return [found] if found else []


def _runs(image: Shipped, stage: StageFacts) -> list[Remark]:
    """RUNs in a stage whose base has nothing to run them."""
    base = root(image, stage)
    if not without_shell(base):
        return []
    if stage.shell and stage.shell[0].rpartition("/")[2] not in SHELLS:
        return []
    return [
        Remark(
            f"RUN needs a shell, and `{base.shown}` has none",
            "error",
            run.run.span(run.run.command.whole),
            "Do it in the stage that builds, and take the result over with `COPY --from=`; `COPY --chmod` and "
            "`--chown` do without a RUN.",
        )
        for run in stage.runs
        if _needs_shell(run)
    ]


def _needs_shell(run: RunFact) -> bool:
    command = run.run.command
    return bool(_shell_among(command.words)) if command.exec_form else True


def _interpreter(image: Shipped, base: Known) -> list[Remark]:
    """The base's own ENTRYPOINT is the interpreter: a CMD alone is what it is given."""
    stage = image.stage
    if not base.distroless or stage.entrypoint is not None or stage.cmd is None or not stage.cmd.exec_form:
        return []
    names = _INTERPRETERS.get(base.distroless.family)
    if not names or not stage.cmd.words:
        return []
    first = stage.cmd.words[0].rpartition("/")[2]
    if first.rstrip("0123456789.") in names or first in names:
        message = (
            f"the ENTRYPOINT of `{base.shown}` is the interpreter already: it would be given `{first}` as a file to run"
        )
        rest = ", ".join(f'"{word}"' for word in stage.cmd.words[1:])
        return [Remark(message, "warning", stage.cmd.span, f"Write `CMD [{rest}]`.")]
    message = f"the ENTRYPOINT of `{base.shown}` is the interpreter: CMD is what it is given"
    return [Remark(message, "note", stage.cmd.span, "That is right where CMD begins with the file to run.")]


guideline = Guideline(
    name="exec-form",
    summary="Start programs in exec form: no shell in between, and none where there is none.",
    why=(
        'The shell form (`CMD manager --port 80`) and `["sh", "-c", ...]` start a shell that starts the program. A '
        "distroless image has no shell, so such a container does not start at all. Elsewhere the shell is process 1: "
        "SIGTERM does not reach the program, which is then killed after the grace period."
    ),
    advice=(
        'Write a JSON array of the program and its arguments: `ENTRYPOINT ["/manager", "--port", "80"]`. What the '
        "shell expanded is expanded by Kubernetes' `$(VAR)` in `args`, or read from the environment by the program. "
        "In stages without a shell, no RUN works: do it in the build stage."
    ),
    bad="""\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /manager /manager
ENTRYPOINT /manager --port 80
""",
    good="""\
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /manager /manager
ENTRYPOINT ["/manager", "--port", "80"]
""",
    check=check,
)
