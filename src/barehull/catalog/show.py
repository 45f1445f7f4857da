"""The tables for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from barehull.catalog.catalog import Catalog
from barehull.catalog.distroless import HOME
from barehull.catalog.model import Distroless, ImageName
from barehull.catalog.official import Entry
from barehull.catalog.published import Variant

SCHEMA = "barehull/catalog/1"
_SHORT = "docker.io/library/"


@dataclass(frozen=True, slots=True)
class _Row:
    """A published image, and what is true of it today."""

    variant: Variant
    image: Distroless

    @property
    def name(self) -> str:
        return f"{HOME}{self.variant.image}-debian{self.variant.debian}"


def render_text(catalog: Catalog, today: date) -> str:
    """The tables as text: distroless images with their ends, languages with their official images, sources."""
    published = catalog.published
    images = [
        (row.name, row.image.version, row.image.state, _end(row), " ".join(row.variant.architectures))
        for row in _rows(catalog, today)
    ]
    languages = [
        (
            name,
            ", ".join(it.removeprefix(_SHORT) for entry in entries for it in entry.names[:1]),
            " ".join(catalog.current(entries[0].product, today)[:5]) or "-",
            catalog.recommended(name, "").removeprefix(HOME) or "-",
        )
        for name, entries in _languages(catalog).items()
    ]
    removed = [f"{it.image or '*'}{it.debian and f'-debian{it.debian}'} ({it.day})" for it in published.removals]
    parts = [
        f"Distroless images ({published.source}, as of {published.as_of}); without a release in the name: Debian "
        f"{published.default}",
        _columns(("IMAGE", "VERSION", "STATE", "END", "ARCHITECTURES"), images),
        f"Removed: {', '.join(removed)}\n",
        f"Languages ({catalog.officials.source}, as of {catalog.officials.as_of})",
        _columns(("LANGUAGE", "OFFICIAL IMAGES", "SUPPORTED VERSIONS", "DISTROLESS"), languages),
        "Minimal images of others",
        _columns(("IMAGE", "SERVES"), ((it.names[0], ", ".join(it.languages)) for it in catalog.vendors.minimal)),
        "Ends of life",
        _columns(("PRODUCT", "AS OF", "SUPPORTED, WITH ENDS", "SOURCE"), _ends(catalog, today)),
    ]
    return "\n".join(parts)


def render_json(catalog: Catalog, today: date) -> str:
    """The tables as JSON, versioned by `schema`."""
    published, officials = catalog.published, catalog.officials
    document = {
        "schema": SCHEMA,
        "as_of": catalog.as_of,
        "distroless": {
            "as_of": published.as_of,
            "source": published.source,
            "default_debian": published.default,
            "images": [_image_of(row) for row in _rows(catalog, today)],
            "removed": [{"image": it.image, "debian": it.debian, "day": it.day} for it in published.removals],
        },
        "official": {
            "as_of": officials.as_of,
            "source": officials.source,
            "images": [_entry_of(entry) for entry in officials.entries],
        },
        "recommended": {name: found for name in _languages(catalog) if (found := catalog.recommended(name, ""))},
        "minimal": [
            {"names": it.names, "what": it.what, "languages": it.languages, "source": it.source, "as_of": it.as_of}
            for it in catalog.vendors.minimal
        ],
        "lifecycles": {
            name: {
                "as_of": product.as_of,
                "source": product.source,
                "versions": [
                    {"version": it.version, "released": it.released, "ends": it.ends, "full_until": it.full_until}
                    for it in product.versions.values()
                ],
            }
            for name, product in catalog.lifecycles.products.items()
        },
    }
    return json.dumps(document, indent=2, default=date.isoformat) + "\n"


def _rows(catalog: Catalog, today: date) -> list[_Row]:
    found = []
    for variant in catalog.published.variants:
        name = ImageName("gcr.io", f"distroless/{variant.image}-debian{variant.debian}")
        image = catalog.distroless(name, today)
        if image is not None:
            found.append(_Row(variant, image))
    return found


def _languages(catalog: Catalog) -> dict[str, list[Entry]]:
    languages: dict[str, list[Entry]] = {}
    for entry in catalog.officials.entries:
        if entry.language:
            languages.setdefault(entry.language, []).append(entry)
    return languages


def _end(row: _Row) -> str:
    return str(row.image.ends or row.variant.until or "-")


def _ends(catalog: Catalog, today: date) -> Iterable[tuple[str, ...]]:
    for name, product in catalog.lifecycles.products.items():
        living = (product.versions[version] for version in catalog.current(name, today)[:3])
        ends = ", ".join(f"{it.version} ({it.ends})" if it.ends else it.version for it in living)
        yield name, str(product.as_of), ends or "-", product.source


def _image_of(row: _Row) -> dict[str, Any]:
    variant, image = row.variant, row.image
    return {
        "name": row.name,
        "family": image.family,
        "version": image.version,
        "debian": variant.debian,
        "architectures": variant.architectures,
        "languages": image.languages,
        "state": image.state,
        "ends": image.ends,
        "until": variant.until,
        "why": image.why,
    }


def _entry_of(entry: Entry) -> dict[str, Any]:
    return {
        "names": entry.names,
        "language": entry.language,
        "product": entry.product or entry.system,
        "system": entry.system,
        "builds": entry.builds,
        "source": entry.source,
    }


def _columns(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table with columns as wide as their longest cell; the last one is not padded."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
    return "".join(f"  {line}\n" for line in padded)
