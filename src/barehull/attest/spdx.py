"""Inventory -> SBOM in SPDX 2.3, by hand: the standard's own library would bring nine packages for one page of JSON."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from barehull.core.version import VERSION
from barehull.inventory.model import Component, Inventory, SuspectFile

NAMESPACE = "https://github.com/barehull/barehull/spdx"
_DOCUMENT = "SPDXRef-DOCUMENT"
_IMAGE = "SPDXRef-image"
_UNSAID = "NOASSERTION"


def to_spdx(inventory: Inventory, created: str) -> str:
    """The inventory as JSON, the same bytes for the same image and `created` (ISO 8601 UTC, "2026-11-24T12:00:00Z").

    Packages are the image, what is in it, with their purls, and each file that no package vouches for. What was
    bundled is contained in what bundles it, the rest in the image.
    """
    components, files = sorted(set(inventory.components)), sorted(set(inventory.files.suspect))
    value = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": inventory.image,
        "documentNamespace": f"{NAMESPACE}/{uuid.uuid5(uuid.NAMESPACE_URL, f'{inventory.image} {created}')}",
        "creationInfo": {"created": created, "creators": [f"Tool: barehull-{VERSION}"]},
        "documentDescribes": [_IMAGE],
        "packages": [_image(inventory), *map(_package, components), *map(_file, files)],
        "relationships": _relationships(components, files),
    }
    if inventory.gaps:
        gaps = "; ".join(f"{gap.subject}: {gap.reason}" for gap in inventory.gaps)
        value["comment"] = f"Not everything could be read: {gaps}"
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def _image(inventory: Inventory) -> dict[str, Any]:
    algorithm, _, digest = inventory.image.partition(":")
    return {
        "SPDXID": _IMAGE,
        "name": inventory.image,
        "versionInfo": inventory.image,
        "downloadLocation": _UNSAID,
        "filesAnalyzed": False,
        "primaryPackagePurpose": "CONTAINER",
        "checksums": [{"algorithm": algorithm.upper(), "checksumValue": digest}],
    }


def _package(component: Component) -> dict[str, Any]:
    said = [f"read from /{path}" for path in component.evidence]
    if (component.source, component.source_version) != (component.name, component.version):
        said.append(f"built from {component.source} {component.source_version}")
    return {
        "SPDXID": _id(component),
        "name": component.name,
        "versionInfo": component.version,
        "downloadLocation": _UNSAID,
        "filesAnalyzed": False,
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": component.purl}
        ],
        **({"sourceInfo": "; ".join(said)} if said else {}),
    }


def _file(file: SuspectFile) -> dict[str, Any]:
    """A package of one file: SPDX's own files must have a SHA-1, by which nobody should go today."""
    said = f"modified: not as {file.owner} has it" if file.state == "modified" else "no package vouches for it"
    return {
        "SPDXID": _file_id(file),
        "name": f"/{file.path}",
        "packageFileName": f"./{file.path}",
        "primaryPackagePurpose": "FILE",
        "downloadLocation": _UNSAID,
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": file.sha256}],
        "comment": said + (" (machine code)" if file.elf else ""),
    }


def _relationships(components: list[Component], files: list[SuspectFile]) -> list[dict[str, str]]:
    bundlers = {component.purl: _id(component) for component in components if not component.vendored_in}
    related = [(_DOCUMENT, "DESCRIBES", _IMAGE)]
    related += [(bundlers.get(it.vendored_in, _IMAGE), "CONTAINS", _id(it)) for it in components]
    related += [(_IMAGE, "CONTAINS", _file_id(file)) for file in files]
    names = ("spdxElementId", "relationshipType", "relatedSpdxElement")
    return [dict(zip(names, each, strict=True)) for each in related]


def _id(component: Component) -> str:
    """An identifier may have letters, digits, dots and hyphens only: a purl has others, so it is hashed."""
    return f"SPDXRef-package-{_hashed(repr(component))}"


def _file_id(file: SuspectFile) -> str:
    return f"SPDXRef-file-{_hashed(file.path)}"


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
