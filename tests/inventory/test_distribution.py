"""Which distribution an image is of, and what OSV calls it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from barehull.inventory.distribution import ecosystem_of
from barehull.inventory.model import Inventory

from .conftest import CONTROL, file


@pytest.mark.parametrize(
    ("kind", "release", "ecosystem"),
    [
        ("debian", "13", "Debian:13"),
        ("debian", "", ""),
        ("ubuntu", "24.04", "Ubuntu:24.04:LTS"),
        ("ubuntu", "24.10", "Ubuntu:24.10"),
        ("ubuntu", "25.04", "Ubuntu:25.04"),
        ("ubuntu", "24", ""),
        ("alpine", "3.20.3", "Alpine:v3.20"),
        ("alpine", "3.21.0_alpha20240807", "Alpine:edge"),
        ("alpine", "edge", "Alpine:edge"),
        ("alpine", "3", ""),
        ("wolfi", "20230201", "Wolfi"),
        ("chainguard", "20230214", "Chainguard"),
        ("fedora", "41", ""),
        ("", "", ""),
    ],
)
def test_what_osv_calls_a_release(kind: str, release: str, ecosystem: str) -> None:
    assert ecosystem_of(kind, release) == ecosystem


UBUNTU = b'PRETTY_NAME="Ubuntu 18.04.6 LTS"\nID=ubuntu\nVERSION_ID="18.04"\nVERSION="18.04.6 LTS (Bionic Beaver)"\n'


@pytest.mark.parametrize(
    ("version", "ecosystem"),
    [(b"1.1.1-1ubuntu2.1~18.04.23", "Ubuntu:18.04:LTS"), (b"1.1.1-1ubuntu2.1~18.04.23+esm4", "Ubuntu:Pro:18.04:LTS")],
)
def test_updates_that_only_ubuntu_pro_has_are_its(
    inventory: Callable[..., Inventory], version: bytes, ecosystem: str
) -> None:
    control = CONTROL.replace(b"3.5.1-1", version)
    found = inventory([file("etc/os-release", UBUNTU), file("var/lib/dpkg/status.d/libssl3t64", control)])
    (component,) = found.components
    assert component.ecosystem == ecosystem
    assert component.source_version == version.decode()
    assert component.purl.startswith("pkg:deb/ubuntu/libssl3t64@")
    assert found.distribution == "Ubuntu:18.04:LTS"
    assert found.gaps == ()
