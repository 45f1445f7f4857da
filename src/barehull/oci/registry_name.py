"""How an image at a registry is named: `REGISTRY/NAME[:TAG][@DIGEST]`, with Docker's ways of leaving things out."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from barehull.core.errors import UsageError
from barehull.files import is_sha256
from barehull.oci.manifest import brief

DOCKER = "docker.io"
_MAX_REPOSITORY = 255  # characters, as registries bound them
_MAX_TEXT = 1000
_FORMS = "Write REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST, e.g. registry.example.com/team/app:v1."
# OCI distribution specification, "Pulling manifests"; the host as in Docker's reference grammar.
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
                   r"|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")  # fmt: skip
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True)
class Name:
    """An image at a registry: `registry` is HOST[:PORT]; `tag` and `digest` ("sha256:...") are "" where not given.

    `plain` is for a registry whose user allowed plain HTTP, and no part of the name.
    """

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""
    plain: bool = False

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.registry}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")

    @property
    def base(self) -> str:
        """The address of the registry; plain HTTP for this machine's own addresses, and where it was allowed."""
        host = "registry-1.docker.io" if self.registry == DOCKER else self.registry
        return f"http://{host}" if self.plain or self.is_here else f"https://{host}"

    @property
    def is_here(self) -> bool:
        """Whether the registry is on this machine."""
        return is_loopback(host_of(self.registry))

    def may_send_to(self, scheme: str, host: str) -> bool:
        """Whether the registry may send us to a host: over HTTPS to any; over HTTP only itself, or on this machine."""
        if scheme == "https":
            return True
        near = is_loopback(host) if self.is_here else host.lower() == host_of(self.registry).lower()
        return scheme == "http" and self.base.startswith("http://") and near

    @property
    def reference(self) -> str:
        """What to ask the registry for: the digest, else the tag, else "latest"."""
        return self.digest or self.tag or "latest"


def parse_name(text: str) -> Name:
    """The name that `text` writes. "python:3.13" is docker.io/library/python:3.13, as for Docker. UsageError otherwise.

    Where both a tag and a digest are given, the digest says which image is meant.
    """
    rest, at, digest = text.partition("@")
    head, slash, tail = rest.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        registry, path = head, tail
    else:
        registry, path = DOCKER, rest
    repository, colon, tag = path.partition(":")
    if registry in (DOCKER, f"index.{DOCKER}", f"registry-1.{DOCKER}"):
        registry, repository = DOCKER, repository if "/" in repository else f"library/{repository}"
    kind, _, name = digest.partition(":")
    wrong = (
        len(text) > _MAX_TEXT
        or not _HOST.fullmatch(registry)
        or not _is_port(registry)
        or len(repository) > _MAX_REPOSITORY
        or not _REPOSITORY.fullmatch(repository)
        or (colon and not _TAG.fullmatch(tag))
        or (at and (kind != "sha256" or not is_sha256(name)))
    )
    if wrong:
        raise UsageError(f"{brief(repr(text))} is not the name of an image at a registry", advice=_FORMS)
    return Name(registry, repository, tag, digest)


def host_of(registry: str) -> str:
    """The host of HOST[:PORT], without the brackets of an IPv6 address."""
    if registry.startswith("["):
        return registry[1:].partition("]")[0]
    return registry.partition(":")[0]


def is_loopback(host: str) -> bool:
    """Whether a host, without its port, is this machine itself, by its literal name."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_port(registry: str) -> bool:
    if registry.startswith("["):
        try:
            ipaddress.IPv6Address(host_of(registry))
        except ValueError:
            return False
    port = registry.rpartition("]")[2].rpartition(":")[2] if ":" in registry.rpartition("]")[2] else "443"
    return 0 < int(port) < 1 << 16
