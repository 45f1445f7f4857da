"""CISA's catalog of vulnerabilities that are known to be exploited (https://www.cisa.gov/known-exploited-vulnerabilities)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from barehull.advisories.facts import AsOf, Exploited, Fact
from barehull.advisories.feed import Feed, damaged


class _Vulnerability(msgspec.Struct, rename={"cve": "cveID"}):
    cve: str


class _Catalog(msgspec.Struct, rename={"released": "dateReleased"}):
    released: str
    vulnerabilities: list[_Vulnerability]


def read(path: Path, what: str) -> Iterator[Fact]:
    """The CVEs of the catalog."""
    try:
        catalog = msgspec.json.decode(path.read_bytes(), type=_Catalog)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        raise damaged(what, error) from error
    yield AsOf(catalog.released[:10])
    for one in catalog.vulnerabilities:
        yield Exploited(one.cve)


FEEDS = (
    Feed(
        "kev",
        "CISA's catalog of known exploited vulnerabilities",
        "kev/known_exploited_vulnerabilities.json",
        "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        read,
        limit=64 << 20,
    ),
)
