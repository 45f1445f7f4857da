"""Debian's security tracker: every CVE of every supported release, fixed or not, and what is done about it.

https://security-tracker.debian.org/tracker/data/json is an object: source package -> CVE -> `releases` -> status. OSV's
records of Debian are made from it, and leave out what was decided (ignored, postponed, end of life).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from barehull.advisories.facts import Fact
from barehull.advisories.feed import Feed, damaged
from barehull.advisories.model import Status
from barehull.advisories.osv import Affected, AffectedRange, Package, Record

RELEASES = {
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "forky": "14",
    "duke": "15",
}  # of sid, nobody has images


class _Release(msgspec.Struct):
    status: Literal["open", "resolved", "undetermined"]
    fixed_version: str = ""
    urgency: str = ""
    nodsa: str = ""
    nodsa_reason: str = ""


class _Issue(msgspec.Struct):
    releases: dict[str, _Release]


_index = msgspec.json.Decoder(dict[str, msgspec.Raw])
_package = msgspec.json.Decoder(dict[str, _Issue])


def read(path: Path, what: str) -> Iterator[Fact]:
    """The tracker as OSV records, one for each CVE of each package, named as OSV names them."""
    try:
        for package, body in _index.decode(path.read_bytes()).items():
            for cve, issue in _package.decode(body).items():  # package by package: all of them take half a gigabyte
                affected = [
                    _affected(package, RELEASES[name], release)
                    for name, release in issue.releases.items()
                    if name in RELEASES and release.fixed_version != "0"  # never affected
                ]
                if affected:
                    name = f"DEBIAN-{cve}" if cve.startswith("CVE-") else cve
                    yield Record(name, "unknown", upstream=[cve], affected=affected)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        raise damaged(what, error) from error


def _affected(package: str, number: str, release: _Release) -> Affected:
    events = [{"introduced": "0"}]
    if release.status == "resolved" and release.fixed_version:
        events.append({"fixed": release.fixed_version})
    # Of what is undetermined nobody knows the versions: no range, which is undecided, and not "all".
    ranges = [] if release.status == "undetermined" else [AffectedRange("ECOSYSTEM", events)]
    return Affected(
        Package(f"Debian:{number}", package),
        ranges,
        distribution_status=_status(release),
        database_severity="" if release.urgency == "end-of-life" else release.urgency,
    )


def _status(release: _Release) -> Status:
    if release.urgency == "end-of-life":
        return "end-of-life"
    if release.urgency == "unimportant":
        return "unimportant"
    if release.status != "open":
        return ""
    if release.nodsa_reason == "ignored":
        return "ignored"
    return "postponed" if release.nodsa_reason == "postponed" else "unfixed"


FEEDS = (
    Feed(
        "debian-tracker",
        "Debian's security tracker",
        "debian-tracker/data.json",
        "https://security-tracker.debian.org/tracker/data/json",
        read,
        limit=512 << 20,
        speaks_for="Debian",
    ),
)
