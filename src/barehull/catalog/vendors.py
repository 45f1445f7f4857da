"""Images of others of which something is known: minimal ones, and those with a user of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from barehull.catalog.model import ImageName
from barehull.catalog.tables import Table, as_of, rows, text, texts
from barehull.catalog.tags import words_of


@dataclass(frozen=True, slots=True)
class Vendor:
    """A row of vendors.toml, where each field is described. `languages` is only set for minimal images."""

    names: tuple[str, ...]
    words: frozenset[str]
    unless: frozenset[str]
    what: str
    languages: tuple[str, ...]
    user: str
    source: str
    as_of: date

    def matches(self, name: ImageName) -> bool:
        """Whether that name is one of these images."""
        path = name.path
        if not any(path.startswith(it[:-1]) if it.endswith("*") else path == it for it in self.names):
            return False
        words = words_of(name.tag)
        return self.unless.isdisjoint(words) and (not self.words or not self.words.isdisjoint(words))


@dataclass(frozen=True, slots=True)
class Vendors:
    """The table of others' images."""

    minimal: tuple[Vendor, ...]
    users: tuple[Vendor, ...]

    def find(self, name: ImageName) -> Vendor | None:
        """The minimal image of that name; None for any other."""
        return next((it for it in self.minimal if it.matches(name)), None)

    def user(self, name: ImageName) -> str | None:
        """Who an image runs as, "" for root; None where it is not known."""
        return next((it.user for it in (*self.minimal, *self.users) if it.matches(name)), None)


def read_vendors(table: Table) -> Vendors:
    """The table from its TOML. ValueError where it is not what it should be."""
    return Vendors(
        tuple(_vendor(row) for row in rows(table, "minimal")), tuple(_vendor(row) for row in rows(table, "users"))
    )


def _vendor(row: Table) -> Vendor:
    return Vendor(
        texts(row, "names"),
        frozenset(texts(row, "words")),
        frozenset(texts(row, "unless")),
        text(row, "what", ""),
        texts(row, "languages"),
        text(row, "user", ""),
        text(row, "source"),
        as_of(row),
    )
