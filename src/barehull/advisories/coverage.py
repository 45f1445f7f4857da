"""How far each ecosystem's data reaches: what the origin claims in `coverage.json`, else what the records tell.

`coverage.json` lies beside `ecosystems.txt` and is an object: ecosystem ("Debian" is for each of its releases,
"Debian:13" for one) -> `kind` ("full", "fixed-only"), `as_of` (ISO date), `left_out` (a sentence), `excluded` (patterns
of package names).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Literal

import msgspec

from barehull.advisories.model import Coverage
from barehull.advisories.osv import Affected, Name, Record
from barehull.core.errors import InputError

UNKNOWN = "unknown"

# Records with 0001-01-01, or 1-01-01, were exported without a date.
_DAY = re.compile(r"(?:199|20|21)\d{1,2}-\d\d-\d\d")


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an origin says of one ecosystem; what it does not say is told from the records."""

    kind: Literal["full", "fixed-only"] | None = None
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


class Tally:
    """Counts what is stored of each ecosystem, to tell its coverage at the end."""

    def __init__(self) -> None:
        self._records: Counter[str] = Counter()
        self._latest: dict[str, str] = {}
        self._unfixed: set[str] = set()
        self._malware: Counter[str] = Counter()

    def count(self, record: Record, entries: Mapping[str, list[Affected]]) -> None:
        """A record that was stored, with its entries by ecosystem."""
        day = record.modified[:10]
        for ecosystem, affected in entries.items():
            self._records[ecosystem] += 1
            if _DAY.fullmatch(day):
                self._latest[ecosystem] = max(day, self._latest.get(ecosystem, ""))
            if not all(map(_has_fixes, affected)):
                self._unfixed.add(ecosystem)

    def leave_out_malware(self, record: Record, ecosystem: str) -> None:
        """A record that was left out of `ecosystem` because it names malware, not a vulnerability."""
        if any(True for _ in record.of(ecosystem)):
            self._malware[ecosystem] += 1

    def coverage(self, claims: Claims) -> tuple[Coverage, ...]:
        """The coverage of every ecosystem that has records, sorted."""
        return tuple(self._of(ecosystem, claims) for ecosystem in sorted(self._records))

    def _of(self, ecosystem: str, claims: Claims) -> Coverage:
        base = ecosystem.partition(":")[0]
        claim = claims.get(ecosystem) or claims.get(base) or Claim()
        malware = self._malware[base]
        left_out = [claim.left_out, f"{malware} records of malware (MAL-)" if malware else ""]
        return Coverage(
            ecosystem=ecosystem,
            kind=claim.kind or self._kind(ecosystem),
            as_of=claim.as_of or self._latest.get(ecosystem, UNKNOWN),
            records=self._records[ecosystem],
            left_out="; ".join(filter(None, left_out)),
            excluded=claim.excluded,
        )

    def _kind(self, ecosystem: str) -> Literal["full", "fixed-only"]:
        # A whole export of a distribution always has some CVE that is not fixed yet; for others a fix is the rule.
        return "full" if ecosystem in self._unfixed or not ecosystem.startswith("Debian") else "fixed-only"


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
