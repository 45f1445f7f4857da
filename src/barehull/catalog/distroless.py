"""Distroless images, looked up by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from barehull.catalog.lifecycles import Lifecycles
from barehull.catalog.model import Distroless, ImageName
from barehull.catalog.published import Published, Variant
from barehull.catalog.tables import Table, as_of, order, rows, text, texts

HOME = "gcr.io/distroless/"
_NAME = re.compile(r"([a-z0-9.-]+?)(?:-debian([0-9]{1,3}))?")
_NUMBERED = re.compile(r"([a-z]+)([0-9]{1,3})")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WORDS = frozenset(("", "latest", "nonroot", "debug", "amd64", "arm64", "arm", "s390x", "ppc64le", "riscv64"))

State = Literal["supported", "ended", "removed", "unknown"]


@dataclass(frozen=True, slots=True)
class Family:
    """A row of families.toml, where each field is described."""

    name: str
    languages: tuple[str, ...]
    serves: tuple[str, ...]
    numbered: bool
    in_tag: bool
    product: str
    in_debian: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Families:
    """What each family is for, and the image by language."""

    as_of: date
    source: str
    families: Mapping[str, Family]
    recommended: Mapping[str, str]
    foreign: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a name and its tag say."""

    family: Family
    image: str  # "nodejs22"
    version: str
    debian: str  # "" where the name has none
    words: tuple[str, ...]


def find(
    name: ImageName, today: date, published: Published, families: Families, lifecycles: Lifecycles
) -> Distroless | None:
    """The distroless image of that name; None for any other."""
    tail, mirror = _tail(name, families.foreign)
    asked = _asked(tail, name.tag, families) if tail else None
    if asked is None:
        return None
    debian = asked.debian or published.default
    variant = published.find(asked.image, debian)
    known = variant.version if variant else asked.family.in_debian.get(debian, "")
    state, ends, why = _state(asked, variant, debian, today, published, lifecycles)
    return Distroless(
        asked.family.name,
        asked.family.languages,
        asked.family.languages + asked.family.serves,
        asked.version or known,
        debian,
        "debug" in asked.words,
        "nonroot" in asked.words,
        mirror,
        state,
        ends,
        why,
    )


def recommended(language: str, version: str, published: Published, families: Families) -> str:
    """The image of the guideline for a version of a language, without a tag; "" for none.

    Of a family with a version in the name: the one asked for, else the next newer, else the newest.
    """
    name = families.recommended.get(language, "")
    if not name:
        return ""
    if families.families[name].numbered:
        there = sorted(
            (order(it.version)[0], it.image)
            for it in published.variants
            if it.debian == published.default and it.image == f"{name}{it.version}"
        )
        major = next(iter(order(version)), 999)
        name = next((image for number, image in there if number >= major), there[-1][1] if there else "")
    return f"{HOME}{name}-debian{published.default}" if name else ""


def read_families(table: Table) -> Families:
    """The table from its TOML. ValueError where it is not what it should be."""
    families = {
        text(row, "name"): Family(
            text(row, "name"),
            texts(row, "languages"),
            texts(row, "serves"),
            row.get("numbered", False),
            row.get("in_tag", False),
            text(row, "product", ""),
            row.get("in_debian", {}),
        )
        for row in rows(table, "families")
    }
    return Families(as_of(table), text(table, "source"), families, table["recommended"], texts(table, "foreign"))


def _tail(name: ImageName, foreign: tuple[str, ...]) -> tuple[str, bool]:
    """What stands behind `distroless/`, and whether that is a copy of another's; "" where it is not distroless."""
    if name.path.startswith(HOME):
        return name.path.removeprefix(HOME), False
    if name.path.startswith(foreign):
        return "", False
    folders, _, last = f"/{name.repository}".rpartition("/")
    return (last, True) if folders.endswith("/distroless") else ("", False)


def _asked(tail: str, tag: str, families: Families) -> _Asked | None:
    match = _NAME.fullmatch(tail)
    if not match:
        return None
    image, debian = match[1], match[2] or ""
    numbered = _NUMBERED.fullmatch(image)
    family = families.families.get(image)
    version = ""
    if family is None and numbered:
        family, version = families.families.get(numbered[1]), numbered[2]
        family = family if family and family.numbered else None
    if family is None:
        return None
    words = tuple(tag.split("-"))
    if family.in_tag and not version and words[0].isdecimal():
        version, words = words[0], words[1:]
    return _Asked(family, image, version, debian, words)


def _state(
    asked: _Asked, variant: Variant | None, debian: str, today: date, published: Published, lifecycles: Lifecycles
) -> tuple[State, date | None, str]:
    if variant is None:
        names = {asked.image, f"{asked.family.name}{asked.version}", f"{asked.family.name}*"}
        day = published.removed(names, debian)
        if day:
            return "removed", day, f"it was gone by {day}"
        shown = f"{asked.image}-debian{asked.debian}" if asked.debian else asked.image
        return "unknown", None, f"{shown} is not among the images that distroless published on {published.as_of}"
    ends, why = variant.ends, f"distroless' policy says {variant.until}" if variant.until else ""
    line = lifecycles.find(asked.family.product, asked.version) if asked.family.product else None
    if line and line.ends and (ends is None or line.ends < ends):
        ends, why = line.ends, f"{asked.family.product} {line.version} ends on {line.ends}"
    if ends and ends <= today:
        return "ended", ends, why
    strange = [word for word in asked.words if word not in _WORDS and not _COMMIT.fullmatch(word)]
    if strange:
        return "unknown", ends, f"{'-'.join(asked.words)} is not among the tags that distroless publishes"
    return "supported", ends, why
