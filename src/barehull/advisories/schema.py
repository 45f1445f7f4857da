"""The tables of the store, and their version."""

from __future__ import annotations

import msgspec

from barehull.advisories.coverage import Tally
from barehull.advisories.model import Advisory, Range, SourceState, Status
from barehull.net import Edition

VERSION = 2  # PRAGMA user_version; a store of another one is made anew
APPLICATION = 0x62617265  # PRAGMA application_id: "bare"

# `feed` is what a row came from: rows of a feed that did not change are copied into the next store.
# `coverage` says which feed speaks for an ecosystem; what others say of it is kept, and not listened to.
CREATE = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE feed (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE coverage (ecosystem TEXT PRIMARY KEY, feed TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE statement (
  record TEXT NOT NULL, feed TEXT NOT NULL, aliases TEXT NOT NULL, upstream TEXT NOT NULL, severity TEXT NOT NULL,
  PRIMARY KEY (record, feed)
) WITHOUT ROWID;
CREATE TABLE vulnerability (record TEXT PRIMARY KEY, names BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE advisory (
  ecosystem TEXT NOT NULL, package TEXT NOT NULL, feed TEXT NOT NULL, record TEXT NOT NULL, entry INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (ecosystem, package, feed, record, entry)
) WITHOUT ROWID;
CREATE TABLE severity (
  vulnerability TEXT PRIMARY KEY, rank INTEGER NOT NULL, record TEXT NOT NULL, severity TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE exploited (cve TEXT PRIMARY KEY, feed TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE probability (cve TEXT PRIMARY KEY, epss REAL NOT NULL, feed TEXT NOT NULL) WITHOUT ROWID;
"""

OF_FEEDS = ("statement", "advisory", "exploited", "probability")  # the tables with rows of single feeds

# What the digest is over, in an order of its own: the same facts give the same digest, however they came.
CONTENT = (
    "SELECT ecosystem, feed, body FROM coverage ORDER BY ecosystem",
    "SELECT record, names FROM vulnerability ORDER BY record",
    "SELECT vulnerability, record, severity FROM severity ORDER BY vulnerability",
    "SELECT cve FROM exploited ORDER BY cve",
    "SELECT cve, epss FROM probability ORDER BY cve",
    "SELECT ecosystem, package, feed, record, entry, body FROM advisory"
    " ORDER BY ecosystem, package, feed, record, entry",
)

# One statement for a whole image: the pairs (ecosystem, package) come as one JSON array.
QUERY = """
SELECT a.ecosystem, a.package, a.record, a.body, v.names
FROM json_each(?) AS wanted
CROSS JOIN coverage AS c ON c.ecosystem = json_extract(wanted.value, '$[0]')
CROSS JOIN advisory AS a
  ON a.ecosystem = c.ecosystem AND a.package = json_extract(wanted.value, '$[1]') AND a.feed = c.feed
JOIN vulnerability AS v ON v.record = a.record
ORDER BY a.ecosystem, a.package, a.record, a.entry
"""

# What is said of vulnerabilities, each given by its preferred identifier.
CONTEXT = """
SELECT wanted.value, s.severity, s.record, e.cve, p.epss
FROM json_each(?) AS wanted
LEFT JOIN severity AS s ON s.vulnerability = wanted.value
LEFT JOIN exploited AS e ON e.cve = wanted.value
LEFT JOIN probability AS p ON p.cve = wanted.value
"""


class FeedState(msgspec.Struct, frozen=True):
    """What the store knows of a feed, so that the next one need not read it again."""

    source: SourceState
    edition: Edition = Edition()
    tally: Tally | None = None


class _Range(msgspec.Struct, array_like=True, frozen=True):
    type: str
    events: tuple[tuple[str, str], ...]


class Body(msgspec.Struct, array_like=True, frozen=True):
    """What a row of `advisory` says of its package: the column `body`, as JSON."""

    ranges: tuple[_Range, ...]
    versions: tuple[str, ...]
    severity: str
    status: Status
    problem: str


def encode_body(
    ranges: tuple[Range, ...], versions: tuple[str, ...], severity: str = "", status: Status = "", problem: str = ""
) -> bytes:
    """The column `body`."""
    packed = tuple(_Range(one.type, one.events) for one in ranges)
    return msgspec.json.encode(Body(packed, versions, severity, status, problem))


_body = msgspec.json.Decoder(Body)
_names = msgspec.json.Decoder(tuple[tuple[str, ...], ...])


def advisory_of(row: tuple[str, str, str, bytes, bytes]) -> Advisory:
    """The advisory in a row of QUERY. Error: msgspec.DecodeError."""
    ecosystem, package, record, data, names = row
    body = _body.decode(data)
    ranges = tuple(Range(one.type, one.events) for one in body.ranges)
    about = _names.decode(names)
    return Advisory(record, ecosystem, package, ranges, body.versions, about, body.severity, body.status, body.problem)
