"""Which distribution an image is of, by its os-release (os-release(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass

from barehull.core.errors import InputError
from barehull.oci.rootfs import Rootfs

_LINE = re.compile(r"""^([A-Z_]+)=(["']?)(.*)\2\s*$""", re.MULTILINE)
_PATHS = ("etc/os-release", "usr/lib/os-release")
_LIMIT = 64 << 10


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
        ecosystem = f"Debian:{release}" if kind == "debian" and release.isdigit() else ""
        return Distribution(values.get("PRETTY_NAME", kind), ecosystem, kind, f"{kind}-{release}".strip("-"))
    return Distribution("there is no os-release", "", "", "")
