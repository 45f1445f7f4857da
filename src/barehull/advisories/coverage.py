"""How far each ecosystem's data reaches: what the origin claims in `coverage.json`, else what the records tell.

`coverage.json` lies beside `ecosystems.txt` and is an object: ecosystem ("Debian" is for each of its releases,
"Debian:13" for one) -> `kind` ("full", "fixed-only", "partial"), `as_of` (ISO date), `left_out` (a sentence),
`excluded` (patterns of package names).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from barehull.advisories.model import Coverage, Kind
from barehull.advisories.osv import Affected, Name, Record
from barehull.core.errors import InputError

UNKNOWN = "unknown"

# Records with 0001-01-01, or 1-01-01, were exported without a date.
_DAY = re.compile(r"(?:199|20|21)\d{1,2}-\d\d-\d\d")


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an origin says of one ecosystem; what it does not say is told from the records."""

    kind: Kind | None = None
    as_of: str = ""
    left_out: str = ""
    excluded: tuple[Name, ...] = ()


Claims = Mapping[str, Claim]


def read_claims(data: bytes, what: str) -> Claims:
    """The claims of a coverage.json. InputError when it is not one."""
    try:
        return msgspec.json.decode(data, type=dict[str, Claim])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{what} is not a description of coverage: {error}",
            advice="It is an object: ecosystem -> kind, as_of, left_out, excluded. See docs/advisories.md.",
        ) from error


_DISTRIBUTIONS = ("Alpine", "Chainguard", "Debian", "Ubuntu", "Wolfi")


class Tally(msgspec.Struct):
    """Counts what is stored of one feed, to tell its coverage at the end."""

    records: int = 0  # all that came
    facts: int = 0  # those that were stored
    broken: int = 0
    as_of: str = ""
    stored: dict[str, int] = msgspec.field(default_factory=dict)  # records, by ecosystem with release
    latest: dict[str, str] = msgspec.field(default_factory=dict)
    unfixed: set[str] = msgspec.field(default_factory=set)
    malware: int = 0

    def takes(self, record: Record, base: str, broken: bool) -> bool:
        """Whether a record that came is to be stored: one that is not withdrawn, and does not name malware."""
        self.records += 1
        self.broken += broken
        if record.withdrawn:
            return False
        if record.is_malware:
            self.malware += any(True for _ in record.of(base))
            return False
        return True

    def count(self, record: Record, entries: Mapping[str, list[Affected]]) -> None:
        """A record that was stored, with its entries by ecosystem."""
        day = record.modified[:10]
        for ecosystem, affected in entries.items():
            self.stored[ecosystem] = self.stored.get(ecosystem, 0) + 1
            if _DAY.fullmatch(day):
                self.latest[ecosystem] = max(day, self.latest.get(ecosystem, ""))
            if not all(map(_has_fixes, affected)):
                self.unfixed.add(ecosystem)


def coverages(tallies: Mapping[str, Tally], claims: Claims) -> Iterator[tuple[str, Coverage]]:
    """For every ecosystem that has records the feed that speaks for it, the first of `tallies`, and its coverage."""
    speaks: dict[str, str] = {}
    for feed, tally in tallies.items():
        for ecosystem in tally.stored:
            speaks.setdefault(ecosystem, feed)
    for ecosystem, feed in sorted(speaks.items()):
        yield feed, _coverage(ecosystem, tallies[feed], claims)


def _coverage(ecosystem: str, tally: Tally, claims: Claims) -> Coverage:
    claim = claims.get(ecosystem) or claims.get(ecosystem.partition(":")[0]) or Claim()
    left_out = [
        claim.left_out,
        f"{tally.malware} records of malware (MAL-)" if tally.malware else "",
        f"{tally.broken} records that could not be read" if tally.broken else "",
    ]
    return Coverage(
        ecosystem=ecosystem,
        kind=claim.kind or _kind(ecosystem, tally),
        as_of=claim.as_of or tally.latest.get(ecosystem) or tally.as_of or UNKNOWN,
        records=tally.stored[ecosystem],
        left_out="; ".join(filter(None, left_out)),
        excluded=claim.excluded,
    )


def _kind(ecosystem: str, tally: Tally) -> Kind:
    # A whole export of a distribution always has some CVE that is not fixed yet; for others a fix is the rule.
    fixed_only = ecosystem not in tally.unfixed and ecosystem.startswith(_DISTRIBUTIONS)
    return "fixed-only" if fixed_only else "full"


def _has_fixes(entry: Affected) -> bool:
    ranges = [one for one in entry.ranges or () if one.type != "GIT"]
    return bool(ranges) and all(any("fixed" in event for event in one.events) for one in ranges)


def by_ecosystem(record: Record, base: str) -> dict[str, list[Affected]]:
    """The record's entries about `base`, by ecosystem with release."""
    entries: defaultdict[str, list[Affected]] = defaultdict(list)
    for entry in record.of(base):
        assert entry.package is not None  # noqa: S101 -- `of` yields no other
        entries[entry.package.ecosystem].append(entry)
    return dict(entries)
