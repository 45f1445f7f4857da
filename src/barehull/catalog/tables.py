"""Reading the tables: TOML, whose values are checked as they are taken."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

Table = dict[str, Any]

_DATA = Path(__file__).parent / "data"


def shipped(name: str) -> Table:
    """The table of that name that comes along."""
    return parse((_DATA / f"{name}.toml").read_text(encoding="utf-8"))


def parse(text: str) -> Table:
    """A table from TOML. ValueError for what is not TOML."""
    import tomllib  # not needed to import the package

    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def text(table: Table, key: str, default: str | None = None) -> str:
    """A string; ValueError for anything else, or where it is missing and there is no `default`."""
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key} is not a text")
    return value


def day(table: Table, key: str) -> date | None:
    """A date, or None where there is none; ValueError for anything else."""
    value = table.get(key)
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise ValueError(f"{key} is not a date")
    return value


def as_of(table: Table) -> date:
    """The day that a table was true on; ValueError where it does not say so."""
    value = day(table, "as_of")
    if value is None:
        raise ValueError("as_of is missing")
    return value


def texts(table: Table, key: str) -> tuple[str, ...]:
    """A list of strings, empty where it is missing; ValueError for anything else."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(it, str) for it in value):
        raise ValueError(f"{key} is not a list of texts")
    return tuple(value)


def rows(table: Table, key: str) -> list[Table]:
    """A list of tables, empty where it is missing; ValueError for anything else."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(it, dict) for it in value):
        raise ValueError(f"{key} is not a list of tables")
    return value


def order(version: str) -> tuple[int, ...]:
    """What versions are sorted by: their numbers."""
    return tuple(int(number) for number in re.findall(r"[0-9]{1,9}", version))
