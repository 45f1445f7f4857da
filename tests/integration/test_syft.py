"""Syft on the same images: it finds nothing that our inventory misses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packageurl import PackageURL

from barehull.oci.reference import open_image
from barehull.oci.rootfs import Rootfs

from .conftest import Bench

SYFT = Path(sys.executable).parent / "syft"


def syft(reference: str, tmp_path: Path) -> dict[tuple[str, str, str], set[str]]:
    """Type, name and version of what Syft finds, with the paths it was found at."""
    archive = tmp_path / "image.tar"
    subprocess.run(["skopeo", "copy", "-q", reference, f"oci-archive:{archive}"], check=True)
    environment = os.environ | {"SYFT_CHECK_FOR_APP_UPDATE": "false"}
    said = subprocess.run(
        [SYFT, "scan", "-q", f"oci-archive:{archive}", "-o", "json"],
        capture_output=True,
        check=True,
        env=environment,
    ).stdout
    found: dict[tuple[str, str, str], set[str]] = {}
    for artifact in json.loads(said)["artifacts"]:
        if artifact["purl"]:
            purl = PackageURL.from_string(artifact["purl"])
            paths = {location["path"].lstrip("/") for location in artifact["locations"]}
            found.setdefault((purl.type, purl.name, purl.version or ""), set()).update(paths)
    return found


def ours(bench: Bench, reference: str) -> set[tuple[str, str, str]]:
    report = json.loads(bench.run("scan", reference, "--format", "json", "-q", code=3).stdout)
    purls = (PackageURL.from_string(it["purl"]) for it in report["new"]["components"])
    return {(purl.type, purl.name, purl.version or "") for purl in purls}


@pytest.mark.parametrize("image", ["new", "rebuilt"])
def test_syft_finds_nothing_that_we_miss(
    image: str, bench: Bench, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    reference = request.getfixturevalue(image)
    found = syft(reference, tmp_path)
    mine = ours(bench, reference)
    with Rootfs.of(open_image(reference)) as rootfs:
        by_debian = {
            line.split("  ", 1)[1]
            for folder in ("var/lib/dpkg/info", "var/lib/dpkg/status.d")
            for name in rootfs.children(folder)
            if name.endswith(".md5sums")
            for line in rootfs.read(f"{folder}/{name}").decode().splitlines()
        }
    explained = set()
    for key, paths in found.items():
        # Metadata and binaries that a Debian package owns are that package: its advisories speak of them.
        if key[0] != "deb" and paths <= by_debian:
            explained.add(key)
    assert set(found) - mine - explained == set()
    assert {key for key in mine if key[0] in ("deb", "pypi")} - set(found) == set()
