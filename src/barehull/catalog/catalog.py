"""The tables, looked up by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from barehull.catalog import distroless
from barehull.catalog.distroless import Families, read_families
from barehull.catalog.lifecycles import Lifecycles, read_lifecycles
from barehull.catalog.model import Distroless, ImageName, Lifecycle, OfficialImage
from barehull.catalog.name import parse_name
from barehull.catalog.official import Officials, read_officials
from barehull.catalog.published import Published, read_published
from barehull.catalog.tables import parse, shipped
from barehull.catalog.vendors import Vendors, read_vendors
from barehull.core.errors import InputError
from barehull.files import default_store, reading

__all__ = ("Catalog", "known_before", "load_catalog", "parse_name", "updated_table")

_MAX = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables. `as_of` is the day that they were last brought up to date."""

    as_of: date
    officials: Officials
    published: Published
    families: Families
    lifecycles: Lifecycles
    vendors: Vendors

    def official(self, name: ImageName) -> OfficialImage | None:
        """The official image of that name; None for any other."""
        return self.officials.find(name)

    def distroless(self, name: ImageName, today: date) -> Distroless | None:
        """The distroless image of that name; None for any other."""
        return distroless.find(name, today, self.published, self.families, self.lifecycles)

    def minimal(self, name: ImageName) -> tuple[str, ...]:
        """The languages that another's minimal image serves; () where it is not known as one."""
        found = self.vendors.find(name)
        return found.languages if found else ()

    def user(self, name: ImageName) -> str | None:
        """Who an image runs as where no USER is set, "" for root; None where nothing is known of it."""
        if found := self.distroless(name, self.as_of):
            return "65532" if found.nonroot else ""
        official = self.official(name)
        return official.user if official else self.vendors.user(name)

    def lifecycle(self, product: str, version: str) -> Lifecycle | None:
        """The line that a version ("1.21", "12", "16.20.2") of a product belongs to; None where not known."""
        return self.lifecycles.find(product, version)

    def end_of_life(self, product: str, version: str) -> date | None:
        """The day from which a version ("1.21", "12", "16.20.2") of a product has no support; None where not known."""
        line = self.lifecycles.find(product, version)
        return line.ends if line else None

    def current(self, product: str, today: date) -> tuple[str, ...]:
        """The supported versions of a product, newest first."""
        return self.lifecycles.current(product, today)

    def recommended(self, language: str, version: str) -> str:
        """The distroless image that the guideline asks for, e.g. "gcr.io/distroless/nodejs22-debian13"; "" for none."""
        return distroless.recommended(language, version, self.published, self.families)


def updated_table() -> Path:
    """Where `barehull catalog update` keeps its table: in the cache."""
    return default_store() / "catalog" / "distroless.toml"


def load_catalog() -> Catalog:
    """The catalog in use: the one that `barehull catalog update` made, else the one that comes along.

    Errors: InputError when there is an updated one that is damaged: the one that comes along does not take its place
    unasked.
    """
    published = _published()
    officials = read_officials(shipped("official"))
    families = read_families(shipped("families"))
    lifecycles = read_lifecycles(shipped("lifecycles"))
    days = [officials.as_of, published.as_of, families.as_of, *(it.as_of for it in lifecycles.products.values())]
    return Catalog(max(days), officials, published, families, lifecycles, read_vendors(shipped("vendors")))


def known_before() -> Published:
    """What an update starts from: the table in use, or the one that comes along where that is damaged."""
    try:
        return _published()
    except InputError:
        return read_published(shipped("distroless"))


def _published() -> Published:
    path = updated_table()
    return _updated(path) if path.exists() else read_published(shipped("distroless"))


def _updated(path: Path) -> Published:
    with reading(path), path.open("rb") as file:
        data = file.read(_MAX + 1)
    try:
        if len(data) > _MAX:
            raise ValueError(f"it is longer than {_MAX} bytes")
        return read_published(parse(data.decode()))
    except ValueError as error:
        raise InputError(
            f"the table {path} is damaged: {error}",
            advice="Make it anew by `barehull catalog update`, or delete it: then the one that comes along is used.",
        ) from error
