"""osv-scanner and barehull side by side, with the same advisories: every difference, and the rule that explains it.

    python scripts/compare_scanners.py --mirror FOLDER [--osv-scanner PROGRAM] SUBJECT...

FOLDER has OSV's layout (ecosystems.txt, ECOSYSTEM/all.zip). A SUBJECT is an image (oci:DIR) or an SBOM (sbom:FILE).
What is compared are triples of package, version and record. Exits 1 when a difference has no rule.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from barehull.advisories.store import AdvisoryStore
from barehull.advisories.update import update
from barehull.files import Store
from barehull.inventory.cataloguers import dpkg
from barehull.inventory.model import Component, Inventory
from barehull.net import Fetcher
from barehull.oci.docker_archive import write_docker_archive
from barehull.oci.model import Image
from barehull.oci.rootfs import Rootfs
from barehull.scan.model import Scan
from barehull.scan.scan import scan
from barehull.scan.subject import Subject, examine, open_subject

Package = tuple[str, str, str]  # ecosystem, name (of a distribution the binary package's), version


@dataclass(frozen=True)
class Theirs:
    """What osv-scanner says: each package with the records and the paths it was read from, and ecosystems loaded."""

    packages: dict[Package, tuple[set[str], set[str]]]
    loaded: set[str]


@dataclass(frozen=True)
class Case:
    """One subject, seen by both. `owned` are paths that Debian packages own, `store` has the records."""

    subject: str
    ours: Scan
    theirs: Theirs
    owned: set[str]
    store: AdvisoryStore


def main() -> int:
    """Compare all subjects, and print what differs and why."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", required=True, type=Path)
    parser.add_argument("--osv-scanner", default="osv-scanner")
    parser.add_argument("subjects", nargs="+", metavar="SUBJECT")
    arguments = parser.parse_args()
    unexplained = 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        with Fetcher() as fetcher:
            update(str(arguments.mirror), scratch, lambda message: None, fetcher)
        shutil.copytree(arguments.mirror, scratch / "db" / "osv-scalibr")
        print(f"{'subject':44} {'ours':>5} {'theirs':>6} {'both':>5}  differences")
        with AdvisoryStore.open(scratch / "advisories.sqlite") as store:
            for text in arguments.subjects:
                case = look(text, store, scratch, arguments.osv_scanner)
                unexplained += show(case)
    print("every difference has its rule" if not unexplained else f"{unexplained} differences have no rule")
    return 1 if unexplained else 0


def look(text: str, store: AdvisoryStore, scratch: Path, program: str) -> Case:
    """Have both look at the subject."""
    subject = open_subject(text)
    ours = examine(subject, lambda inventory, image: scan(inventory, store), Store(scratch / "store"))
    owned: set[str] = set()
    if isinstance(subject, Image):
        with Rootfs.of(subject) as rootfs:
            owned = {claim.path for claim in dpkg.catalogue(rootfs).claims}
    return Case(text, ours, ask(subject, text, scratch, program), owned, store)


def ask(subject: Subject, text: str, scratch: Path, program: str) -> Theirs:
    """What osv-scanner says of the subject. RuntimeError where it fails."""
    report = scratch / "report.json"
    if isinstance(subject, Inventory):
        what = ["source", "-L", text.removeprefix("sbom:")]
    else:
        archive = scratch / "image.tar"
        write_docker_archive(subject, archive, "")
        what = ["image", "--archive", str(archive)]
    options = ["--offline", "--offline-vulnerabilities", "--all-packages", "--all-vulns", "--format", "json"]
    command = [program, "scan", what[0], *options, "--output-file", str(report), *what[1:]]
    environment = os.environ | {"OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY": str(scratch / "db")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 128:  # it finds no packages
        return Theirs({}, set())
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} failed with {done.returncode}:\n{done.stderr}{done.stdout}")
    said = done.stdout + done.stderr
    loaded = {line.split()[1] for line in said.splitlines() if line.startswith("Loaded ")}
    return Theirs(read(json.loads(report.read_text())), loaded)


def read(report: dict[str, Any]) -> dict[Package, tuple[set[str], set[str]]]:
    """The packages of osv-scanner's report."""
    packages: dict[Package, tuple[set[str], set[str]]] = {}
    for result in report["results"]:
        for entry in result["packages"]:
            package = entry["package"]
            name = package.get("os_package_name") or package["name"]
            records, paths = packages.setdefault(keyed(package["ecosystem"], name, package["version"]), (set(), set()))
            records |= {record["id"] for record in entry.get("vulnerabilities") or ()}
            paths.add(result["source"]["path"].lstrip("/"))
    return packages


def keyed(ecosystem: str, name: str, version: str) -> Package:
    """A package, spelled in one way."""
    return ecosystem, canonicalize_name(name) if ecosystem == "PyPI" else name, version.removeprefix("v")


def key_of(component: Component) -> Package:
    """A component of ours, as osv-scanner names it."""
    return keyed(component.ecosystem, component.name, component.version)


def show(case: Case) -> int:
    """Print the case in a line and its differences, grouped by their rules; how many have none."""
    mine = {(key_of(match.component), match.advisory) for match in case.ours.matches}
    theirs = {(package, record) for package, (records, _) in case.theirs.packages.items() for record in records}
    differences = [(f"only theirs: {' '.join(it)} {id_}", why_only_theirs(case, it)) for it, id_ in theirs - mine]
    differences += [(f"only ours: {' '.join(it)} {id_}", why_only_ours(case, it, id_)) for it, id_ in mine - theirs]
    there = {key_of(component) for component in case.ours.inventory.components}
    differences += [
        (f"a package only theirs: {' '.join(it)}", why_only_theirs(case, it))
        for it in case.theirs.packages.keys() - there
    ]
    name = case.subject if len(case.subject) <= 44 else f"...{case.subject[-41:]}"
    print(f"{name:44} {len(mine):5} {len(theirs):6} {len(mine & theirs):5}  {len(mine ^ theirs)}")
    for (side, rule), count in Counter((what.partition(":")[0], why) for what, why in differences if why).items():
        print(f"    {count} {side}: {rule}")
    unexplained = sorted(what for what, why in differences if not why)
    print("".join(f"    NO RULE, {what}\n" for what in unexplained), end="")
    return len(unexplained)


def why_only_theirs(case: Case, package: Package) -> str:
    """The rule by which we do not report what they do; "" for none."""
    component = next((it for it in case.ours.inventory.components if key_of(it) == package), None)
    paths = case.theirs.packages[package][1]
    if component is None:
        return why_not_there(case, package, paths)
    if any(it.subject == component.purl for it in case.ours.undecided):
        return "undecided by us, with a reason"
    if package[:2] == ("Go", "stdlib") and case.subject.startswith("sbom:"):
        return "they take every Go of an SBOM that writes its version as go1.26.8 for the oldest"
    if component.ecosystem.startswith("Debian:"):
        if "~deb" in component.source_version:
            return "a rebuild (2.9.0-1~deb13u1) of the version that has the fix (2.9.0-1), which sorts before it"
        if component.source_version != component.version:
            return "they compare the version of the binary package with fixes of its source package"
    return ""


def why_not_there(case: Case, package: Package, paths: set[str]) -> str:
    """The rule by which what they list as a package is none of ours."""
    ecosystem, name, version = package
    inventory = case.ours.inventory
    if paths <= case.owned:
        return "metadata of Python that a Debian package owns; Debian's advisories speak of it"
    if any(path in gap.subject for gap in inventory.gaps for path in paths):
        return "a gap of ours, with a reason: undecided, not absent"
    if case.subject.startswith("sbom:"):
        if not ecosystem:
            return "what the SBOM itself is about"
        same = (it for it in inventory.components if it.ecosystem == ecosystem and key_of(it)[2] == version)
        if any(it.name.rpartition("/")[2] == name for it in same):
            return "of an SPDX document they take a module's last part (net) for its name (golang.org/x/net)"
    there = {path for it in inventory.components if it.ecosystem == ecosystem for path in it.evidence}
    if ecosystem == "Maven" and paths <= there:
        return "a jar without coordinates: they guess another group than we, both from its manifest"
    return ""


def why_only_ours(case: Case, package: Package, record: str) -> str:
    """The rule by which they do not report what we do; "" for none."""
    ecosystem = package[0].partition(":")[0]
    if package not in case.theirs.packages:
        return f"a package of {ecosystem} that they do not see, or by another name"
    if ecosystem not in case.theirs.loaded:
        return f"they have no data of {ecosystem}"
    component = next(it for it in case.ours.inventory.components if key_of(it) == package)
    if component.source_version != component.version:
        return "they compare the version of the binary package (1-2+b3) with fixes of its source package (1-2)"
    if ecosystem == "PyPI" and "+" in package[2]:
        return "a local version (1.0+cu1) has the vulnerabilities of the public one (1.0)"
    said = [it for it in case.store.query(component.ecosystem, component.source) if it.id == record]
    if all(not it.ranges and (ecosystem == "Go" or component.version not in it.versions) for it in said):
        return "a version that is listed in another spelling (v1.2.3 as 1.2.3, 1.0.0 as 1.0): they compare the text"
    return ""


if __name__ == "__main__":
    sys.exit(main())
