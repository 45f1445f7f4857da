"""Feeds -> a store on disk: whole or not at all."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import msgspec

from barehull.advisories import rows, schema
from barehull.advisories.coverage import UNKNOWN, Claims, Tally, coverages
from barehull.advisories.facts import Fact
from barehull.advisories.feed import go_on_without
from barehull.advisories.identity import Identities, Statement
from barehull.advisories.model import SourceState
from barehull.advisories.schema import FeedState
from barehull.advisories.severity import is_vector
from barehull.core.errors import IncompleteError, InputError
from barehull.files import scratch_folder

_CACHE = 96 << 10  # KiB of pages in memory: rows come in no order
_PREFERENCE = ("CVE-", "GHSA-")


@dataclass(frozen=True, slots=True)
class Reading:
    """A feed to read: its facts, and what is to be known of it. `base` is the ecosystem of its records."""

    facts: Iterable[Fact]
    base: str
    state: FeedState
    preferred: bool = False  # it speaks for the ecosystems that it tells of, whoever else does


@dataclass(frozen=True, slots=True)
class Kept:
    """A feed that did not change since `store` was made."""

    store: Path
    state: FeedState
    preferred: bool = False


Part = Reading | Kept | FeedState  # the last: there is none
Feeds = Mapping[str, Iterable[Fact] | Part]


def build_store(path: Path, feeds: Feeds, *, claims: Claims, origin: str, date: str) -> None:
    """Write the store at `path`. A feed that is just facts has the name of its ecosystem ("Debian", without release).

    It is made beside `path` and renamed when it is complete and on the disk; until then a store that is there stays,
    also when two processes do this at once. Withdrawn records and malware are left out. `date` is ISO 8601 UTC.
    Errors: InputError for feeds that are not what they should be; IncompleteError when it cannot be written.
    """
    parts = {name: feed if isinstance(feed, Part) else _reading(name, feed) for name, feed in feeds.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(path.parent) as folder:
            made = folder / path.name
            with closing(sqlite3.connect(f"file:{quote(str(made.absolute()))}", uri=True)) as connection:
                _fill(connection, parts, claims, {"date": date, "origin": origin})
            with made.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(made, path)
    except (OSError, sqlite3.OperationalError) as error:
        raise IncompleteError(
            f"the store of advisories {path} cannot be written: {error}",
            advice="See that the folder can be written to and the disk has space, or name another with BAREHULL_CACHE.",
        ) from error


def _reading(name: str, facts: Iterable[Fact]) -> Reading:
    return Reading(facts, name, FeedState(SourceState(name, f"advisories of {name}", "read")))


def _fill(connection: sqlite3.Connection, parts: Mapping[str, Part], claims: Claims, meta: dict[str, str]) -> None:
    # Nobody reads the file before it is renamed: no journal, one flush at the end.
    connection.executescript(
        f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{_CACHE};" + schema.CREATE
    )
    _copy(connection, {name: part for name, part in parts.items() if isinstance(part, Kept)})
    tallies: dict[str, Tally] = {}
    for name, part in sorted(parts.items(), key=lambda item: not getattr(item[1], "preferred", False)):
        state = part if isinstance(part, FeedState) else part.state
        if isinstance(part, Reading):
            tally = Tally()
            _insert(connection, name, part, tally)
            state = _read_state(state, tally)
        if state.tally:
            tallies[name] = state.tally
        connection.execute("INSERT INTO feed VALUES (?, ?)", (name, msgspec.json.encode(state)))
    _identify(connection)
    connection.executemany(
        "INSERT INTO coverage VALUES (?, ?, ?)",
        ((one.ecosystem, feed, msgspec.json.encode(one)) for feed, one in coverages(tallies, claims)),
    )
    meta["digest"] = _digest(connection)
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    connection.commit()


def _insert(connection: sqlite3.Connection, name: str, part: Reading, tally: Tally) -> None:
    try:
        rows.insert(connection, name, part.base, part.facts, tally)
    except InputError as error:
        raise InputError(error.what, advice=f"{error.advice} {go_on_without(name)}") from error


def _read_state(state: FeedState, tally: Tally) -> FeedState:
    as_of = tally.as_of or max(tally.latest.values(), default="") or state.source.as_of
    source = replace(state.source, as_of=as_of or UNKNOWN, facts=tally.facts)
    return FeedState(source, state.edition, tally)


def _copy(connection: sqlite3.Connection, kept: Mapping[str, Kept]) -> None:
    """Take the rows of feeds that did not change from the store of before."""
    for store in {part.store for part in kept.values()}:
        names = msgspec.json.encode([name for name, part in kept.items() if part.store == store]).decode()
        connection.execute("ATTACH ? AS old", (f"file:{quote(str(store.absolute()))}?mode=ro&immutable=1",))
        for table in schema.OF_FEEDS:
            connection.execute(
                f"INSERT INTO {table} SELECT * FROM old.{table} "  # noqa: S608 -- own names
                "WHERE feed IN (SELECT value FROM json_each(?))",
                (names,),
            )
        connection.commit()
        connection.execute("DETACH old")


def _identify(connection: sqlite3.Connection) -> None:
    """What each record is about, and of each vulnerability the severity that its best record says."""
    with_aliases = connection.execute("SELECT record, aliases, upstream FROM statement WHERE aliases != '[]'")
    identities = Identities(_statements(with_aliases))
    every = connection.execute("SELECT record, aliases, upstream FROM statement ORDER BY record")
    connection.executemany(
        "INSERT OR IGNORE INTO vulnerability VALUES (?, ?)",
        ((one.id, msgspec.json.encode(identities.about(one))) for one in _merged(_statements(every))),
    )
    said = connection.execute(
        "SELECT s.record, s.severity, s.upstream, v.names FROM statement AS s JOIN vulnerability AS v USING (record) "
        "WHERE s.severity != '' ORDER BY s.record, s.feed"
    )
    connection.executemany(
        "INSERT INTO severity VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET rank = excluded.rank, "
        "record = excluded.record, severity = excluded.severity WHERE excluded.rank < rank",
        _severities(said),
    )


def _statements(found: Iterable[tuple[str, str, str]]) -> Iterator[Statement]:
    for record, aliases, upstream in found:
        yield Statement(record, tuple(msgspec.json.decode(aliases)), tuple(msgspec.json.decode(upstream)))


def _merged(statements: Iterator[Statement]) -> Iterator[Statement]:
    """What feeds say of one record, in one: a record that affects two ecosystems comes twice."""
    last: Statement | None = None
    for one in statements:
        if last and last.id == one.id:
            names = {*last.aliases, *one.aliases}, {*last.upstream, *one.upstream}
            last = Statement(one.id, tuple(sorted(names[0])), tuple(sorted(names[1])))
            continue
        if last:
            yield last
        last = one
    if last:
        yield last


def _severities(said: Iterable[tuple[str, str, str, bytes]]) -> Iterator[tuple[str, int, str, str]]:
    for record, severity, upstream, names in said:
        about = msgspec.json.decode(names, type=list[list[str]])
        if len(about) == 1:  # of many CVEs one severity says nothing of each
            yield about[0][0], _rank(record, severity, upstream != "[]"), record, severity


def _rank(record: str, severity: str, is_distributions: bool) -> int:
    """Vectors before words, upstream's records before distributions', CVE before GHSA before others."""
    kind = next((n for n, prefix in enumerate(_PREFERENCE) if record.startswith(prefix)), len(_PREFERENCE))
    return (0 if is_vector(severity) else 8) + (4 if is_distributions else 0) + kind


def _digest(connection: sqlite3.Connection) -> str:
    digest = hashlib.sha256(b"barehull advisories %d\n" % schema.VERSION)
    for select in schema.CONTENT:
        for row in connection.execute(select):
            # As a JSON array: where one column ends and the next begins is part of what is hashed.
            digest.update(msgspec.json.encode([value.decode() if isinstance(value, bytes) else value for value in row]))
            digest.update(b"\n")
    return f"sha256:{digest.hexdigest()}"
