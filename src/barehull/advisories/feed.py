"""A feed: one file that somebody publishes, and how to read it. Each source is one file in `sources`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import barehull.advisories.sources
from barehull.advisories.facts import Fact
from barehull.advisories.osv import MAX_RECORD
from barehull.core.errors import InputError
from barehull.zip import Budget, Source, read_entry, read_zip

MAX_ZIP = 1 << 30  # bytes; OSV's largest, for Linux distributions, are below 200 MB
MAX_CONTENT = 16 << 30  # bytes, of all records together
MAX_RATIO = 200  # content to zip, beyond the first 64 MiB; real feeds have 4 to 20

KEPT = "The advisories of before are still in use."


@dataclass(frozen=True, slots=True)
class Feed:
    """One file of facts. `path` is where a mirror has it, `address` where its publisher has it.

    `read(file, what)` gives the facts of a file that was fetched, and raises InputError for one that is not what it
    should be, naming `what`. `listed` says that a mirror tells in ecosystems.txt whether it has it. `speaks_for` is the
    name of a feed that repeats this one, for ecosystems that both tell of: it is then not listened to.
    """

    name: str
    title: str
    path: str
    address: str
    read: Callable[[Path, str], Iterator[Fact]]
    limit: int = MAX_ZIP
    listed: bool = False
    speaks_for: str = ""


def all_feeds() -> tuple[Feed, ...]:
    """The feeds of all sources: what the modules in `sources` call FEEDS, by file name."""
    names = sorted(found.name for found in iter_modules(barehull.advisories.sources.__path__))
    modules = [import_module(f"barehull.advisories.sources.{name}") for name in names]
    return tuple(feed for module in modules for feed in module.FEEDS)


def zipped_records(path: Path, what: str) -> Iterator[bytes]:
    """The contents of a zip's JSON files, in order, one in memory at a time. InputError for one that is damaged."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            budget = Budget(min(MAX_CONTENT, max(64 << 20, MAX_RATIO * size)) + 3 * size)
            source = Source(size, lambda at, count: os.pread(file.fileno(), max(0, count), at))
            for entry in read_zip(source, budget):
                if entry.name.endswith(".json"):
                    if entry.size > MAX_RECORD:
                        raise InputError(f"it holds a record of {entry.size} bytes", advice=KEPT)
                    yield read_entry(source, entry, budget)
    except InputError as error:
        raise damaged(what, error) from error
    except OSError as error:
        raise damaged(what, error) from error


def go_on_without(name: str) -> str:
    """Advice where a feed fails."""
    return f"To go on without this source: --without {name}."


def damaged(what: str, why: object) -> InputError:
    """The error of a file that is not what its publisher makes."""
    return InputError(f"{what} is damaged: {why}", advice=f"Download it again, or from another mirror. {KEPT}")
