"""Feeds of OSV records -> a store on disk: whole or not at all."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from barehull.advisories import schema
from barehull.advisories.coverage import Claims, Tally, by_ecosystem
from barehull.advisories.identity import Statement, identify
from barehull.advisories.names import package_name
from barehull.advisories.osv import Affected, Record, decode
from barehull.core.errors import IncompleteError, InputError
from barehull.files import scratch_folder

Feeds = Mapping[str, Iterable[bytes]]


def build_store(path: Path, feeds: Feeds, *, claims: Claims, origin: str, date: str) -> None:
    """Write the store at `path`, from OSV records by ecosystem ("Debian", without release).

    It is made beside `path` and renamed when it is complete and on the disk; until then a store that is there stays,
    also when two processes do this at once. Withdrawn records and malware are left out. `date` is ISO 8601 UTC.
    Errors: InputError for records that break the schema; IncompleteError when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(path.parent) as folder:
            made = folder / path.name
            with closing(sqlite3.connect(made)) as connection:
                _fill(connection, feeds, claims, origin, date)
            with made.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(made, path)
    except (OSError, sqlite3.OperationalError) as error:
        raise IncompleteError(
            f"the store of advisories {path} cannot be written: {error}",
            advice="See that the folder can be written to and the disk has space, or name another with BAREHULL_CACHE.",
        ) from error


def _fill(connection: sqlite3.Connection, feeds: Feeds, claims: Claims, origin: str, date: str) -> None:
    # Nobody reads the file before it is renamed: no journal, one flush at the end.
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + schema.CREATE)
    tally, statements = Tally(), dict[str, Statement]()
    for ecosystem, records in feeds.items():
        connection.executemany(
            "INSERT INTO advisory VALUES (?, ?, ?, ?, ?)", _rows(ecosystem, records, tally, statements)
        )
    connection.executemany(
        "INSERT INTO vulnerability VALUES (?, ?)",
        ((record, msgspec.json.encode(names)) for record, names in identify(statements.values()).items()),
    )
    connection.executemany(
        "INSERT INTO coverage VALUES (?, ?)",
        ((coverage.ecosystem, msgspec.json.encode(coverage)) for coverage in tally.coverage(claims)),
    )
    meta = {"digest": _digest(connection), "date": date, "origin": origin}
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    connection.commit()


Row = tuple[str, str, str, int, bytes]


def _rows(base: str, records: Iterable[bytes], tally: Tally, statements: dict[str, Statement]) -> Iterator[Row]:
    seen: set[str] = set()
    for data in records:
        record = decode(data, f"the feed of {base}")
        if record.id in seen:
            raise InputError(
                f"the feed of {base} holds two records {record.id}",
                advice="Run 'barehull db update' later, or from another mirror. The old advisories are still in use.",
            )
        seen.add(record.id)
        if record.withdrawn:
            continue
        if record.is_malware:
            tally.leave_out_malware(record, base)
            continue
        _state(record, statements)
        entries = by_ecosystem(record, base)
        tally.count(record, entries)
        for ecosystem, affected in entries.items():
            for number, entry in enumerate(affected):
                yield _row(record, ecosystem, number, entry)


def _state(record: Record, statements: dict[str, Statement]) -> None:
    """Keep what the record says of identity. One that affects two ecosystems comes twice, and says the same."""
    names = {*(record.aliases or ())}, {*(record.upstream or ())}
    if before := statements.get(record.id):
        names = names[0].union(before.aliases), names[1].union(before.upstream)
    statements[record.id] = Statement(record.id, tuple(sorted(names[0])), tuple(sorted(names[1])))


def _row(record: Record, ecosystem: str, number: int, entry: Affected) -> Row:
    assert entry.package is not None  # noqa: S101 -- by_ecosystem yields no other
    body = schema.encode_body(entry.model_ranges(), tuple(entry.versions or ()), record.severity_of(entry))
    return ecosystem, package_name(ecosystem, entry.package.name), record.id, number, body


def _digest(connection: sqlite3.Connection) -> str:
    digest = hashlib.sha256(b"barehull advisories %d\n" % schema.VERSION)
    for select in schema.CONTENT:
        for row in connection.execute(select):
            # As a JSON array: where one column ends and the next begins is part of what is hashed.
            digest.update(msgspec.json.encode([value.decode() if isinstance(value, bytes) else value for value in row]))
            digest.update(b"\n")
    return f"sha256:{digest.hexdigest()}"
