"""The tables that come along hold together: each has its source and date, and each product its ends of life."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import barehull.catalog
from barehull.catalog.catalog import Catalog, load_catalog, parse_name
from barehull.catalog.tables import order, shipped
from barehull.core.errors import InputError

NAMES = ("distroless", "families", "lifecycles", "official", "vendors")


def tables(value: Any) -> list[dict[str, Any]]:
    """A table, and all those within it."""
    if isinstance(value, dict):
        return [value, *(it for part in value.values() for it in tables(part))]
    return [it for part in value for it in tables(part)] if isinstance(value, list) else []


@pytest.mark.parametrize("name", NAMES)
def test_every_source_is_an_address_and_stands_beside_a_date(name: str) -> None:
    found = [it for it in tables(shipped(name)) if "source" in it]
    assert found
    for table in found:
        address = urlsplit(table["source"])
        assert address.scheme == "https"
        assert "." in address.netloc
    assert all(isinstance(it["as_of"], date) for it in tables(shipped(name)) if "as_of" in it)
    assert any("as_of" in it for it in found)


def test_every_product_has_ends_of_life_or_says_why_not(catalog: Catalog) -> None:
    products = {entry.product or entry.system for entry in catalog.officials.entries}
    assert not products - catalog.lifecycles.products.keys() - catalog.lifecycles.without.keys()
    assert not products & catalog.lifecycles.products.keys() & catalog.lifecycles.without.keys()
    assert all(catalog.lifecycles.without.values())


def test_systems_in_tags_are_products_too(catalog: Catalog) -> None:
    words = catalog.officials.words
    known = catalog.lifecycles.products.keys() | catalog.lifecycles.without.keys()
    assert {system for system, _ in words.releases.values()} | set(words.systems.values()) <= known


def test_versions_end_after_they_were_released_and_stand_newest_first(catalog: Catalog) -> None:
    for name, product in catalog.lifecycles.products.items():
        versions = list(product.versions)
        assert versions == sorted(versions, key=order, reverse=True), name
        for it in product.versions.values():
            assert re.fullmatch(r"[0-9]+(\.[0-9]+)*", it.version)
            assert it.released < (it.ends or date.max), (name, it.version)
            assert it.ends is None or it.full_until is None or it.full_until <= it.ends
            assert it.released <= product.as_of


def test_no_row_stands_twice(catalog: Catalog) -> None:
    names = [name for entry in catalog.officials.entries for name in entry.names]
    assert len(names) == len(set(names))
    variants = [(it.image, it.debian) for it in catalog.published.variants]
    assert len(variants) == len(set(variants))
    text = (Path(barehull.catalog.__file__).parent / "data" / "lifecycles.toml").read_text()
    for name, product in catalog.lifecycles.products.items():
        block = text.split(f"\n[{name}]\n")[1].split('"""')[1]
        assert len(block.split("\n")) - 2 == len(product.versions), name


def test_every_name_is_normalised(catalog: Catalog) -> None:
    for entry in catalog.officials.entries:
        for name in entry.names:
            assert parse_name(name).path == name


def test_every_published_image_is_of_a_known_family(catalog: Catalog) -> None:
    for it in catalog.published.variants:
        found = catalog.distroless(parse_name(f"gcr.io/distroless/{it.image}-debian{it.debian}"), catalog.as_of)
        assert found is not None
        assert found.state != "unknown"
        assert found.version == it.version


def test_recommendations_are_of_families(catalog: Catalog) -> None:
    languages = {entry.language for entry in catalog.officials.entries}
    for language, family in catalog.families.recommended.items():
        assert language in languages
        assert language in catalog.families.families[family].languages


@pytest.mark.parametrize(
    ("product", "version", "ends"),
    [
        ("go", "1.12", date(2020, 2, 25)),
        ("go", "1.21.3", date(2024, 8, 13)),
        ("go", "1.25", date(2026, 8, 19)),
        ("go", "1.27", None),
        ("go", "1", None),
        ("python", "3.8.10", date(2024, 10, 7)),
        ("python", "3", None),
        ("node", "16.20.2", date(2023, 9, 11)),
        ("node", "22", date(2027, 4, 30)),
        ("dotnet", "8.0", date(2026, 11, 10)),
        ("debian", "12.4", date(2028, 6, 30)),
        ("ubuntu", "20.04", date(2025, 5, 31)),
        ("alpine", "3.15", date(2023, 11, 1)),
        ("centos", "7.9.2009", date(2024, 6, 30)),
        ("nothing", "1", None),
        ("go", "", None),
        ("go", "." * 1000, None),
    ],
)
def test_ends_of_life(product: str, version: str, ends: date | None, catalog: Catalog) -> None:
    assert catalog.end_of_life(product, version) == ends


def test_full_support_ends_before_long_term_support(catalog: Catalog) -> None:
    debian = catalog.lifecycle("debian", "12")
    assert debian is not None
    assert (debian.full_until, debian.ends) == (date(2026, 7, 11), date(2028, 6, 30))


def test_current_versions_stand_newest_first(catalog: Catalog) -> None:
    assert catalog.current("go", date(2026, 11, 24)) == ("1.27", "1.26")
    assert catalog.current("go", date(2024, 9, 1)) == ("1.23", "1.22")
    assert catalog.current("node", date(2026, 11, 24)) == ("26", "24", "22")
    assert catalog.current("nothing", date(2026, 11, 24)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = [",
        "as_of = 2026-01-01",
        'as_of = 2026-01-01\nsource = "x"\ndefault = "13"\nimages = 3\n',
        'as_of = "soon"\nsource = "x"\ndefault = "13"\n[[images]]\nimage = "static"\ndebian = "13"\n',
        'as_of = 2026-01-01T00:00:00\nsource = "x"\ndefault = "13"\n[[images]]\nimage = "static"\ndebian = "13"\n',
        'as_of = 2026-01-01\nsource = "x"\ndefault = "13"\n[[images]]\nimage = 1\ndebian = "13"\n',
        'as_of = 2026-01-01\nsource = "x"\ndefault = "13"\n[[images]]\nimage = "static"\ndebian = "13"\n[[removed]]\n',
        "\udcff",
        "x = " + "[" * 100_000,
        "#" * (2 << 20),
    ],
    ids=lambda text: text[:20],
)
def test_a_damaged_table_of_the_user_is_never_replaced_silently(text: str, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BAREHULL_CACHE", str(tmp_path))
    path = tmp_path / "catalog" / "distroless.toml"
    path.parent.mkdir()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=re.escape(str(path))):
        load_catalog()
