from __future__ import annotations

from barehull.inventory.locked import locked_inventory
from barehull.lock import Lock, LockedDeb, LockedWheel


def test_a_lock_has_the_components_that_its_image_will_have() -> None:
    deb = LockedDeb("libssl3t64", "3.5.1-1+b1", "amd64", "openssl", "3.5.1-1", "debian", "trixie", "p", "s", 1)
    lock = Lock("0", "linux/amd64", "python3", 13, (), (deb,), (LockedWheel("flask", "3.1.2", "", ""),), "")
    flask, ssl = sorted(locked_inventory(lock).components, key=lambda each: each.name)
    assert flask.purl == "pkg:pypi/flask@3.1.2"
    assert (flask.ecosystem, flask.source, flask.source_version) == ("PyPI", "flask", "3.1.2")
    assert ssl.purl == "pkg:deb/debian/libssl3t64@3.5.1-1%2Bb1?arch=amd64&distro=debian-13"
    assert (ssl.ecosystem, ssl.source, ssl.source_version) == ("Debian:13", "openssl", "3.5.1-1")
