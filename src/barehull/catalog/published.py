"""The images that distroless publishes: the table that `barehull catalog update` refreshes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from barehull.catalog.tables import Table, as_of, day, rows, text, texts


@dataclass(frozen=True, slots=True)
class Variant:
    """An image for one Debian release: "nodejs22" for "13".

    `version` is the language's ("22", "3.13", "" for none); `until` is the end of its support in distroless' words, and
    `ends` that day, where they name one.
    """

    image: str
    debian: str
    version: str
    architectures: tuple[str, ...]
    ends: date | None
    until: str


@dataclass(frozen=True, slots=True)
class Removal:
    """Images that were published once, gone by a day.

    `image` is a name, or "nodejs*" for those with any number; `debian` a release; "" for any.
    """

    image: str
    debian: str
    day: date


@dataclass(frozen=True, slots=True)
class Published:
    """What is published, what was, and the Debian release of names without one."""

    as_of: date
    source: str
    default: str
    variants: tuple[Variant, ...]
    removals: tuple[Removal, ...]

    def find(self, image: str, debian: str) -> Variant | None:
        """The image of that name on that Debian release; None where it is not published."""
        return next((it for it in self.variants if (it.image, it.debian) == (image, debian)), None)

    def removed(self, images: Iterable[str], debian: str) -> date | None:
        """The first day by which an image of one of these names was gone; None for one that never was removed."""
        names = ("", *images)
        days = [it.day for it in self.removals if it.image in names and it.debian in ("", debian)]
        return min(days, default=None)


def read_published(table: Table) -> Published:
    """The table from its TOML. ValueError where it is not what it should be."""
    variants = tuple(_variant(row) for row in rows(table, "images"))
    removals = tuple(_removal(row) for row in rows(table, "removed"))
    if not variants:
        raise ValueError("it has no images")
    return Published(as_of(table), text(table, "source"), text(table, "default"), variants, removals)


def _variant(row: Table) -> Variant:
    architectures = texts(row, "architectures")
    return Variant(
        text(row, "image"),
        text(row, "debian"),
        text(row, "version", ""),
        architectures,
        day(row, "ends"),
        text(row, "until", ""),
    )


def _removal(row: Table) -> Removal:
    removed = day(row, "day")
    if removed is None:
        raise ValueError("a removed image has no day")
    return Removal(text(row, "image", ""), text(row, "debian", ""), removed)


def to_toml(published: Published) -> str:
    """The table as TOML."""
    lines = [
        "# The images that distroless publishes, and those that it did. Written by `barehull catalog update`.",
        f"as_of = {published.as_of}",
        f"source = {_quoted(published.source)}",
        f"default = {_quoted(published.default)}",
    ]
    for it in published.variants:
        lines += ["", "[[images]]", f"image = {_quoted(it.image)}", f"debian = {_quoted(it.debian)}"]
        lines += [f"version = {_quoted(it.version)}"] if it.version else []
        lines += [f"architectures = [{', '.join(_quoted(name) for name in it.architectures)}]"]
        lines += [f"ends = {it.ends}"] if it.ends else []
        lines += [f"until = {_quoted(it.until)}"] if it.until else []
    for gone in published.removals:
        lines += ["", "[[removed]]"]
        lines += [f"image = {_quoted(gone.image)}"] if gone.image else []
        lines += [f"debian = {_quoted(gone.debian)}"] if gone.debian else []
        lines += [f"day = {gone.day}"]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    """A basic string of TOML, which is one of JSON but for DEL."""
    return json.dumps(value).replace("\x7f", "\\u007f")
