"""CycloneDX 1.4 and newer: `vulnerabilities` with an `analysis` (https://cyclonedx.org/capabilities/vex/).

The product is `metadata.component`; what `affects` refers to are its parts, or itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import unquote

import msgspec

from barehull.core.errors import InputError
from barehull.vex.model import Product, Statement, Status, utc

_VERSIONS = ("1.4", "1.5", "1.6", "1.7")
_State = Literal[
    "resolved", "resolved_with_pedigree", "exploitable", "in_triage", "false_positive", "not_affected"
]  # fmt: skip
_STATUS: dict[str, Status] = {
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
    "false_positive": "not_affected",
    "not_affected": "not_affected",
}
_NEVER = datetime.min.replace(tzinfo=UTC)  # of what bears no date: any that does is later


class _Hash(msgspec.Struct):
    alg: str
    content: str


class _Component(msgspec.Struct):
    type: str = ""
    name: str = ""
    version: str = ""
    purl: str = ""
    ref: str = msgspec.field(name="bom-ref", default="")
    hashes: list[_Hash] = []
    components: list[_Component] = []


class _Named(msgspec.Struct):
    name: str = ""


class _Metadata(msgspec.Struct):
    timestamp: datetime | None = None
    component: _Component | None = None
    authors: list[_Named] = []
    supplier: _Named | None = None
    manufacturer: _Named | None = None


class _Affected(msgspec.Struct):
    ref: str
    versions: list[object] = []


class _Analysis(msgspec.Struct):
    state: _State | Literal[""] = ""
    justification: str = ""
    detail: str = ""
    issued: datetime | None = msgspec.field(name="firstIssued", default=None)
    updated: datetime | None = msgspec.field(name="lastUpdated", default=None)


class _Reference(msgspec.Struct):
    id: str = ""


class _Vulnerability(msgspec.Struct):
    id: str = ""
    references: list[_Reference] = []
    analysis: _Analysis | None = None
    affects: list[_Affected] = []
    updated: datetime | None = None


class _Bom(msgspec.Struct):
    version: str = msgspec.field(name="specVersion", default="")
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    components: list[_Component] = []
    vulnerabilities: list[_Vulnerability] = []


def statements(data: bytes, file: str) -> tuple[Statement, ...]:
    """The statements of a BOM. Errors: msgspec.DecodeError with the place; InputError for another version."""
    bom = msgspec.json.decode(data, type=_Bom)
    if bom.version not in _VERSIONS:
        raise InputError(
            f"{file} is CycloneDX of version {bom.version[:20]!r}", advice=f"Write it in {', '.join(_VERSIONS)}."
        )
    return tuple(_all(bom, file))


def _all(bom: _Bom, file: str) -> Iterator[Statement]:
    known, said = dict(_refs(bom.components)), bom.metadata
    makers = [*said.authors, *(each for each in (said.manufacturer, said.supplier) if each)]
    author = next((maker.name for maker in makers if maker.name), "an author who is not named")
    for number, each in enumerate(bom.vulnerabilities):
        analysis = each.analysis
        if analysis is None or not analysis.state:
            continue
        status, why = _STATUS[analysis.state], analysis.justification or analysis.detail.strip()
        moments = [it for it in (analysis.issued, analysis.updated) if it]
        moments = moments or [it for it in (each.updated or said.timestamp,) if it] or [_NEVER]
        problem = "it gives no justification and no detail" if status == "not_affected" and not why else ""
        if any(affected.versions for affected in each.affects):
            problem = "it speaks of ranges of versions, which barehull does not read"
        yield Statement(
            names=tuple(dict.fromkeys(name for name in (each.id, *(it.id for it in each.references)) if name)),
            status=status,
            products=tuple(_products(said.component, each.affects, known)),
            why=why,
            timestamp=max(map(utc, moments)),
            author=author,
            file=file,
            place=f"vulnerabilities[{number}]",
            problem=problem,
        )


def _refs(components: list[_Component]) -> Iterator[tuple[str, str]]:
    for component in components:
        yield component.ref, component.purl
        yield from _refs(component.components)


def _products(product: _Component | None, affects: list[_Affected], known: dict[str, str]) -> Iterator[Product]:
    """The product with its parts; where `affects` names it, as a whole. None where the document does not say."""
    if product is None:
        return
    purls = (product.purl,) if product.purl else ()
    digests = [f"sha256:{each.content.lower()}" for each in product.hashes if each.alg == "SHA-256"]
    if product.type == "container" and product.version.startswith("sha256:"):
        digests.append(product.version)  # as Syft and barehull name an image
    refs = [_local(affected.ref) for affected in affects]
    if product.ref and product.ref in refs:
        yield Product(purls, tuple(digests))
        return
    parts = [known.get(ref) or (ref if ref.startswith("pkg:") else "") for ref in refs]
    yield Product(purls, tuple(digests), tuple(part for part in parts if part), in_parts=True)


def _local(ref: str) -> str:
    """The reference within its document: of a BOM-Link (urn:cdx:SERIAL/VERSION#REF) what follows the document."""
    return unquote(ref.partition("#")[2]) if ref.startswith("urn:cdx:") else ref
