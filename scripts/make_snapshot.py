#!/usr/bin/env python3
"""Make the snapshot of advisories that comes with barehull, from a folder or URL in OSV's layout.

    python scripts/make_snapshot.py FOLDER [--coverage FILE] [--output FOLDER]

It keeps facts only: identifiers, ranges, versions, severities. Texts, links and commits are dropped, and so are versions that
the ranges already say are affected. The same records give the same bytes. `--coverage` says what the data leaves out; how it is
written is in src/barehull/advisories/coverage.py.
"""

from __future__ import annotations

import argparse
import lzma
from pathlib import Path

import msgspec

from barehull.advisories.feed import Feed, all_feeds
from barehull.advisories.model import Advisory
from barehull.advisories.origin import Origin
from barehull.advisories.osv import Affected, AffectedRange, Record, decode
from barehull.advisories.snapshot import COVERAGE, SUFFIX
from barehull.files import scratch_folder
from barehull.inventory.model import Component
from barehull.net import Fetcher, NotFoundError
from barehull.scan.matchers import pypi
from barehull.scan.ranges import Affected as IsAffected

HERE = Path(__file__).parent
DATA = HERE.parent / "src" / "barehull" / "advisories" / "data"
LIMIT = 1 << 20  # bytes, of the whole snapshot


def is_told_by_ranges(entry: Affected, version: str) -> bool:
    """Whether the ranges alone say that this PyPI version is affected."""
    advisory = Advisory("", "PyPI", "", entry.model_ranges(), (), ())
    return isinstance(pypi.match(Component("", "", version, "PyPI", "", version), advisory), IsAffected)


def facts_of_entry(entry: Affected) -> Affected:
    """The entry without commits and without versions that its ranges tell."""
    versions = entry.versions or []
    if entry.package and entry.package.ecosystem == "PyPI":
        versions = [version for version in versions if not is_told_by_ranges(entry, version)]
    ranges = [one for one in entry.ranges or () if one.type != "GIT"]
    if entry.ranges and not ranges:
        ranges = [AffectedRange("GIT", [])]  # that it has nothing but commits is a fact too
    return Affected(
        entry.package, ranges or None, versions or None, entry.severity, database_severity=entry.database_severity
    )


def facts(record: Record, ecosystem: str) -> Record:
    """The record without all that decides nothing."""
    return Record(
        id=record.id,
        modified=record.modified[:10],
        aliases=sorted(record.aliases or ()) or None,
        upstream=sorted(record.upstream or ()) or None,
        severity=record.severity,
        affected=[facts_of_entry(entry) for entry in record.of(ecosystem)],
    )


def pack(origin: Origin, feed: Feed) -> bytes:
    """The facts of one feed: a record a line, sorted, compressed."""
    with scratch_folder() as folder:
        origin.fetch(feed, folder / "feed")
        told = list(feed.read(folder / "feed", feed.name))
    records = (decode(fact, feed.name) if isinstance(fact, bytes) else fact for fact in told)
    kept = sorted(
        (facts(one, feed.name) for one in records if isinstance(one, Record) and not one.withdrawn),
        key=lambda record: record.id,
    )
    lines = b"".join(msgspec.json.encode(record) + b"\n" for record in kept)
    packed = lzma.compress(lines, preset=9 | lzma.PRESET_EXTREME)
    print(f"{feed.name}: {len(kept)} records, {len(lines)} bytes, {len(packed)} compressed")
    return packed


def pack_all(origin: Origin) -> dict[str, bytes]:
    """The files of all feeds of advisories that the origin has."""
    listed, packed = origin.listed(), dict[str, bytes]()
    for feed in all_feeds():
        if feed.name in ("kev", "epss", "debian-tracker") or (feed.listed and feed.name not in listed):
            continue  # they change by the day
        try:
            packed[feed.name + SUFFIX] = pack(origin, feed)
        except NotFoundError:
            print(f"{feed.name}: none")
    return packed


def main() -> None:
    """Read the arguments, write the files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("origin", help="a folder or URL with ecosystems.txt and <Ecosystem>/all.zip")
    parser.add_argument("--coverage", type=Path, default=HERE / "snapshot-coverage.json")
    parser.add_argument("--output", type=Path, default=DATA)
    arguments = parser.parse_args()
    contents = {COVERAGE: arguments.coverage.read_bytes()}
    with Fetcher() as fetcher:
        contents |= pack_all(Origin(arguments.origin, fetcher))
    if (size := sum(map(len, contents.values()))) > LIMIT:
        parser.error(f"the snapshot has {size} bytes, and may have {LIMIT}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (arguments.output / name).write_bytes(content)


if __name__ == "__main__":
    main()
