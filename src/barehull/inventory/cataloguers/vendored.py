"""Libraries that wheels bring with them: by PEP 770's SBOMs, and in the folders that auditwheel makes (NAME.libs)."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from packageurl import PackageURL

from barehull.core.errors import InputError
from barehull.inventory.catalogue import Catalogue
from barehull.inventory.model import Component, Gap
from barehull.inventory.purls import PLAIN, component_of
from barehull.inventory.reading.strings import SAYS
from barehull.oci.rootfs import Rootfs

_LIMIT = 16 << 20
_SBOM = re.compile(r"(.*)/([^/]+)-([^-/]+)\.dist-info/sboms/[^/]+\.json")
_LIBRARY = re.compile(r"(.*)/([^/]+)\.libs/(lib)?([A-Za-z0-9_+.]+?)(?:-[0-9a-f]{8,})?\.so((?:\.[0-9]+)*)")


def catalogue(rootfs: Rootfs) -> Catalogue:
    """The libraries inside wheels, each with the purl of its wheel."""
    components: list[Component] = []
    gaps: list[Gap] = []
    told: defaultdict[tuple[str, str], list[str]] = defaultdict(list)  # what SBOMs name, by folder and wheel
    libraries: list[tuple[str, re.Match[str]]] = []
    for node in rootfs.files():
        if match := _SBOM.fullmatch(node.path):
            found = list(_of_sbom(rootfs, node.path, _wheel(match[2], match[3]), gaps))
            components += found
            told[match[1], _normal(match[2])] += [component.name for component in found]
        elif match := _LIBRARY.fullmatch(node.path):
            libraries.append((node.path, match))
    for path, match in libraries:
        if not any(_is_of(match[4], name) for name in told[match[1], _normal(match[2])]):
            components += _of_library(rootfs, path, match)
    return Catalogue(components=tuple(components), gaps=tuple(gaps))


def _of_sbom(rootfs: Rootfs, path: str, wheel: str, gaps: list[Gap]) -> Iterator[Component]:
    try:
        value = json.loads(rootfs.read(path, _LIMIT))
        listed = value["components"] if "components" in value else value.get("packages", [])
        found = [_described(item, path, wheel) for item in listed]
    except (InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        gaps.append(Gap(path, f"the SBOM of a wheel cannot be read: {error}"))
        return
    yield from (component for component in found if component is not None and component.purl != wheel)


def _described(item: dict[str, Any], path: str, wheel: str) -> Component | None:
    """A component of CycloneDX, or a package of SPDX."""
    name = str(item["name"])
    version = str(item.get("version") or item.get("versionInfo") or "")
    purls = [ref["referenceLocator"] for ref in item.get("externalRefs", []) if ref.get("referenceType") == "purl"]
    text = str(item.get("purl") or (purls[0] if purls else PackageURL("generic", None, name, version or None)))
    if not f"{name}{version}{text}".isprintable():
        raise ValueError(f"a component has the name {name[:40]!r}")
    purl = PackageURL.from_string(text)
    if purl.type == "pypi" and _wheel(purl.name, purl.version or "") == wheel:  # a part of it is not bundled in it
        return None
    if purl.type in PLAIN and purl.version:
        return replace(component_of(text, evidence=path), vendored_in=wheel)
    # A distribution's own would need a release, which wheels' SBOMs do not tell.
    return Component(text, name, version, PLAIN.get(purl.type, ""), name, version, (path,), wheel)


def _is_of(library: str, name: str) -> bool:
    """Whether a library, "gssapi_krb5", is of the package that an SBOM names, "krb5-libs". SBOMs seldom name all."""
    stem = library.lower().replace("lib", "")
    words = [word.removesuffix("libs").replace("lib", "") for word in re.split(r"[^a-z0-9_]+", name.lower())]
    return any(word == stem or (len(word) > 3 and word in stem) for word in words if word)


def _of_library(rootfs: Rootfs, path: str, match: re.Match[str]) -> list[Component]:
    """A library of which only the file's name is known: none where its content tells, which `identify` reads."""
    if any(said.is_all_of(path) for said in rootfs.fact(path, SAYS)):
        return []
    name = f"{match[3] or ''}{match[4]}"
    version = match[5].strip(".")
    purl = PackageURL("generic", None, name, version or None).to_string()
    wheel = f"pkg:pypi/{_normal(match[2])}"
    for child in rootfs.children(match[1]):
        distribution, _, wheel_version = child.removesuffix(".dist-info").rpartition("-")
        if child.endswith(".dist-info") and _normal(distribution) == _normal(match[2]):
            wheel = _wheel(distribution, wheel_version)
    return [Component(purl, name, version, "", name, version, (path,), wheel)]


def _wheel(name: str, version: str) -> str:
    return PackageURL("pypi", None, _normal(name), _utf_8(version)).to_string()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", _utf_8(name)).lower()


def _utf_8(name: str) -> str:
    """A part of a file's name, which need not be UTF-8 as a purl is."""
    return name.encode("utf-8", "replace").decode()
