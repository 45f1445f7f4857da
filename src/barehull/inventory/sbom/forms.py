"""Where CycloneDX and SPDX keep what an inventory needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_SPDX_SOURCE = re.compile(r"built (?:package )?from:? (?P<name>[^\s;]+)(?: (?P<version>[^\s;]+))?")
_SOURCE_PROPERTIES = (  # CycloneDX has no place of its own for a source package
    ("barehull:source", "barehull:source-version", ""),
    ("aquasecurity:trivy:SrcName", "aquasecurity:trivy:SrcVersion", "aquasecurity:trivy:SrcRelease"),
)
_FOREIGN = (  # reports of scanners: which database they were made with cannot be told, or held to another's
    ("SchemaVersion", "ArtifactName", "a report of Trivy"),
    ("matches", "descriptor", "a report of Grype"),
    ("results", "experimental_config", "a report of osv-scanner"),
    ("artifacts", "artifactRelationships", "Syft's own form"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One package that an SBOM lists. `source` is "NAME VERSION" of what it was built from; "" is untold."""

    label: str
    purl: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of SBOM. `system` is the distribution that the document names ("debian-13"), or ""."""

    name: str
    versions: tuple[str, ...]
    claims: Callable[[Json], bool]
    version: Callable[[Json], str]
    packages: Callable[[Json], Iterator[Listed]]
    system: Callable[[Json], str]


def foreign(value: Json) -> str:
    """What a JSON object is that looks like a report of a scanner; "" for others."""
    for first, second, name in _FOREIGN:
        if first in value and second in value:
            told = ", made with a database that it cannot be compared by; have barehull run the scanner, with --scanner"
            return name + (told if name.startswith("a report") else ", no SBOM")
    return "a report of barehull; scan the image again" if str(value.get("schema", "")).startswith("barehull/") else ""


def _cyclonedx(value: Json) -> Iterator[Listed]:
    about = (value.get("metadata") or {}).get("component")
    waiting = [it for it in [about] if it and it.get("purl")] + list(value.get("components") or ())
    while waiting:  # components may hold components, to any depth
        component = waiting.pop()
        waiting += component.get("components") or ()
        purl = str(component.get("purl") or "")
        if purl or component.get("type") not in ("file", "operating-system"):
            yield Listed(_label(component.get("name"), component.get("version")), purl, _property_source(component))


def _property_source(component: Json) -> str:
    told = {str(it.get("name")): str(it.get("value")) for it in component.get("properties") or ()}
    for name, version, release in _SOURCE_PROPERTIES:
        if name in told:
            ending = f"-{told[release]}" if told.get(release) else ""
            return f"{told[name]} {told.get(version, '')}{ending}".strip()
    return ""


def _cyclonedx_system(value: Json) -> str:
    for component in value.get("components") or ():
        if component.get("type") == "operating-system":
            return f"{component.get('name')}-{component.get('version')}"
    return ""


def _spdx(value: Json) -> Iterator[Listed]:
    described = {str(it) for it in value.get("documentDescribes") or ()}
    for relation in value.get("relationships") or ():
        if relation.get("relationshipType") == "DESCRIBES":
            described.add(str(relation.get("relatedSpdxElement")))
    for package in value.get("packages") or ():
        references = package.get("externalRefs") or ()
        purl = next((str(it.get("referenceLocator")) for it in references if it.get("referenceType") == "purl"), "")
        subject = package.get("SPDXID") in described  # the image or folder itself
        if purl or not (subject or package.get("primaryPackagePurpose") in ("FILE", "OPERATING-SYSTEM")):
            source = _SPDX_SOURCE.search(str(package.get("sourceInfo") or ""))
            built = " ".join(filter(None, source.groups())) if source else ""
            yield Listed(_label(package.get("name"), package.get("versionInfo")), purl, built)


def _spdx_system(value: Json) -> str:
    for package in value.get("packages") or ():
        if package.get("primaryPackagePurpose") == "OPERATING-SYSTEM":
            return f"{package.get('name')}-{package.get('versionInfo')}"
    return ""


def _label(name: object, version: object) -> str:
    return f"{name or '(no name)'} {version or ''}".strip()[:200]


FORMS = (
    Form(
        "CycloneDX",
        ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
        lambda value: value.get("bomFormat") == "CycloneDX",
        lambda value: str(value.get("specVersion")),
        _cyclonedx,
        _cyclonedx_system,
    ),
    Form(
        "SPDX",
        ("SPDX-2.2", "SPDX-2.3"),
        lambda value: "spdxVersion" in value or "spdx.org" in str(value.get("@context", ""))[:200],
        lambda value: str(value.get("spdxVersion") or "3"),
        _spdx,
        _spdx_system,
    ),
)
