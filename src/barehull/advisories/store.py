"""The local store of advisories, opened for reading."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import msgspec

from barehull.advisories import schema
from barehull.advisories.model import Advisory, Context, Coverage, Database
from barehull.advisories.names import package_name
from barehull.advisories.schema import FeedState
from barehull.core.errors import InputError

Key = tuple[str, str]  # (ecosystem with release, package)


class AdvisoryStore:
    """What is known of packages; a context manager, for one thread. Make one with `open`, or see `update.current`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, database: Database) -> None:
        self._path = path
        self._connection = connection
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """The store in the file `path`. InputError when there is none, or it is damaged or of another version."""
        if not path.is_file():
            raise InputError(
                f"there is no store of advisories at {path}",
                advice="Check the name given with --db, or run 'barehull db update' and leave it out.",
            )
        # Immutable: stores are only ever replaced whole, so no locks, and no files beside it.
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True)
        try:
            return cls(path, connection, _identity(path, connection))
        except (sqlite3.Error, msgspec.DecodeError, KeyError) as error:
            connection.close()
            raise _damaged(path, error) from error
        except InputError:
            connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def database(self) -> Database:
        """Which store this is, and how far it reaches."""
        return self._database

    def query(self, ecosystem: str, package: str) -> tuple[Advisory, ...]:
        """All that is said of one package, sorted by record."""
        return self.query_all([(ecosystem, package)]).get((ecosystem, package), ())

    def query_all(self, wanted: Iterable[Key]) -> dict[Key, tuple[Advisory, ...]]:
        """All that is said of each of `wanted`, in one query; packages of which nothing is said are left out."""
        stored: defaultdict[Key, list[Key]] = defaultdict(list)
        for ecosystem, package in sorted(set(wanted)):
            stored[ecosystem, package_name(ecosystem, package)].append((ecosystem, package))
        found: defaultdict[Key, list[Advisory]] = defaultdict(list)
        try:
            for row in self._connection.execute(schema.QUERY, (msgspec.json.encode(list(stored)).decode(),)):
                found[row[0], row[1]].append(schema.advisory_of(row))
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise _damaged(self._path, error) from error
        return {asked: tuple(advisories) for key, advisories in found.items() for asked in stored[key]}

    def contexts(self, vulnerabilities: Iterable[str]) -> dict[str, Context]:
        """What others say of each of `vulnerabilities`, preferred identifiers, in one query."""
        wanted = msgspec.json.encode(sorted(set(vulnerabilities))).decode()
        try:
            found = self._connection.execute(schema.CONTEXT, (wanted,)).fetchall()
        except sqlite3.Error as error:
            raise _damaged(self._path, error) from error
        return {
            name: Context(severity or "", record or "", exploited is not None, epss)
            for name, severity, record, exploited, epss in found
        }

    def feeds(self) -> dict[str, FeedState]:
        """What is known of each feed that it was made from, by name."""
        rows = self._connection.execute("SELECT name, body FROM feed")
        return {name: msgspec.json.decode(body, type=FeedState) for name, body in rows}


def _identity(path: Path, connection: sqlite3.Connection) -> Database:
    def pragma(name: str) -> Any:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]

    if pragma("application_id") != schema.APPLICATION:
        raise _damaged(path, "it is another kind of file")
    if (version := pragma("user_version")) != schema.VERSION:
        raise InputError(
            f"the store of advisories {path} has version {version}, and this barehull reads {schema.VERSION}",
            advice="Run 'barehull db update' to make it anew.",
        )
    if pragma("page_count") * pragma("page_size") != path.stat().st_size:
        raise _damaged(path, "it is cut short")
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    rows = connection.execute("SELECT body FROM coverage ORDER BY ecosystem")
    coverage = tuple(msgspec.json.decode(body, type=Coverage) for (body,) in rows)
    feeds = connection.execute("SELECT body FROM feed ORDER BY name")
    sources = tuple(msgspec.json.decode(body, type=FeedState).source for (body,) in feeds)
    return Database(meta["digest"], meta["date"], meta["origin"], coverage, sources)


def _damaged(path: Path, why: object) -> InputError:
    return InputError(
        f"the store of advisories {path} cannot be read: {why}", advice="Run 'barehull db update' to make it anew."
    )
