"""What a lock's packages and wheels will be in an image: an inventory before there is an image.

It has the components that a catalogue of the image will find, but for libraries that wheels bundle: only their files
tell of those.
"""

from __future__ import annotations

from packageurl import PackageURL

from barehull.inventory.cataloguers.python import ECOSYSTEM
from barehull.inventory.model import Component, Files, Inventory
from barehull.lock import Lock, LockedDeb, LockedWheel

NOTHING = Files(0, 0, 0, 0, ())


def locked_inventory(lock: Lock) -> Inventory:
    """The components of the lock. There is no image, and so no file that could be looked at."""
    components = [_of_deb(deb, lock.debian) for deb in lock.debs] + [_of_wheel(wheel) for wheel in lock.wheels]
    return Inventory(
        image="",
        platform=lock.platform,
        distribution=f"Debian:{lock.debian}",
        compressed_size=0,
        components=tuple(sorted(components)),
        files=NOTHING,
        gaps=(),
    )


def _of_deb(deb: LockedDeb, debian: int) -> Component:
    qualifiers = {"arch": deb.architecture, "distro": f"debian-{debian}"}
    purl = PackageURL("deb", "debian", deb.name, deb.version, qualifiers).to_string()
    return Component(purl, deb.name, deb.version, f"Debian:{debian}", deb.source, deb.source_version)


def _of_wheel(wheel: LockedWheel) -> Component:
    purl = PackageURL("pypi", None, wheel.name, wheel.version).to_string()
    return Component(purl, wheel.name, wheel.version, ECOSYSTEM, wheel.name, wheel.version)
