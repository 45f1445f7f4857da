"""The lists that distroless keeps in its repository: which images there are, where, and until when."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase

from barehull.catalog.published import Variant
from barehull.catalog.starlark import ADVICE, Literal, literals
from barehull.core.errors import InputError

Read = Callable[[str], str]  # a path within the repository -> its text

POLICY = "SUPPORT_POLICY.md"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(r"([a-z]{3})[a-z]*\.? +([0-9]{4})", re.IGNORECASE)
_RELATIVE = re.compile(r"debian [0-9]+ release day( \+ ?[0-9]+ ?(yr|mo)s?)?", re.IGNORECASE)
_COLUMN = re.compile(r"debian ([0-9]+) eol", re.IGNORECASE)
_PYTHON = re.compile(r"python(3\.[0-9]+)-minimal")


@dataclass(frozen=True, slots=True)
class Lists:
    """What the lists say."""

    default: str
    variants: tuple[Variant, ...]


def read_lists(read: Read, what: str) -> Lists:
    """The lists of the repository whose files `read` gives; `what` is its name for people.

    Errors: InputError, with file and line, for what cannot be understood; those of `read`.
    """

    def take(path: str, *names: str) -> dict[str, Literal]:
        return literals(read(path), f"{what}: {path}", names)

    default = take("BUILD", "DEFAULT_DISTRO")["DEFAULT_DISTRO"]
    numbers = _numbers(take("distro.bzl", "VERSIONS")["VERSIONS"])
    if default.value not in numbers:
        raise default.refuse("one of the releases of distro.bzl")
    policy = _policy(read(POLICY), f"{what}: {POLICY}")
    variants = []
    for found in (*_plain(take), *_numbered(take)):
        if found.distro not in numbers:
            raise found.said.refuse(f"about releases of distro.bzl only: {found.distro}")
        debian = numbers[found.distro]
        ends, until = _end(policy, found.image, debian)
        variants.append(Variant(found.image, debian, found.version, found.architectures, ends, until))
    return Lists(numbers[default.value], tuple(sorted(variants, key=lambda it: (-int(it.debian), it.image))))


@dataclass(frozen=True, slots=True)
class _Found:
    """An image in the lists, and the literal that said so."""

    image: str
    version: str
    distro: str
    architectures: tuple[str, ...]
    said: Literal


Take = Callable[..., dict[str, Literal]]


def _plain(take: Take) -> Iterator[_Found]:
    """The images whose names have no version."""
    for folder, prefix, images in (
        ("static", "STATIC", ("static",)),
        ("base", "BASE", ("base", "base-nossl")),
        ("cc", "CC", ("cc",)),
        ("python3", "PYTHON", ("python3",)),
        ("java", "JAVA", ("java-base",)),
    ):
        more = ("PYTHON_PACKAGES",) if prefix == "PYTHON" else ()
        said = take(f"{folder}/config.bzl", f"{prefix}_DISTROS", f"{prefix}_ARCHITECTURES", *more)
        architectures = said[f"{prefix}_ARCHITECTURES"]
        packages = said["PYTHON_PACKAGES"].table() if more else {}
        for distro, names in _by_distro(said[f"{prefix}_DISTROS"], architectures, architectures.table()):
            version = next((m[1] for it in packages.get(distro, ()) if (m := _PYTHON.fullmatch(it))), "")
            yield from (_Found(image, version, distro, names, architectures) for image in images)


def _numbered(take: Take) -> Iterator[_Found]:
    """The images with the language's version in the name."""
    said = take("java/config.bzl", "JAVA_DISTROS", "JAVA_ARCHITECTURES", "JAVA_MAJOR_VERSIONS")
    majors = said["JAVA_MAJOR_VERSIONS"]
    java = dict(_by_distro(said["JAVA_DISTROS"], said["JAVA_ARCHITECTURES"], said["JAVA_ARCHITECTURES"].table()))
    for distro, versions in _by_distro(said["JAVA_DISTROS"], majors, majors.table()):
        yield from (_Found(f"java{it}", it, distro, java[distro], majors) for it in versions)
    said = take("nodejs/config.bzl", "NODEJS_DISTROS", "NODEJS_ARCHITECTURES", "NODEJS_MAJOR_VERSIONS")
    architectures, majors = said["NODEJS_ARCHITECTURES"], said["NODEJS_MAJOR_VERSIONS"]
    if not isinstance(architectures.value, dict):
        raise architectures.refuse("a table")
    tables = {
        distro: Literal(architectures.name, value, architectures.where).table()
        for distro, value in architectures.value.items()
    }
    for distro in said["NODEJS_DISTROS"].words():
        for it in majors.words():
            if it in tables.get(distro, {}):
                yield _Found(f"nodejs{it}", it, distro, tables[distro][it], architectures)


def _by_distro(
    distros: Literal, said: Literal, table: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a table has for each release that is listed; InputError where it lacks one."""
    for distro in distros.words():
        if distro not in table:
            raise said.refuse(f"complete: it has no {distro}")
        yield distro, table[distro]


def _numbers(versions: Literal) -> dict[str, str]:
    """Debian's numbers by the names of the releases: "debian13" -> "13"."""
    rows = versions.value
    if not isinstance(rows, list) or not all(
        isinstance(row, tuple) and len(row) == 3 and isinstance(row[0], str) and str(row[2]).isdecimal() for row in rows
    ):
        raise versions.refuse("a list of (name, codename, number)")
    return {row[0]: str(row[2]) for row in rows}


# -- the support policy: a table in Markdown, a row for a kind of image, a column for a Debian release

Policy = list[tuple[str, dict[str, tuple[date | None, str]]]]


def _policy(text: str, what: str) -> Policy:
    columns: list[str] = []
    policy: Policy = []
    for number, line in enumerate(text.split("\n"), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            if policy:
                break
        elif not columns:
            columns = [_column(cell, f"{what}, line {number}") for cell in cells[1:]]
        elif set(line) - set("|-: \r"):
            if len(cells) != len(columns) + 1:
                raise InputError(f"{what}, line {number}: it has {len(cells)} columns", advice=ADVICE)
            ends = {name: _date(cell, f"{what}, line {number}") for name, cell in zip(columns, cells[1:], strict=True)}
            policy.append((cells[0], ends))
    if not policy:
        raise InputError(f"{what} has no table of the ends of support", advice=ADVICE)
    return policy


def _column(cell: str, where: str) -> str:
    match = _COLUMN.fullmatch(cell)
    if not match:
        raise InputError(f"{where}: the column {cell[:40]!r} is not about a Debian release", advice=ADVICE)
    return match[1]


def _date(cell: str, where: str) -> tuple[date | None, str]:
    """The last day of a month, or none for what only the future will tell."""
    match = _MONTH.fullmatch(cell)
    if match and match[1].lower() in _MONTHS and 2000 <= int(match[2]) < 9999:
        month, year = _MONTHS.index(match[1].lower()) + 1, int(match[2])
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1), cell
    if not _RELATIVE.fullmatch(cell):
        raise InputError(f"{where}: {cell[:40]!r} is no end of support", advice=ADVICE)
    return None, cell


def _end(policy: Policy, image: str, debian: str) -> tuple[date | None, str]:
    """The end of support of an image; none where the policy does not speak of it."""
    for pattern, ends in policy:
        if fnmatchcase(image, pattern.lower()):
            return ends.get(debian, (None, ""))
    return None, ""
