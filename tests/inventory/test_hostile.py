"""Names that are no text, found by mutating the records of a real image: gaps, never a defect."""

from __future__ import annotations

from pathlib import Path

import pytest

from barehull.files import Store
from barehull.inventory.model import Inventory
from barehull.inventory.take import take_inventory
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry
from barehull.oci.rootfs import Rootfs

STANZA = "Package: a{0}\nVersion: 1{1}\nSource: s{2}\nArchitecture: amd64{3}\n"
PACKAGES = "usr/lib/python3/dist-packages"
NO_TEXT = "\udcff\udcfe"  # bytes that are not UTF-8, as Python has them in names


def taken(path: str, content: bytes, tmp_path: Path) -> Inventory:
    store = Store(tmp_path)
    layer = write_layer(with_parents([Entry(path, "file", content=content)]), store, created_by="a test")
    image = make_image(Config(), [layer], store)
    with Rootfs.of(image) as rootfs:
        return take_inventory(image, rootfs)


@pytest.mark.parametrize("field", range(4))
@pytest.mark.parametrize("bad", [b"\xff", b"\x1b[2J", "ä".encode(), b"\n more"])
def test_a_package_that_is_named_by_no_text_is_a_gap(field: int, bad: bytes, tmp_path: Path) -> None:
    text = STANZA.format(*("@" if each == field else "" for each in range(4))).encode()
    inventory = taken("var/lib/dpkg/status.d/a", text.replace(b"@", bad), tmp_path)
    assert inventory.components == ()
    assert "names no package with a version" in inventory.gaps[0].reason


def test_a_package_that_is_named_well_is_one(tmp_path: Path) -> None:
    inventory = taken("var/lib/dpkg/status.d/a", STANZA.format("", "", " (2:1~rc1+b1)", "").encode(), tmp_path)
    assert [it.source_version for it in inventory.components] == ["2:1~rc1+b1"]


def test_a_component_of_a_wheel_that_is_named_by_no_text_is_a_gap(tmp_path: Path) -> None:
    content = b'{"components": [{"name": "\\ud800", "version": "1", "purl": "pkg:pypi/\\ud800@1"}]}'
    inventory = taken(f"{PACKAGES}/x-1.dist-info/sboms/a.cdx.json", content, tmp_path)
    assert inventory.components == ()
    assert "cannot be read" in inventory.gaps[0].reason


@pytest.mark.parametrize("path", [f"{NO_TEXT}.libs/libz-0123abcd.so.1", f"{NO_TEXT}-1.dist-info/sboms/a.cdx.json"])
def test_a_wheel_that_is_named_by_no_text_is_named_so_that_it_can_be_shown(path: str, tmp_path: Path) -> None:
    inventory = taken(f"{PACKAGES}/{path}", b'{"components": [{"name": "z", "version": "1"}]}', tmp_path)
    for component in inventory.components:
        assert f"{component}".encode()
    assert [it.name for it in inventory.components] in (["libz"], ["z"])
