#!/usr/bin/env python3
"""Measure the store of advisories and scans: python scripts/bench_scan.py [MIRROR] [--records N] [--inventories N]

The store is built from a mirror in OSV's layout where one is named, and from synthetic records; thousands of inventories are
scanned again with it, on all cores. With --image, an archive that `docker save` or barehull wrote, that image is scanned beside
osv-scanner, which has to be on PATH, with the very same files of advisories. Each step runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from barehull.advisories.store import AdvisoryStore
from barehull.advisories.update import update
from barehull.core.progress import silent
from barehull.files import scratch_folder
from barehull.inventory.model import Component, Files, Inventory
from barehull.net import Fetcher
from barehull.scan.model import Scan
from barehull.scan.rescan import rescan

SHARES = {"npm": 0.4, "Debian": 0.2, "Ubuntu": 0.15, "Maven": 0.1, "PyPI": 0.1, "Go": 0.05}
RELEASES = {"Debian": ("Debian:12", "Debian:13"), "Ubuntu": ("Ubuntu:22.04:LTS", "Ubuntu:24.04:LTS")}
PACKAGES = 20_000  # of each ecosystem
COMPONENTS = 150  # of each inventory
OSV_SCANNER = ("osv-scanner", "scan", "image", "--offline", "--offline-vulnerabilities", "--all-packages")
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"


def record(ecosystem: str, number: int, dice: random.Random) -> dict[str, object]:
    """As real ones are: 1 to 3 packages, ranges, an alias or two, a text."""
    names = {f"package-{dice.randrange(PACKAGES)}" for _ in range(dice.choice((1, 1, 1, 2, 3)))}
    version = f"{dice.randrange(9)}.{dice.randrange(30)}.{dice.randrange(9)}"
    kind = "SEMVER" if ecosystem in ("npm", "Go") else "ECOSYSTEM"
    ranges = [{"type": kind, "events": [{"introduced": "0"}, {"fixed": version}]}]
    cve = f"CVE-2026-{number:07}"
    distribution = ecosystem in RELEASES
    return {
        "schema_version": "1.7.0",
        "id": f"{ecosystem.upper()}-{cve}" if distribution else f"GHSA-{ecosystem}-{number}",
        "modified": "2026-11-01T00:00:00Z",
        "details": "A text of a few lines that tells what happened. " * 20,
        ("upstream" if distribution else "aliases"): [cve],
        "severity": [{"type": "CVSS_V3", "score": VECTOR}],
        "affected": [
            {"package": {"ecosystem": release, "name": name}, "ranges": ranges}
            for name in sorted(names)
            for release in RELEASES.get(ecosystem, (ecosystem,))
        ],
    }


def make_mirror(folder: Path, records: int) -> None:
    """A mirror with that many records."""
    dice = random.Random(5)
    folder.mkdir(parents=True)
    (folder / "ecosystems.txt").write_text("\n".join(SHARES) + "\n")
    for ecosystem, share in SHARES.items():
        (folder / ecosystem).mkdir()
        with zipfile.ZipFile(folder / ecosystem / "all.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for number in range(int(records * share)):
                archive.writestr(f"{number}.json", json.dumps(record(ecosystem, number, dice)))


def inventory(number: int) -> Inventory:
    """An image: Debian's packages, Python's, npm's and Go's, in versions of its own."""
    dice = random.Random(number)
    components = [
        component(dice.choice(("Debian:13", "Debian:13", "PyPI", "npm", "Go")), dice) for _ in range(COMPONENTS)
    ]
    files = Files(3000, 3000, 0, 0, ())
    return Inventory(f"sha256:{number:064x}", "linux/amd64", "Debian:13", 1, tuple(sorted(set(components))), files, ())


def component(ecosystem: str, dice: random.Random) -> Component:
    name = f"package-{dice.randrange(PACKAGES)}"
    version = f"{dice.randrange(9)}.{dice.randrange(30)}.{dice.randrange(9)}"
    return Component(f"pkg:generic/{ecosystem}/{name}@{version}", name, version, ecosystem, name, version)


def build(mirror: Path, cache: Path) -> str:
    with Fetcher() as fetcher:
        database = update(str(mirror), cache, silent, fetcher)
    size = (cache / "advisories.sqlite").stat().st_size / 1e6
    return f"{sum(one.records for one in database.coverage):,} records by release, {size:.0f} MB"


def count_matches(scan: Scan) -> int:
    return len(scan.matches)


def scan_again(store: Path, count: int) -> str:
    matches = sum(rescan(map(inventory, range(count)), store, count_matches))
    return f"{count:,} inventories of {COMPONENTS}, {matches:,} matches"


def scan_one(store: Path) -> str:
    from barehull.scan.scan import scan

    with AdvisoryStore.open(store) as opened:
        return f"one inventory, {len(scan(inventory(0), opened).matches)} matches"


def beside_osv_scanner(image: Path, mirror: Path, store: Path) -> None:
    """Whole processes, five runs each, interleaved; the median counts."""
    if not shutil.which("osv-scanner"):
        print("osv-scanner is not on PATH")
        return
    with scratch_folder() as folder:
        (folder / "osv-scalibr").symlink_to(mirror.absolute())
        environment = os.environ | {"OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY": str(folder)}
        report = ["--format", "json", "--output-file", str(folder / "report")]
        commands = {
            "osv-scanner": [*OSV_SCANNER, *report, "--archive", str(image)],
            "barehull": ["barehull", "scan", "-q", "--format", "json", "--db", str(store), f"docker-archive:{image}"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(5):
            for name, command in commands.items():
                started = time.perf_counter()
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
                times[name].append(time.perf_counter() - started)
                if done.returncode not in (0, 1, 3) or "could not load" in done.stderr:  # codes tell of findings
                    raise SystemExit(f"{name} failed:\n{done.stderr}")
    for name, seconds in times.items():
        print(f"{name:<44} {statistics.median(seconds):7.2f} s           scans {image.name}", flush=True)


STEPS: dict[str, Callable[..., str]] = {"build": build, "again": scan_again, "one": scan_one}


def step(title: str, name: str, *arguments: object) -> None:
    """Run one in a process of its own, and print its time and its peak of memory, with its own children's."""
    subprocess.run([sys.executable, __file__, "--step", title, name, *map(str, arguments)], check=True)


def run_step(title: str, name: str, *arguments: str) -> None:
    started = time.perf_counter()
    said = STEPS[name](*(int(it) if it.isdigit() else Path(it) for it in arguments))
    seconds = time.perf_counter() - started
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(f"{title:<44} {seconds:7.2f} s {peak:5.0f} MB   {said}", flush=True)


def main() -> None:
    """Read the arguments, run the steps."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("mirror", nargs="?", type=Path)
    parser.add_argument("--image", type=Path)
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--inventories", type=int, default=2_000)
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        run_step(*arguments.step)
        return
    with scratch_folder() as folder:
        if arguments.mirror:
            step("store of the mirror", "build", arguments.mirror, folder / "real")
            step("the same, when nothing changed", "build", arguments.mirror, folder / "real")
            if arguments.image:
                beside_osv_scanner(arguments.image, arguments.mirror, folder / "real" / "advisories.sqlite")
        make_mirror(folder / "mirror", arguments.records)
        step(f"store of {arguments.records:,} synthetic records", "build", folder / "mirror", folder / "cache")
        step("the same, when nothing changed", "build", folder / "mirror", folder / "cache")
        store = folder / "cache" / "advisories.sqlite"
        step("scan", "one", store)
        if arguments.image:
            beside_osv_scanner(arguments.image, folder / "mirror", store)
        step("scan again with a new database", "again", store, arguments.inventories)


if __name__ == "__main__":
    main()
