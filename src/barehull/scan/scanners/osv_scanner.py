"""osv-scanner, with the databases that it has downloaded (`all.zip` of each ecosystem)."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from packageurl import PackageURL

from barehull.advisories.identity import Statement, identify
from barehull.advisories.model import Advisory, Database
from barehull.advisories.osv import Record, decode
from barehull.advisories.severity import severity
from barehull.core.errors import IncompleteError
from barehull.files import sha256_of
from barehull.inventory.model import Component
from barehull.scan.peer import Finding, Heard, Run, read_report
from barehull.scan.ranges import Affected
from barehull.scan.scan import matchers

PROGRAM = "osv-scanner"
ADVICE = (
    "Install it with `go install github.com/google/osv-scanner/v2/cmd/osv-scanner@latest`, and have it fetch its "
    "databases once with --offline-vulnerabilities --download-offline-databases."
)
ENVIRONMENT: dict[str, str] = {}

_LOADED = re.compile(r"Loaded (?P<ecosystem>.+) local db from (?P<path>.+)")
_TYPES = {"PyPI": "pypi", "npm": "npm", "Go": "golang", "Maven": "maven", "crates.io": "cargo"}
_DISTRIBUTIONS = {"Debian": "deb", "Ubuntu": "deb", "Alpine": "apk"}


def listen(archive: Path, report: Path, run: Run) -> Heard:
    """It exits with 1 when it finds something; and with 0 where it could not load a database, so that is looked for."""
    started = time.time()
    arguments = ["scan", "image", "--archive", "--offline", "--offline-vulnerabilities", "--all-packages"]
    arguments += ["--all-vulns", "--format", "json", "--output-file", str(report), str(archive)]
    lines = run(arguments, (0, 1))
    loaded = {found["ecosystem"]: Path(found["path"]) for line in lines if (found := _LOADED.search(line))}
    packages = [package for result in read_report(report, PROGRAM)["results"] for package in result["packages"]]
    listed = [(_component(package["package"]), package) for package in packages]
    unread = [
        (it, f"no-coverage: osv-scanner has no database of {_base(it) or 'it'}")
        for it, _ in listed
        if _base(it) not in loaded
    ]
    database = _database(loaded, run, started)
    return Heard(database, tuple(_findings(listed)), tuple(it for it, _ in listed), tuple(unread))


def _base(component: Component) -> str:
    return component.ecosystem.partition(":")[0]


def _component(package: dict[str, Any]) -> Component:
    source, version, ecosystem = str(package["name"]), str(package["version"]), str(package["ecosystem"])
    name = str(package.get("os_package_name") or source)
    base, _, release = ecosystem.partition(":")
    if kind := _DISTRIBUTIONS.get(base):
        distro = {"distro": f"{base.lower()}-{release.removeprefix('v').removesuffix(':LTS')}"}
        purl = PackageURL(kind, base.lower(), name, version or None, distro)
    else:
        namespace, _, last = name.replace(":", "/").rpartition("/")
        purl = PackageURL(_TYPES.get(base, "generic"), namespace or None, last or "unnamed", version or None)
    return Component(purl.to_string(), name, version, ecosystem, source, version)


def _database(loaded: dict[str, Path], run: Run, started: float) -> Database:
    """All databases that lie where it loaded some: the other image may need others of them."""
    folders = {path.parent.parent for path in loaded.values()}
    if len(folders) != 1:
        raise IncompleteError("osv-scanner read no database: its word on this image counts for nothing", advice=ADVICE)
    digest, dates = hashlib.sha256(), [0.0]
    for path in sorted(folders.pop().glob("*/all.zip")):
        digest.update(f"{path.parent.name} {sha256_of(path)}\n".encode())
        dates.append(path.stat().st_mtime)
    if max(dates) >= started:
        raise IncompleteError(
            "the databases of osv-scanner were changed while it scanned", advice="Try again when nobody updates them."
        )
    made = datetime.fromtimestamp(max(dates), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    version = next((line for line in run(["--version"], (0,)) if "version" in line), PROGRAM)
    return Database(f"sha256:{digest.hexdigest()}", made, f"the databases of {version.replace(' version:', '')}", ())


def _findings(listed: Sequence[tuple[Component, dict[str, Any]]]) -> Iterable[Finding]:
    records = {
        str(told["id"]): decode(msgspec.json.encode(told), PROGRAM)
        for _, package in listed
        for told in package.get("vulnerabilities") or ()
    }
    names = identify(
        Statement(record.id, tuple(record.aliases or ()), tuple(record.upstream or ())) for record in records.values()
    )
    for component, package in listed:
        for told in package.get("vulnerabilities") or ():
            record = records[str(told["id"])]
            for group in names[record.id]:
                yield Finding(component, group, record.id, *_details(record, component))


def _details(record: Record, component: Component) -> tuple[str, Any]:
    """Which version fixes it (osv-scanner does not say: by our own reading of the record), and how bad it is."""
    matcher = next((it for it in matchers() if it.handles(component.ecosystem)), None)
    fixed, said = "", severity("", record.id)
    for entry in record.of(_base(component)):
        if entry.package is None or entry.package.name != component.source:
            continue
        said = severity(record.severity_of(entry), record.id)
        ranges, versions = entry.model_ranges(), tuple(entry.versions or ())
        advisory = Advisory(record.id, component.ecosystem, component.source, ranges, versions, ())
        answer = matcher.match(component, advisory) if matcher else None
        if isinstance(answer, Affected):
            return answer.fixed_version, said
        fixed = next((version for one in ranges for kind, version in one.events if kind == "fixed"), fixed)
    return fixed, said
