"""The tables of the store, and their version."""

from __future__ import annotations

import msgspec

from barehull.advisories.model import Advisory, Range

VERSION = 1  # PRAGMA user_version; a store of another one is made anew
APPLICATION = 0x62617265  # PRAGMA application_id: "bare"

CREATE = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE coverage (ecosystem TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE vulnerability (record TEXT PRIMARY KEY, names BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE advisory (
  ecosystem TEXT NOT NULL, package TEXT NOT NULL, record TEXT NOT NULL, entry INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (ecosystem, package, record, entry)
) WITHOUT ROWID;
"""

# What the digest is over, in an order of its own: the same records give the same digest, however they came.
CONTENT = (
    "SELECT ecosystem, body FROM coverage ORDER BY ecosystem",
    "SELECT record, names FROM vulnerability ORDER BY record",
    "SELECT ecosystem, package, record, entry, body FROM advisory ORDER BY ecosystem, package, record, entry",
)

# One statement for a whole image: the pairs (ecosystem, package) come as one JSON array.
QUERY = """
SELECT a.ecosystem, a.package, a.record, a.body, v.names
FROM json_each(?) AS wanted
CROSS JOIN advisory AS a
  ON a.ecosystem = json_extract(wanted.value, '$[0]') AND a.package = json_extract(wanted.value, '$[1]')
JOIN vulnerability AS v ON v.record = a.record
ORDER BY a.ecosystem, a.package, a.record, a.entry
"""


class _Range(msgspec.Struct, array_like=True, frozen=True):
    type: str
    events: tuple[tuple[str, str], ...]


class Body(msgspec.Struct, array_like=True, frozen=True):
    """What a row of `advisory` says of its package: the column `body`, as JSON."""

    ranges: tuple[_Range, ...]
    versions: tuple[str, ...]
    severity: str


def encode_body(ranges: tuple[Range, ...], versions: tuple[str, ...], severity: str) -> bytes:
    """The column `body`."""
    return msgspec.json.encode(Body(tuple(_Range(one.type, one.events) for one in ranges), versions, severity))


_body = msgspec.json.Decoder(Body)
_names = msgspec.json.Decoder(tuple[tuple[str, ...], ...])


def advisory_of(row: tuple[str, str, str, bytes, bytes]) -> Advisory:
    """The advisory in a row of QUERY. Error: msgspec.DecodeError."""
    ecosystem, package, record, data, names = row
    body = _body.decode(data)
    ranges = tuple(Range(one.type, one.events) for one in body.ranges)
    return Advisory(record, ecosystem, package, ranges, body.versions, _names.decode(names), body.severity)
