"""python: Debian's Python and pip, under the names that the original has them in /usr/local/bin."""

from __future__ import annotations

from lab.making import build
from lab.standin import StandIn

_VERSIONS = {"3.11": "bookworm", "3.13": "trixie"}
_DIFFERS = (
    "Python is Debian's, in `/usr`, not built from source in `/usr/local`; `/usr/local/bin` has links to it. What pip "
    "installs goes to `/usr/local/lib/python3.N/dist-packages`, not to `site-packages`. Its security fixes are "
    "Debian's, so that scanners see them.",
    "3.11 is on bookworm where a tag names no release: that Debian has it. The original is on trixie.",
    "`PYTHON_VERSION` has no third number; `PYTHON_SHA256` and `GPG_KEY` are not set.",
)


def _standin(version: str, slim: bool) -> StandIn:
    codename = _VERSIONS[version]
    base = f"docker.io/library/debian:{codename}-slim" if slim else f"docker.io/library/buildpack-deps:{codename}"
    packages = f"ca-certificates netbase python3 python3-pip python3-venv tzdata{'' if slim else ' python3-dev'}"
    dockerfile = f"""\
FROM {base}
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin PYTHON_VERSION={version}
RUN apt-get update && apt-get install -y --no-install-recommends {packages} && rm -rf /var/lib/apt/lists/* \\
 && rm /usr/lib/python{version}/EXTERNALLY-MANAGED \\
 && cd /usr/local/bin && ln -s /usr/bin/python{version} && ln -s python{version} python3 && ln -s python3 python \\
 && ln -s /usr/bin/pip3 pip3 && ln -s pip3 pip
CMD ["python3"]
"""
    suffixes = ["-slim", f"-slim-{codename}"] if slim else ["", f"-{codename}"]
    names = [f"docker.io/library/python:{version}{suffix}" for suffix in suffixes]
    return StandIn("python", tuple(names), _DIFFERS, lambda site: build(dockerfile, site), base)


STANDINS = tuple(_standin(version, slim) for version in _VERSIONS for slim in (False, True))
