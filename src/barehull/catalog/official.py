"""Official images of languages and systems, looked up by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from barehull.catalog.model import ImageName, OfficialImage
from barehull.catalog.tables import Table, as_of, order, rows, text, texts
from barehull.catalog.tags import Words, system_of, version_of, words_of

_LIBRARY = "docker.io/library/"

Line = tuple[tuple[int, ...], str]  # from this version on, the system has that version


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of official.toml, where each field is described."""

    names: tuple[str, ...]
    language: str
    product: str
    system: str
    rule: str
    fixed: str
    builds: bool
    unless: frozenset[str]
    user: str
    users: Mapping[str, str]
    lines: Mapping[str, tuple[Line, ...]]
    source: str


@dataclass(frozen=True, slots=True)
class Officials:
    """The table of official images."""

    as_of: date
    source: str
    entries: tuple[Entry, ...]
    by_name: Mapping[str, Entry]
    prefixes: tuple[str, ...]
    words: Words
    aliases: Mapping[str, Mapping[str, str]]

    def find(self, name: ImageName) -> OfficialImage | None:
        """The official image of that name; None for any other."""
        entry = self._entry(name.path)
        if entry is None:
            return None
        words = words_of(name.tag)
        system, system_version = system_of(words, self.words)
        version = entry.fixed or version_of(words, entry.rule, self.aliases.get(entry.product, {}))
        bare = {word.rstrip("0123456789.") for word in words}  # alpine3.20 is alpine, too
        builds = entry.builds ^ (not entry.unless.isdisjoint(bare))
        user = next((entry.users[word] for word in words if word in entry.users), entry.user)
        if not entry.product:
            version = entry.fixed or system_version or version
            system = entry.system if entry.fixed else system or entry.system
            return OfficialImage("", system, version, system, version, builds, user)
        system = system or entry.system
        system_version = system_version or _of_line(entry.lines.get(system, ()), version)
        return OfficialImage(entry.language, entry.product, version, system, system_version, builds, user)

    def _entry(self, path: str) -> Entry | None:
        found = self.by_name.get(path)
        if found is None:
            for prefix in self.prefixes:
                if path.startswith(prefix):
                    found = found or self.by_name.get(_LIBRARY + path.removeprefix(prefix))
        return found


def read_officials(table: Table) -> Officials:
    """The table from its TOML. ValueError where it is not what it should be."""
    source = text(table, "source")
    entries = tuple(_entry_of(row, source) for row in rows(table, "images"))
    words = Words({key: (it[0], it[1]) for key, it in table["words"].items()}, table["systems"])
    by_name = {name: entry for entry in entries for name in entry.names}
    return Officials(
        as_of(table), source, entries, by_name, texts(table["library"], "prefixes"), words, table["aliases"]
    )


def _entry_of(row: Table, source: str) -> Entry:
    lines: dict[str, tuple[Line, ...]] = {
        system: _lines(text(row, system)) for system in ("debian", "alpine", "ubuntu") if system in row
    }
    return Entry(
        texts(row, "names"),
        text(row, "language", ""),
        text(row, "product", ""),
        text(row, "system", ""),
        text(row, "version", "first"),
        text(row, "fixed", ""),
        row["builds"],
        frozenset(texts(row, "unless")),
        text(row, "user", ""),
        row.get("users", {}),
        lines,
        text(row, "source", source),
    )


def _lines(said: str) -> tuple[Line, ...]:
    """Read "1.7 8, 1.9 9": from 1.7 on it is 8, from 1.9 on 9."""
    pairs = (pair.split() for pair in said.split(","))
    return tuple((order(start), version) for start, version in pairs)


def _of_line(lines: tuple[Line, ...], version: str) -> str:
    """The system's version in the last build of a version's line; "" for a whole version, which may be an older one."""
    asked = order(version)
    if not lines or len(asked) != len(lines[0][0]):
        return ""
    return next((system for start, system in reversed(lines) if start <= asked), "")
