"""SBOMs of others as inventories: what they tell, what they cannot, and what is no SBOM."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from barehull.attest.cyclonedx import to_cyclonedx
from barehull.attest.spdx import to_spdx
from barehull.core.errors import InputError
from barehull.inventory.model import Component, Files, Inventory
from barehull.inventory.purls import component_of
from barehull.inventory.sbom import read as sbom
from barehull.inventory.sbom.read import read_sbom

OPENSSL = "pkg:deb/debian/libssl3t64@3.5.1-1%2Bb1?arch=amd64&distro=debian-13&upstream=openssl%403.5.1-1"


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Any], Inventory]:
    def write_and_read(content: Any) -> Inventory:
        path = tmp_path / "sbom.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return read_sbom(path)

    return write_and_read


def cyclonedx(*components: dict[str, Any], version: str = "1.6", **more: Any) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": version, "components": list(components), **more}


def spdx(*packages: dict[str, Any], version: str = "SPDX-2.3", **more: Any) -> dict[str, Any]:
    return {"spdxVersion": version, "SPDXID": "SPDXRef-DOCUMENT", "packages": list(packages), **more}


def package(purl: str, **more: Any) -> dict[str, Any]:
    return {"name": "x", "externalRefs": [{"referenceType": "purl", "referenceLocator": purl}], **more}


@pytest.mark.parametrize(
    ("purl", "ecosystem", "source", "version"),
    [
        (OPENSSL, "Debian:13", "openssl", "3.5.1-1"),
        ("pkg:deb/debian/bash@5.2?distro=trixie", "Debian:13", "bash", "5.2"),
        ("pkg:deb/debian/bash@5.2?distro=debian-12.5", "Debian:12", "bash", "5.2"),
        ("pkg:deb/debian/bash@5.2?epoch=1&distro=debian-12", "Debian:12", "bash", "1:5.2"),
        ("pkg:deb/debian/bash@5.2", "", "bash", "5.2"),
        ("pkg:deb/debian/bash@5.2?distro=sid", "", "bash", "5.2"),
        ("pkg:deb/ubuntu/bash@5.2?distro=ubuntu-24.04", "Ubuntu:24.04:LTS", "bash", "5.2"),
        ("pkg:deb/ubuntu/bash@5.2?distro=ubuntu-24.10", "Ubuntu:24.10", "bash", "5.2"),
        (
            "pkg:apk/alpine/libcrypto3@3.3.2-r0?distro=alpine-3.20.3&upstream=openssl",
            "Alpine:v3.20",
            "openssl",
            "3.3.2-r0",
        ),
        ("pkg:pypi/Foo_Bar@1.0", "PyPI", "foo-bar", "1.0"),
        ("pkg:npm/%40babel/core@7.0.0", "npm", "@babel/core", "7.0.0"),
        ("pkg:golang/golang.org/x/net@v0.1.0", "Go", "golang.org/x/net", "0.1.0"),
        ("pkg:golang/stdlib@go1.22.1", "Go", "stdlib", "1.22.1"),
        ("pkg:maven/org.slf4j/slf4j-api@2.0", "Maven", "org.slf4j:slf4j-api", "2.0"),
        ("pkg:cargo/serde@1.0", "crates.io", "serde", "1.0"),
        ("pkg:generic/python@3.13.1", "PSF", "cpython", "3.13.1"),
        ("pkg:generic/node@24.1.0", "Node.js", "node", "24.1.0"),
        ("pkg:rpm/fedora/bash@5.2", "", "fedora/bash", "5.2"),
    ],
)
def test_a_purl_is_what_advisories_speak_of(purl: str, ecosystem: str, source: str, version: str) -> None:
    component = component_of(purl)
    assert (component.ecosystem, component.source, component.source_version) == (ecosystem, source, version)


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_cyclonedx(version: str, read: Callable[[Any], Inventory]) -> None:
    inner = {"type": "library", "name": "inner", "purl": "pkg:npm/inner@1.0.0"}
    system = {"type": "operating-system", "name": "debian", "version": "13"}
    plain = {"type": "library", "name": "bash", "purl": "pkg:deb/debian/bash@5.2?arch=amd64"}
    files = {"type": "file", "name": "/etc/passwd"}
    image = {"component": {"type": "container", "name": "image", "purl": "pkg:oci/image@sha256%3Aabc"}}
    outer = {"type": "application", "name": "outer", "version": "2", "purl": "pkg:npm/outer@2", "components": [inner]}
    openssl = {"type": "library", "name": "libssl3t64", "purl": OPENSSL}
    found = read(cyclonedx(outer, system, plain, files, openssl, version=version, metadata=image))
    assert [it.name for it in found.components] == ["bash", "libssl3t64", "inner", "outer"]
    assert found.components[0].ecosystem == "Debian:13", "the system that the document names is the packages'"
    assert found.distribution == "Debian:13"
    assert [gap.keyword for gap in found.gaps] == ["no-files"]


@pytest.mark.parametrize("version", ["SPDX-2.2", "SPDX-2.3"])
def test_spdx(version: str, read: Callable[[Any], Inventory]) -> None:
    image = {"SPDXID": "SPDXRef-image", "name": "image"}
    relation = {
        "spdxElementId": "SPDXRef-DOCUMENT",
        "relationshipType": "DESCRIBES",
        "relatedSpdxElement": "SPDXRef-image",
    }
    trivys = package("pkg:deb/debian/libc6@2.41-1?distro=debian-13", sourceInfo="built package from: glibc 2.41-1")
    found = read(spdx(image, trivys, package("pkg:pypi/flask@1.0"), version=version, relationships=[relation]))
    assert [(it.source, it.source_version) for it in found.components] == [("glibc", "2.41-1"), ("flask", "1.0")]
    assert [gap.keyword for gap in found.gaps] == ["no-files"]


def test_what_has_no_purl_is_a_gap(read: Callable[[Any], Inventory]) -> None:
    for document in (
        cyclonedx({"type": "library", "name": "a", "version": "1"}),
        cyclonedx({"type": "library", "name": "a", "version": "1", "purl": "nonsense"}),
        cyclonedx({"type": "library", "name": "a", "version": "1", "purl": "pkg:npm/a"}),
        spdx({"name": "a", "versionInfo": "1"}),
    ):
        found = read(document)
        assert found.components == ()
        assert [(gap.subject, gap.keyword) for gap in found.gaps] == [("a 1", "no-purl"), ("files", "no-files")]


def test_an_sbom_that_never_names_a_source_package_knows_none(read: Callable[[Any], Inventory]) -> None:
    libc = "pkg:deb/debian/libc6@2.41-1?distro=debian-13"
    found = read(cyclonedx({"type": "library", "name": "libc6", "purl": libc}))
    assert [(gap.subject, gap.keyword) for gap in found.gaps] == [("files", "no-files"), (libc, "no-source")]
    both = read(cyclonedx({"name": "libc6", "purl": libc}, {"name": "libssl3t64", "purl": OPENSSL}))
    assert [gap.keyword for gap in both.gaps] == ["no-files"]


@pytest.mark.parametrize("write", [to_cyclonedx, to_spdx])
def test_our_own_sboms_tell_what_we_found(
    write: Callable[[Inventory, str], str], read: Callable[[Any], Inventory]
) -> None:
    purl = OPENSSL.partition("&upstream")[0]
    components = (
        Component(purl, "libssl3t64", "3.5.1-1+b1", "Debian:13", "openssl", "3.5.1-1"),
        Component("pkg:pypi/flask@1.0", "flask", "1.0", "PyPI", "flask", "1.0"),
    )
    inventory = Inventory(f"sha256:{'a' * 64}", "linux/amd64", "Debian:13", 1, components, Files(1, 1, 0, 0, ()), ())
    found = read(write(inventory, "2026-01-02T00:00:00Z").encode())
    assert found.components == components
    assert found.image != inventory.image, "it is the SBOM that was looked at, not the image"


def test_cycles_and_depth_are_harmless(read: Callable[[Any], Inventory]) -> None:
    a, b = "pkg:npm/a@1", "pkg:npm/b@1"
    graph = [{"ref": a, "dependsOn": [b]}, {"ref": b, "dependsOn": [a, b]}]
    cyclic = cyclonedx({"bom-ref": a, "purl": a}, {"bom-ref": b, "purl": b}, dependencies=graph)
    assert len(read(cyclic).components) == 2
    deep: dict[str, Any] = {"name": "x", "purl": "pkg:npm/x@1"}
    for _ in range(200):
        deep = {"name": "x", "purl": "pkg:npm/x@1", "components": [deep]}
    assert len(read(cyclonedx(deep)).components) == 1
    with pytest.raises(InputError, match="no JSON"):
        read(b'{"components":' * 100_000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (cyclonedx(version="1.1"), "CycloneDX '1.1'"),
        (cyclonedx(version="2.0"), "CycloneDX '2.0'"),
        (spdx(version="SPDX-2.1"), "SPDX 'SPDX-2.1'"),
        ({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}, "SPDX '3'"),
        (b'<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>', "is XML"),
        (b"SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n", "tags and values"),
        (b"", "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [', "no JSON"),
        ({"a": 1}, "no SBOM that barehull knows"),
        (cyclonedx(components=7), "breaks the schema"),
        (cyclonedx(components=["a"]), "breaks the schema"),
        (spdx(packages={"a": 1}), "breaks the schema"),
        ({"SchemaVersion": 2, "ArtifactName": "x", "Results": []}, "report of Trivy, made with a database"),
        ({"matches": [], "descriptor": {}}, "report of Grype, made with a database"),
        ({"results": [], "experimental_config": {}}, "report of osv-scanner, made with a database"),
        ({"schema": "barehull/report/1"}, "report of barehull"),
    ],
)
def test_what_is_no_sbom_is_told_in_words(content: Any, words: str, read: Callable[[Any], Inventory]) -> None:
    with pytest.raises(InputError, match=words):
        read(content)


def test_limits(tmp_path: Path, read: Callable[[Any], Inventory], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="there is no SBOM"):
        read_sbom(tmp_path / "none.json")
    monkeypatch.setattr(sbom, "MAX_PACKAGES", 1)
    with pytest.raises(InputError, match="more than 1 packages"):
        read(cyclonedx({"purl": "pkg:npm/a@1"}, {"purl": "pkg:npm/b@1"}))
    monkeypatch.setattr(sbom, "MAX_SIZE", 100)
    with pytest.raises(InputError, match="larger than"):
        read(cyclonedx(*[{"purl": "pkg:npm/a@1"}] * 10))


def test_the_same_package_listed_twice_is_one(read: Callable[[Any], Inventory]) -> None:
    found = read(cyclonedx({"purl": "pkg:npm/a@1"}, {"purl": "pkg:npm/a@1"}))
    assert found.components == (replace(component_of("pkg:npm/a@1")),)
