"""Trivy, with the databases that it has downloaded. Its reports have the form of SchemaVersion 2."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from barehull.advisories.model import Database, Status
from barehull.advisories.severity import severity
from barehull.core.errors import IncompleteError, InputError
from barehull.inventory.model import Component
from barehull.inventory.purls import component_of
from barehull.scan.peer import Finding, Heard, Run, read_report, told_json, unreadable

PROGRAM = "trivy"
ADVICE = (
    "Install Trivy (https://trivy.dev), and have it fetch its databases once with "
    "`trivy image --download-db-only` and `trivy image --download-java-db-only`."
)
ENVIRONMENT: dict[str, str] = {}

_ALL = "UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL"
_STATUS: dict[str, Status] = {
    "affected": "unfixed",
    "will_not_fix": "ignored",
    "fix_deferred": "postponed",
    "end_of_life": "end-of-life",
}


def listen(archive: Path, report: Path, run: Run) -> Heard:
    """Its databases must be the same before and after: their identity is what it says of them."""
    before = _database(run)
    arguments = ["image", "--input", str(archive), "--scanners", "vuln", "--format", "json", "--output", str(report)]
    arguments += ["--skip-db-update", "--skip-java-db-update", "--offline-scan", "--list-all-pkgs", "--quiet"]
    run([*arguments, "--severity", _ALL, "--ignore-unfixed=false", "--exit-code", "0"], (0,))
    if _database(run) != before:
        raise IncompleteError(
            "Trivy's database was changed while it scanned", advice="Try again when nobody updates it."
        )
    value = read_report(report, PROGRAM)
    if value.get("SchemaVersion") != 2:
        raise unreadable(PROGRAM, f"its report has SchemaVersion {value.get('SchemaVersion')!r:.40}, and 2 is known")
    listed, unread, findings = [], [], []
    for result in value.get("Results") or ():
        known = {}
        for package in result.get("Packages") or ():
            component = _component(package, (package.get("Identifier") or {}).get("PURL"))
            known[_key(package, package["Name"])] = component
            listed.append(component)
            if not component.ecosystem:
                unread.append((component, "no-coverage: Trivy names no package URL of an ecosystem for it"))
        findings += list(_findings(result.get("Vulnerabilities") or (), known))
    return Heard(before, tuple(findings), tuple(listed), tuple(unread))


def _key(value: dict[str, Any], name: str) -> tuple[str, str]:
    identifier = value.get("Identifier") or value.get("PkgIdentifier") or {}
    return str(name), str(identifier.get("UID") or identifier.get("PURL") or "")


def _findings(told: Iterable[dict[str, Any]], known: dict[tuple[str, str], Component]) -> Iterable[Finding]:
    for it in told:
        component = known.get(_key(it, it["PkgName"]))
        if component is None:
            component = _component(
                {"Name": it["PkgName"], "Version": it["InstalledVersion"]}, (it.get("PkgIdentifier") or {}).get("PURL")
            )
        name = str(it["VulnerabilityID"])
        said = severity(_vector(it), str(it.get("SeveritySource") or PROGRAM))
        others = tuple(sorted({str(other) for other in it.get("VendorIDs") or ()} - {name}))
        fixed, status = str(it.get("FixedVersion") or ""), _STATUS.get(str(it.get("Status")), "")
        yield Finding(component, (name, *others), name, fixed, said, status)


def _vector(told: dict[str, Any]) -> str:
    """The CVSS vector of the source that Trivy goes by, else its word."""
    scores = (told.get("CVSS") or {}).get(told.get("SeveritySource")) or {}
    return str(scores.get("V40Vector") or scores.get("V3Vector") or told.get("Severity") or "").removeprefix("UNKNOWN")


def _component(package: dict[str, Any], purl: Any) -> Component:
    source = str(package.get("SrcName") or "")
    if source:
        source += f" {_version(package, 'Src')}"
    try:
        return component_of(str(purl or ""), source=source)
    except InputError:
        name, version = str(package["Name"]), _version(package, "")
        return Component(f"pkg:generic/{name}@{version}", name, version, "", name, version)


def _version(package: dict[str, Any], prefix: str) -> str:
    epoch, version, release = (package.get(f"{prefix}{it}") for it in ("Epoch", "Version", "Release"))
    return (f"{epoch}:" if epoch else "") + str(version or "") + (f"-{release}" if release else "")


def _database(run: Run) -> Database:
    value = told_json(run(["version", "--format", "json"], (0,)), PROGRAM)
    if not value.get("VulnerabilityDB"):
        raise IncompleteError("Trivy has no database of vulnerabilities", advice=ADVICE)
    told = {key: value.get(key) for key in ("VulnerabilityDB", "JavaDB")}
    for one in told.values():  # when it next looks for a newer one is no part of what it is
        if one:
            one.pop("NextUpdate", None)
    digest = hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()
    date = str(told["VulnerabilityDB"].get("UpdatedAt") or "unknown")  # type: ignore[union-attr]
    return Database(f"sha256:{digest}", date, f"the databases of Trivy {value.get('Version', '')}".rstrip(), ())
