"""Advisories and packages of eight ecosystems, made by chance from versions that have their pitfalls."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path
from urllib.parse import quote

# By OSV's name: the purl, how advisories name the package, and versions in their order.
ECOSYSTEMS = {
    "npm": ("pkg:npm/{}@{}", "{}", "0.0.1 1.0.0-alpha.1 1.0.0-rc.1 1.0.0 1.2.3 1.9.0 1.10.0 2.0.0-0 2.0.0 10.0.0"),
    "Go": (
        "pkg:golang/example.com/{}@v{}",
        "example.com/{}",
        "0.0.0-20220101000000-abcdef123456 0.9.1 1.0.0-rc.1 1.0.0 1.2.3 1.2.4-0.20210101000000-abcdef123456 1.10.0",
    ),
    "PyPI": ("pkg:pypi/{}@{}", "{}", "0.1 1.0.dev1 1.0a1 1.0rc1 1.0 1.0.post1 1.9 1.10 2021.1.1 2!1.0"),
    "crates.io": ("pkg:cargo/{}@{}", "{}", "0.0.1 0.1.0 1.0.0-alpha.1 1.0.0 1.2.3 1.10.0 2.0.0-rc.1"),
    "Maven": (
        "pkg:maven/org.x/{}@{}",
        "org.x:{}",
        "1.0-alpha-1 1.0-beta2 1.0-rc1 1.0-SNAPSHOT 1.0 1.0-sp1 1.0-jre 1.0.1 1.9 1.10 2.0.Final 31.0-android",
    ),
    "Debian:13": (
        "pkg:deb/debian/{}@{}?arch=amd64&distro=debian-13",
        "{}",
        "1.0~rc1-1 1.0-1 1.0-1+b2 1.0-1+deb13u1 1.0-2 1.0-10 1.0.1-1 1:0.9-1",
    ),
    "Ubuntu:24.04:LTS": (
        "pkg:deb/ubuntu/{}@{}?arch=amd64&distro=ubuntu-24.04",
        "{}",
        "1.0~rc1-1 1.0-1 1.0-1ubuntu1 1.0-1ubuntu1.1 1:0.9-1ubuntu2",
    ),
    "Alpine:v3.20": (
        "pkg:apk/alpine/{}@{}?arch=x86_64&distro=alpine-3.20.3",
        "{}",
        "1.0_rc1-r0 1.0-r0 1.0-r1 1.0_p1-r0 1.0a-r0 1.0.1-r0 1.9-r2 1.10-r0",
    ),
}


def generated(folder: Path, seed: int, packages: int = 60) -> tuple[Path, Path]:
    """A mirror of advisories, three for each package, and a CycloneDX SBOM with the packages."""
    chance = random.Random(seed)
    components = []
    names = []
    for ecosystem, (purl, spelled, versions) in ECOSYSTEMS.items():
        records = {}
        for number in range(packages):
            name = spelled.format(f"p{number}")
            version = chance.choice(versions.split())
            located = purl.format(f"p{number}", quote(version, safe=":~"))
            components.append({"type": "library", "name": name, "version": version, "purl": located})
            for each in range(3):
                id_ = f"X-{ecosystem.partition(':')[0]}-{number}-{each}"
                affected = {"package": {"ecosystem": ecosystem, "name": name}} | _said(chance, ecosystem, versions)
                records[id_] = {"id": id_, "modified": "2026-01-02T00:00:00Z", "affected": [affected]}
        names.append(ecosystem.partition(":")[0])
        (folder / "mirror" / names[-1]).mkdir(parents=True)
        with zipfile.ZipFile(folder / "mirror" / names[-1] / "all.zip", "w") as archive:
            for id_, record in records.items():
                archive.writestr(f"{id_}.json", json.dumps(record))
    (folder / "mirror" / "ecosystems.txt").write_text("\n".join(sorted(names)) + "\n")
    sbom = folder / "generated.cdx.json"
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}
    sbom.write_text(json.dumps(document))
    return folder / "mirror", sbom


def _said(chance: random.Random, ecosystem: str, versions: str) -> dict[str, object]:
    """What an advisory says of versions: a stretch or two, its last version, or a list."""
    known = versions.split()
    first, second, third = (known[place] for place in sorted(chance.sample(range(len(known)), 3)))
    forms: list[list[dict[str, str]]] = [
        [{"introduced": "0"}, {"fixed": second}],
        [{"introduced": "0"}, {"last_affected": second}],
        [{"introduced": first}, {"fixed": second}],
        [{"introduced": first}, {"last_affected": third}],
        [{"introduced": "0"}, {"fixed": first}, {"introduced": second}, {"fixed": third}],
        [{"introduced": second}],
        [],
    ]
    if events := chance.choice(forms):
        kind = "SEMVER" if ecosystem in ("npm", "Go", "crates.io") else "ECOSYSTEM"
        return {"ranges": [{"type": kind, "events": events}]}
    return {"versions": [first, third]}
