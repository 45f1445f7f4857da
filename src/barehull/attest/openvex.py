"""Scan, comparison and verdict -> OpenVEX 0.2.0: what can honestly be stated of each vulnerability, and no more.

- fixed: the old image had it, and the data says that the new version of that package does not;
- not_affected, component_not_present: the package that had it is not in the new image, all of which could be read;
- not_affected with the justification of a VEX document that was accepted, whose author and file are named;
- affected: it is there and was waived by the configuration; the reason is the action statement. A waiver accepts a
  vulnerability, it does not say that there is none;
- under_investigation: what was found and nobody judged, and what went for a reason that the data does not vouch for.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from packageurl import PackageURL

from barehull.compare.model import Comparison, Fixed, Verdict, Waiver
from barehull.core.version import VERSION
from barehull.inventory.model import Component
from barehull.scan.model import Scan, Undecided, Vulnerability
from barehull.vex.model import JUSTIFICATIONS
from barehull.vex.purls import names_of

CONTEXT = "https://openvex.dev/ns/v0.2.0"
AUTHOR = "barehull (https://github.com/barehull/barehull), automated"
_UNJUDGED = "An advisory names this version; nobody has judged yet whether it matters here."


@dataclass(frozen=True, slots=True, order=True)
class _Claim:
    """What one statement says beside the packages: `extra` are OpenVEX's further keys with their texts."""

    vulnerability: Vulnerability
    status: str
    extra: tuple[tuple[str, str], ...]


def to_openvex(scan: Scan, comparison: Comparison | None, verdict: Verdict, reference: str, created: str) -> str:
    """The document as JSON, the same for the same input: `created` (ISO 8601 UTC) is its time, its id is derived.

    "" where there is no vulnerability to speak of, which OpenVEX has no document for. It is not signed.
    """
    packages: defaultdict[_Claim, set[str]] = defaultdict(set)
    for claim, component in (*_of_matches(scan, verdict), *(_of_fixed(comparison) if comparison else ())):
        packages[claim].add(component.purl)
    if not packages:
        return ""
    product = _product(scan, reference)
    said: dict[str, Any] = {
        "@context": CONTEXT,
        "author": AUTHOR,
        "timestamp": created,
        "version": 1,
        "tooling": f"barehull {VERSION}",
        "statements": [_statement(claim, purls, product) for claim, purls in sorted(packages.items())],
    }
    identity = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(said, sort_keys=True))
    return json.dumps({"@id": f"urn:uuid:{identity}", **said}, indent=2, sort_keys=True) + "\n"


def _of_matches(scan: Scan, verdict: Verdict) -> Iterator[tuple[_Claim, Component]]:
    """What is in the image: waived by the configuration, by a VEX document, or not judged."""
    waived = {it.match: it.by for it in verdict.waived}
    for match in scan.matches:
        by = waived.get(match)
        extra: tuple[tuple[str, str], ...] = (("status_notes", _UNJUDGED),)
        status = "under_investigation"
        if isinstance(by, Waiver):
            status, extra = "affected", (("action_statement", f"Accepted until {by.until}: {by.reason}"),)
        elif by is not None:
            status = by.status
            notes = f"As {by.author} stated on {by.timestamp:%Y-%m-%d} in {by.file}, {by.place}."
            reason = "justification" if by.why in JUSTIFICATIONS else "impact_statement"
            extra = ((reason, by.why),) if status == "not_affected" else ()
            extra = (*extra, ("status_notes", notes))
        yield _Claim(match.vulnerability, status, extra), match.component


def _of_fixed(comparison: Comparison) -> Iterator[tuple[_Claim, Component]]:
    """What went, as far as the data vouches for why."""
    readable = not any(map(_is_of_content, comparison.new.undecided))
    for fixed in comparison.fixed:
        extra: tuple[tuple[str, str], ...]
        if fixed.successor is not None:
            was = f"{fixed.component.source_version} was replaced by {fixed.successor.source_version}"
            status, doubt = "fixed", _doubt(fixed, fixed.successor, comparison)
            extra = (("status_notes", f"{was}, which the advisories do not name." if not doubt else f"{was}; {doubt}"),)
        else:
            status, doubt = "not_affected", "" if readable else "not all of the image could be identified"
            gone = f"{fixed.component.source} {fixed.component.source_version}"
            note = f"{gone} was left out of the image; other packages are not spoken of"
            extra = (("status_notes", f"{note}; {doubt}." if doubt else f"{note}."),)
            extra = extra if doubt else (("justification", "component_not_present"), *extra)
        yield (
            _Claim(fixed.vulnerability, "under_investigation" if doubt else status, extra),
            fixed.successor or fixed.component,
        )


def _doubt(fixed: Fixed, successor: Component, comparison: Comparison) -> str:
    """Why silence on the new version is no word that it is fixed, "" where it is one."""
    if any(it.subject == successor.purl for it in comparison.new.undecided):
        return "the data does not decide on the new version."
    reach = next((it for it in comparison.new.database.coverage if it.ecosystem == successor.ecosystem), None)
    if reach is None:
        return "no data covers the new version."
    told = any(
        match.fixed_version and match.vulnerability.id == fixed.vulnerability.id and match.component == fixed.component
        for match in comparison.old.matches
    )
    if reach.kind != "full" and not (told and successor.ecosystem == fixed.component.ecosystem):
        return f"the data on {reach.ecosystem} is not whole, and silent on this one."
    return ""


def _is_of_content(it: Undecided) -> bool:
    """Whether a question is what something in the image is, and not what the data says of a package."""
    return not (it.subject.startswith("pkg:") or it.components) or it.reason.startswith("vendored")


def _product(scan: Scan, reference: str) -> dict[str, Any]:
    digest = scan.inventory.image
    names = names_of(reference, digest, scan.inventory.platform)
    name = (names.repository or reference.partition(":")[2].partition(":")[0]).rstrip("/").rpartition("/")[2] or "image"
    qualifiers = {"arch": names.architecture, "repository_url": names.repository}
    purl = PackageURL("oci", None, name.lower(), digest, {key: it for key, it in qualifiers.items() if it}).to_string()
    algorithm, _, value = digest.partition(":")
    product: dict[str, Any] = {"@id": purl, "identifiers": {"purl": purl}}
    return {**product, "hashes": {"sha-256": value}} if algorithm == "sha256" and value else product


def _statement(claim: _Claim, purls: Iterable[str], product: dict[str, Any]) -> dict[str, Any]:
    vulnerability: dict[str, Any] = {"name": claim.vulnerability.id}
    if claim.vulnerability.aliases:
        vulnerability["aliases"] = sorted(claim.vulnerability.aliases)
    parts = [{"@id": purl, "identifiers": {"purl": purl}} for purl in sorted(purls)]
    return {
        "vulnerability": vulnerability,
        "products": [{**product, "subcomponents": parts}],
        "status": claim.status,
        **dict(claim.extra),
    }
