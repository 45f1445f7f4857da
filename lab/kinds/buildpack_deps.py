"""buildpack-deps: what the official images of languages are built on where they are not slim."""

from __future__ import annotations

from lab.kinds.debian import RELEASES
from lab.making import build
from lab.standin import StandIn

_SCM = "ca-certificates curl git gnupg openssh-client procps wget"
_ALL = "bzip2 file g++ gcc libc6-dev libffi-dev libpq-dev libssl-dev make patch unzip xz-utils zlib1g-dev"
_DIFFERS = (
    "Of the original's packages only the compilers, the tools and the libraries that most builds ask for: "
    f"`{_SCM}`, and without `-scm` `{_ALL}`. So it has fewer vulnerabilities than the original.",
)


def _standin(codename: str, scm: bool) -> StandIn:
    name = f"docker.io/library/buildpack-deps:{codename}"
    base, packages = (f"docker.io/library/debian:{codename}", _SCM) if scm else (f"{name}-scm", _ALL)
    dockerfile = f"""\
FROM {base}
RUN apt-get update && apt-get install -y --no-install-recommends {packages} && rm -rf /var/lib/apt/lists/*
"""
    names = (f"{name}-scm",) if scm else (name,)
    return StandIn("buildpack_deps", names, _DIFFERS, lambda site: build(dockerfile, site), base)


STANDINS = tuple(_standin(codename, scm) for codename in RELEASES.values() for scm in (True, False))
