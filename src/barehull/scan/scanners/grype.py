"""Grype, with the database that it has downloaded. It does not list the packages that it looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from barehull.advisories.model import Database, Status
from barehull.advisories.severity import Severity, severity
from barehull.core.errors import IncompleteError, InputError
from barehull.inventory.model import Component
from barehull.inventory.purls import component_of
from barehull.scan.peer import Finding, Heard, Run, read_report, told_json, unreadable

PROGRAM = "grype"
ADVICE = "Install Grype (https://github.com/anchore/grype), and have it fetch its database with `grype db update`."
ENVIRONMENT = {
    "GRYPE_DB_AUTO_UPDATE": "false",
    "GRYPE_CHECK_FOR_APP_UPDATE": "false",
    "GRYPE_FAIL_ON_SEVERITY": "",
    "GRYPE_ONLY_FIXED": "false",
    "GRYPE_ONLY_NOTFIXED": "false",
}

_STATUS: dict[str, Status] = {"not-fixed": "unfixed", "wont-fix": "ignored"}


def listen(archive: Path, report: Path, run: Run) -> Heard:
    """Its database must be the same before and after: its identity is what `grype db status` says."""
    before = _database(run)
    run([f"docker-archive:{archive}", "--output", "json", "--file", str(report), "--quiet"], (0,))
    if _database(run) != before:
        raise IncompleteError(
            "Grype's database was changed while it scanned", advice="Try again when nobody updates it."
        )
    value = read_report(report, PROGRAM)
    if "matches" not in value or "descriptor" not in value:
        raise unreadable(PROGRAM, "its report has no matches and descriptor")
    findings = tuple(it for match in value["matches"] or () for it in _findings(match))
    return Heard(before, findings, None)


def _findings(match: dict[str, Any]) -> Iterable[Finding]:
    told, component = match["vulnerability"], _component(match["artifact"])
    advisory, fix = str(told["id"]), told.get("fix") or {}
    fixed = ", ".join(map(str, fix.get("versions") or ()))
    status = _STATUS.get(str(fix.get("state")), "")
    related = {str(it["id"]) for it in match.get("relatedVulnerabilities") or ()} - {advisory}
    cves = sorted(name for name in {advisory, *related} if name.startswith("CVE-"))
    others = tuple(sorted({advisory, *related} - {*cves}))
    # A record of several CVEs (a distribution's) is about each of them; one of a single CVE is an alias of it.
    for names in [(cve, *(others if len(cves) == 1 else ())) for cve in cves] or [(advisory, *sorted(related))]:
        yield Finding(component, names, advisory, fixed, _severity(told), status)


def _severity(told: dict[str, Any]) -> Severity:
    vectors = [str(it["vector"]) for it in told.get("cvss") or () if it.get("vector")]
    word = str(told.get("severity") or "").removeprefix("Unknown")
    return severity(max(vectors) if vectors else word, str(told.get("namespace") or told["id"]))


def _component(artifact: dict[str, Any]) -> Component:
    name, version = str(artifact["name"]), str(artifact["version"])
    upstreams = artifact.get("upstreams") or ()
    source = " ".join(filter(None, map(str, (upstreams[0]["name"], upstreams[0].get("version"))))) if upstreams else ""
    try:
        return component_of(str(artifact.get("purl") or ""), source=source)
    except InputError:
        return Component(f"pkg:generic/{name}@{version}", name, version, "", name, version)


def _database(run: Run) -> Database:
    value = told_json(run(["db", "status", "--output", "json"], (0,)), PROGRAM)
    if value.get("valid") is False or not value.get("built"):
        raise IncompleteError(f"Grype has no valid database: {value.get('error') or 'it names none'}", advice=ADVICE)
    told = {key: value.get(key) for key in ("schemaVersion", "from", "built", "checksum")}
    digest = hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()
    origin = f"the database of Grype, {value.get('from') or 'schema ' + str(value.get('schemaVersion'))}"
    return Database(f"sha256:{digest}", str(value["built"]), origin, ())
