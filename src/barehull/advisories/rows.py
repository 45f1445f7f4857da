"""Facts of one feed -> rows of the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from barehull.advisories import schema
from barehull.advisories.coverage import Tally, by_ecosystem
from barehull.advisories.facts import AsOf, Exploited, Fact, Probability
from barehull.advisories.names import package_name
from barehull.advisories.osv import Record, decode, salvage
from barehull.core.errors import InputError

_BATCH = 2000  # facts, held in memory at once
_TOLERATED = 10  # broken records, or one of a hundred: more of them is another schema
_ADVICE = "Run 'barehull db update' later, or from another mirror. The old advisories are still in use."


def insert(connection: sqlite3.Connection, feed: str, base: str, facts: Iterable[Fact], tally: Tally) -> None:
    """Store all that `feed` says, and count it. `base` is the ecosystem of its records, without release.

    A record that breaks the schema is stored as a problem of the packages that it names, which are then undecided.
    Errors: InputError for one that names none, for too many of them, and for two records of one identifier.
    """
    iterator = iter(facts)
    while batch := list(islice(iterator, _BATCH)):
        for table, places, rows in _tables(feed, base, batch, tally):
            try:
                connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 -- own names
            except sqlite3.IntegrityError as error:
                raise InputError(
                    f"the feed of {feed} holds two records {_twice(connection, table, rows)}", advice=_ADVICE
                ) from error
    if tally.broken > max(_TOLERATED, tally.records // 100):
        raise InputError(
            f"the feed of {feed} holds {tally.broken} records that do not follow the OSV schema, of {tally.records}",
            advice=f"Its format may have changed: look for a newer barehull. {_ADVICE}",
        )


Row = tuple[object, ...]


def _twice(connection: sqlite3.Connection, table: str, rows: list[Row]) -> object:
    """What is named by two of the rows, or by one of them and one that is stored."""
    seen = set[object]()
    for row in rows:
        key = row[0]
        stored = (
            connection.execute("SELECT 1 FROM statement WHERE record = ? AND feed = ?", (key, row[1])).fetchone()
            if table == "statement"
            else None
        )
        if key in seen or stored:
            return key
        seen.add(key)
    return "of one name"


def _tables(feed: str, base: str, facts: list[Fact], tally: Tally) -> Iterator[tuple[str, str, list[Row]]]:
    statements: list[Row] = []
    advisories: list[Row] = []
    exploited: list[Row] = []
    probabilities: list[Row] = []
    for fact in facts:
        match fact:
            case Exploited(cve):
                exploited.append((cve, feed))
            case Probability(cve, epss):
                probabilities.append((cve, epss, feed))
            case AsOf(day):
                tally.as_of = day
            case _:
                record, problem = _read(fact, feed)
                if tally.takes(record, base, bool(problem)):
                    statements.append(_statement(record, feed))
                    advisories += _advisories(record, feed, base, problem, tally)
    tally.facts += len(statements) + len(exploited) + len(probabilities)
    yield "statement", "?, ?, ?, ?, ?", statements
    yield "advisory", "?, ?, ?, ?, ?, ?", advisories
    yield "exploited", "?, ?", exploited
    yield "probability", "?, ?, ?", probabilities


def _read(fact: bytes | Record, feed: str) -> tuple[Record, str]:
    """The record, and what is wrong with it."""
    if isinstance(fact, Record):
        return fact, ""
    try:
        return decode(fact, f"the feed of {feed}"), ""
    except InputError:
        record = salvage(fact)
        if record is None or not record.affected:
            raise
        return record, f"{record.id} does not follow the OSV schema"


def _statement(record: Record, feed: str) -> Row:
    names = (sorted(set(record.aliases or ())), sorted(set(record.upstream or ())))
    entries = record.affected or ()
    severity = record.severity_of(entries[0]) if entries else ""
    return record.id, feed, *(msgspec.json.encode(each).decode() for each in names), severity


def _advisories(record: Record, feed: str, base: str, problem: str, tally: Tally) -> Iterator[Row]:
    entries = by_ecosystem(record, base)
    tally.count(record, entries)
    for ecosystem, affected in entries.items():
        for number, entry in enumerate(affected):
            assert entry.package is not None  # noqa: S101 -- by_ecosystem yields no other
            body = schema.encode_body(
                entry.model_ranges(),
                tuple(entry.versions or ()),
                record.severity_of(entry),
                entry.distribution_status,
                problem,
            )
            yield ecosystem, package_name(ecosystem, entry.package.name), feed, record.id, number, body
