"""Databases of packages that no cataloguer reads: an image that has one is never taken for one without packages."""

from __future__ import annotations

import re

from barehull.inventory.catalogue import Catalogue
from barehull.inventory.model import Gap
from barehull.oci.rootfs import Rootfs

_MANAGERS = {
    "RPM": (
        r"(?:var/lib|usr/lib/sysimage|usr/share)/rpm/(?:Packages|Packages\.db|rpmdb\.sqlite)"
        r"|var/lib/rpmmanifest/container-manifest-[12]"  # what Azure Linux' distroless images have instead
    ),
    "pacman": r"var/lib/pacman/local/[^/]+/desc",
    "Portage": r"var/db/pkg/[^/]+/[^/]+/(?:CONTENTS|PF)",
    "XBPS": r"var/db/xbps/pkgdb-[^/]+\.plist",
    "opkg": r"(?:usr/lib|var/lib)/opkg/status",
    "Nix": r"nix/var/nix/db/db\.sqlite",
    "Conda": r"(?:.+/)?conda-meta/[^/]+\.json",
    "Homebrew": r"(?:.+/)?Cellar/[^/]+/[^/]+/INSTALL_RECEIPT\.json",
}
_ANY = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _MANAGERS.items()))


def catalogue(rootfs: Rootfs) -> Catalogue:
    """Nothing but gaps: one for each kind of database, at the first of its files."""
    found: dict[str, str] = {}
    for node in rootfs.files():
        match = _ANY.fullmatch(node.path)
        if match and match.lastgroup:
            found.setdefault(match.lastgroup, node.path)
    return Catalogue(
        gaps=tuple(
            Gap(path, f"barehull does not read the packages of {name}, and what they hold is not known")
            for name, path in found.items()
        )
    )
