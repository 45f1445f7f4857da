"""docs/lab.md, from what the kinds say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from lab.standin import StandIn, all_standins

_HEAD = """\
<!-- Written by `python -m lab page` (`make docs`) from lab/kinds: change it there. -->
# The lab

`make lab` starts a registry on loopback and fills it with stand-ins for the images that Dockerfiles begin with, under
their real names, so that conventional Dockerfiles are really built and run where no registry can be reached, in CI too.
They are made on this machine from what the package registries carry that are configured here for apt, pip, npm and Go.

    make lab                                               # all of them; NAMES="golang:1.25 node:24" for some
    .venv/bin/python -m lab run buildah build -t app .     # a command, with engines and barehull pointed at the lab
    .venv/bin/python -m lab down                           # stops it; what was made stays, in the cache, for a week
    make table                                             # the example in four images, built, run and compared there

Engines and barehull find the lab by a `registries.conf` (`CONTAINERS_REGISTRIES_CONF`), in which `docker.io` and
`gcr.io` are at the lab, and have a storage of their own there (`CONTAINERS_STORAGE_CONF`), so that no stand-in is ever
taken for its original elsewhere. From Python: `with Lab() as lab: lab.fill(["golang:1.25"])`, and `lab.environment` for
programs.

**A stand-in is not the original.** It serves to build and run, and to compare; not to ship. How each differs:
"""


def page() -> str:
    """The page."""
    parts = [_HEAD]
    for kind, group in groupby(sorted(all_standins(), key=lambda it: it.kind), key=lambda it: it.kind):
        parts.append("\n".join(_section(kind, list(group))))
    return "\n".join(parts)


def _section(kind: str, standins: list[StandIn]) -> Iterator[str]:
    yield f"## {kind.replace('_', '-')}\n"
    for difference in dict.fromkeys(text for it in standins for text in it.differs):
        yield f"- {difference}"
    yield "\n| names | built on |\n|---|---|"
    for it in standins:
        base = it.base.removeprefix("docker.io/library/")
        yield f"| {', '.join(f'`{_short(name)}`' for name in it.names)} | {f'`{base}`' if base else ''} |"
    yield ""


def _short(name: str) -> str:
    return name.removeprefix("docker.io/library/")
