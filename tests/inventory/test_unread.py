"""An image whose packages barehull cannot read is never taken for one without packages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from barehull.inventory.model import Inventory

from .conftest import OS_RELEASE, file


@pytest.mark.parametrize(
    ("path", "manager"),
    [
        ("var/lib/rpm/Packages", "RPM"),
        ("var/lib/rpm/rpmdb.sqlite", "RPM"),
        ("usr/lib/sysimage/rpm/Packages.db", "RPM"),
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", "RPM"),
        ("var/lib/rpmmanifest/container-manifest-2", "RPM"),
        ("var/lib/pacman/local/bash-5.2-1/desc", "pacman"),
        ("var/db/pkg/app-shells/bash-5.2/CONTENTS", "Portage"),
        ("var/db/xbps/pkgdb-0.38.plist", "XBPS"),
        ("usr/lib/opkg/status", "opkg"),
        ("nix/var/nix/db/db.sqlite", "Nix"),
        ("opt/conda/conda-meta/python-3.12.4-h5148396_1.json", "Conda"),
        ("home/linuxbrew/.linuxbrew/Cellar/jq/1.7.1/INSTALL_RECEIPT.json", "Homebrew"),
    ],
)
def test_a_database_of_packages_is_a_gap(inventory: Callable[..., Inventory], path: str, manager: str) -> None:
    found = inventory([file("etc/os-release", OS_RELEASE), file(path, b"x"), file(f"{path}.lock")])
    assert [(gap.subject, f" the packages of {manager}, " in gap.reason) for gap in found.gaps] == [(path, True)]


def test_many_of_one_kind_are_one_gap(inventory: Callable[..., Inventory]) -> None:
    found = inventory([file(f"opt/conda/conda-meta/{name}.json") for name in "abc"])
    assert [gap.subject for gap in found.gaps] == ["opt/conda/conda-meta/a.json"]


def test_folders_alone_are_none(inventory: Callable[..., Inventory]) -> None:
    assert inventory([file("var/lib/rpm/.keep"), file("opt/conda-meta.json")]).gaps == ()
