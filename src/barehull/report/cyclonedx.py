"""A document as a CycloneDX 1.6 BOM of the new image, with its vulnerabilities: components as in the SBOM.

What could not be decided is in properties of the BOM's metadata, for CycloneDX has no place for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal

from cyclonedx.model import Property, XsUri
from cyclonedx.model.impact_analysis import ImpactAnalysisAffectedStatus, ImpactAnalysisState
from cyclonedx.model.tool import Tool
from cyclonedx.model.vulnerability import (
    BomTarget,
    BomTargetVersionRange,
    Vulnerability,
    VulnerabilityAnalysis,
    VulnerabilityRating,
    VulnerabilityReference,
    VulnerabilityScoreSource,
    VulnerabilitySeverity,
    VulnerabilitySource,
)
from cyclonedx.output.json import JsonV1Dot6

from barehull.attest.cyclonedx import bom_of, references
from barehull.compare.model import Waived, Waiver
from barehull.document import Document
from barehull.inventory.model import Component
from barehull.report import words
from barehull.report.plain import safe
from barehull.report.told import Told, told, why_waived
from barehull.scan.model import Match

_METHODS = {
    "CVSS:4.0": VulnerabilityScoreSource.CVSS_V4,
    "CVSS:3.1": VulnerabilityScoreSource.CVSS_V3_1,
    "CVSS:3.0": VulnerabilityScoreSource.CVSS_V3,
}


def render(document: Document) -> str:
    """The BOM as JSON: the same bytes for the same document. Of a comparison it tells the new image only."""
    bom = bom_of(document.new.inventory, document.created)
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"{document.new.inventory.image} {document.database.digest}")
    bom.metadata.tools.tools.add(Tool(name="barehull", version=document.tool_version))
    bom.metadata.properties.update(_facts(document))
    waived = {it.match: it for it in document.verdict.waived}
    names = references(document.new.inventory.components)
    for it in told(document.new.scan.matches):
        # An analysis is about all that a vulnerability affects: where it differs, there are several.
        groups: dict[str, list[Match]] = {}
        for match in it.matches:
            groups.setdefault(why_waived(waived[match]) if match in waived else "", []).append(match)
        for those in groups.values():
            described = _vulnerability(it, those, waived.get(those[0]), names)
            described.bom_ref.value = f"{len(bom.vulnerabilities) + 1}/{described.id}"
            bom.vulnerabilities.add(described)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _facts(document: Document) -> Iterable[Property]:
    database = document.database
    yield Property(name="barehull:state", value=document.state)
    yield Property(name="barehull:database", value=f"{database.digest}, of {safe(database.date)}")
    for reach in document.coverage:
        yield Property(name="barehull:coverage", value=words.coverage(reach))
    for it in document.new.scan.undecided:
        yield Property(name="barehull:undecided", value=safe(f"{it.subject}: {it.reason}"))


def _vulnerability(it: Told, matches: list[Match], waived: Waived | None, names: dict[Component, str]) -> Vulnerability:
    name, severity = safe(it.vulnerability.id), it.severity
    source = VulnerabilitySource(name=safe(severity.source)) if severity.source else None
    rating = VulnerabilityRating(
        source=source,
        score=Decimal(str(severity.score)) if severity.score is not None else None,
        severity=VulnerabilitySeverity(severity.level),
        method=_method(severity.vector),
        vector=severity.vector if severity.score is not None else None,
    )
    address = words.address(it.vulnerability.id)
    aliases = (VulnerabilityReference(id=safe(each), source=_of(each)) for each in it.vulnerability.aliases)
    return Vulnerability(
        id=name,
        source=VulnerabilitySource(name="OSV", url=XsUri(address)) if address else None,
        references=aliases,
        ratings=[rating],
        recommendation=_recommendation(matches),
        affects=[_affected(match, names) for match in matches],
        analysis=_analysis(waived) if waived else None,
        properties=_properties(it, matches),
    )


def _of(identifier: str) -> VulnerabilitySource:
    address = words.address(identifier)
    return VulnerabilitySource(name="OSV", url=XsUri(address) if address else None)


def _method(vector: str) -> VulnerabilityScoreSource:
    if vector.startswith("AV:"):
        return VulnerabilityScoreSource.CVSS_V2
    return _METHODS.get(vector[:8], VulnerabilityScoreSource.OTHER)


def _recommendation(matches: list[Match]) -> str | None:
    fixes = {f"{match.component.source} {match.fixed_version}" for match in matches if match.fixed_version}
    return safe(f"Update to {', '.join(sorted(fixes))} or newer.") if fixes else None


def _affected(match: Match, names: dict[Component, str]) -> BomTarget:
    component, affected = match.component, ImpactAnalysisAffectedStatus.AFFECTED
    versions = [BomTargetVersionRange(version=safe(component.version), status=affected)] if component.version else []
    return BomTarget(ref=names.get(component, component.purl), versions=versions)


def _analysis(waived: Waived) -> VulnerabilityAnalysis:
    by = waived.by
    if isinstance(by, Waiver):  # its reason may be any: the vulnerability is there, and somebody answers for it
        return VulnerabilityAnalysis(state=ImpactAnalysisState.IN_TRIAGE, detail=safe(why_waived(waived)))
    state = ImpactAnalysisState.RESOLVED if by.status == "fixed" else ImpactAnalysisState.NOT_AFFECTED
    return VulnerabilityAnalysis(state=state, detail=safe(why_waived(waived)))


def _properties(it: Told, matches: list[Match]) -> Iterable[Property]:
    advisories = sorted({match.advisory for match in matches})
    yield from (Property(name="barehull:advisory", value=safe(advisory)) for advisory in advisories)
    if it.known_exploited:
        yield Property(name="barehull:known-exploited", value="true")
    if it.epss is not None:
        yield Property(name="barehull:epss", value=str(it.epss))
    statuses = sorted({match.status for match in matches if match.status})
    yield from (Property(name="barehull:status", value=status) for status in statuses)
