"""Which distribution an image is of, by its os-release (os-release(5)), and what OSV calls it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from barehull.core.errors import InputError
from barehull.oci.rootfs import Rootfs

_LINE = re.compile(r"""^([A-Z_]+)=(["']?)(.*)\2\s*$""", re.MULTILINE)
_PATHS = ("etc/os-release", "usr/lib/os-release")
_LIMIT = 64 << 10
_RELEASE = re.compile(r"(\d+)(?:\.(\d+)(?:\.\d+)*)?")
_ROLLING = {"wolfi": "Wolfi", "chainguard": "Chainguard"}


@dataclass(frozen=True, slots=True)
class Distribution:
    """`ecosystem` is OSV's name ("Debian:13"), "" for others; `namespace` and `purl` are for purls ("debian-13")."""

    name: str
    ecosystem: str
    namespace: str
    purl: str


def read_distribution(rootfs: Rootfs) -> Distribution:
    """The image's distribution; without names where it has no os-release that can be read."""
    for path in _PATHS:
        try:
            text = rootfs.read(path, _LIMIT).decode("utf-8", "replace")
        except InputError:
            continue
        values = {match[1]: match[3] for match in _LINE.finditer(text)}
        kind, release = values.get("ID", ""), values.get("VERSION_ID", "")
        name = values.get("PRETTY_NAME", kind)
        return Distribution(name, ecosystem_of(kind, release), kind, f"{kind}-{release}".strip("-"))
    return Distribution("there is no os-release", "", "", "")


def ecosystem_of(kind: str, release: str) -> str:
    """OSV's name for a release of a distribution ("debian", "13"; "alpine", "3.20.3"), "" for one that OSV has not."""
    if kind in _ROLLING:
        return _ROLLING[kind]
    if kind == "alpine" and (release == "edge" or "_alpha" in release):  # 3.21.0_alpha20240807 is on the way to 3.21
        return "Alpine:edge"
    match = _RELEASE.fullmatch(release)
    if match is None:
        return ""
    first, second = match.groups()
    if kind == "debian":
        return f"Debian:{first}"
    if kind == "alpine" and second:
        return f"Alpine:v{first}.{second}"
    if kind == "ubuntu" and second:
        return f"Ubuntu:{first}.{second}" + (":LTS" if second == "04" and int(first) % 2 == 0 else "")
    return ""


def ecosystem_of_package(ecosystem: str, version: str) -> str:
    """Whose advisories speak of one package: those of Ubuntu Pro, where it is an update that only Pro has ("+esm1")."""
    return ecosystem.replace("Ubuntu:", "Ubuntu:Pro:", 1) if "esm" in version else ecosystem
