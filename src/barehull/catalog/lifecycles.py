"""Ends of life, looked up by product and version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from barehull.catalog.model import Lifecycle
from barehull.catalog.tables import Table, as_of, text


@dataclass(frozen=True, slots=True)
class Product:
    """The versions of a product, newest first."""

    as_of: date
    source: str
    note: str
    versions: Mapping[str, Lifecycle]


@dataclass(frozen=True, slots=True)
class Lifecycles:
    """The products, and why others have no table."""

    products: Mapping[str, Product]
    without: Mapping[str, str]

    def find(self, product: str, version: str) -> Lifecycle | None:
        """The line that a version belongs to: 1.21.3 to 1.21, 16.20.2 to 16. None where it is not known."""
        known = self.products.get(product)
        parts = version.split(".")[:4]
        while known and parts:
            found = known.versions.get(".".join(parts))
            if found:
                return found
            parts.pop()
        return None

    def current(self, product: str, today: date) -> tuple[str, ...]:
        """The versions that have support on that day, newest first."""
        known = self.products.get(product)
        living = known.versions.values() if known else ()
        return tuple(it.version for it in living if it.released <= today and (it.ends is None or today < it.ends))


def read_lifecycles(table: Table) -> Lifecycles:
    """The tables from their TOML. ValueError where they are not what they should be."""
    products = {
        name: Product(
            as_of(part),
            text(part, "source"),
            text(part, "note", ""),
            {line.version: line for line in map(_lifecycle, text(part, "versions").split("\n")[:-1])},
        )
        for name, part in table.items()
        if name != "without"
    }
    return Lifecycles(products, table["without"])


def _lifecycle(line: str) -> Lifecycle:
    """A line of a table: lines of text, as TOML's own lists of dates take ten times longer to read."""
    version, *days = line.split()
    released, ends, full = [*map(date.fromisoformat, days), None, None][:3]
    if released is None:
        raise ValueError(f"{line!r} says no day of release")
    return Lifecycle(version, released, ends, full or ends)
