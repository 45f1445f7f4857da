"""Packages with everything that they depend on, as apt would choose them for an empty machine (Debian policy 7).

Recommends are left out. Conflicts and Breaks are not looked at: the newest packages of a stable release fit each other,
unless somebody asks for two that exclude one another.
"""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property

from barehull.core.errors import InputError
from barehull.debian.archive import Archive
from barehull.debian.index import Package
from barehull.debian.relation import Relation, parse_relations

_PRIORITIES = ("required", "important", "standard", "optional", "extra")


class UnsatisfiedError(InputError):
    """A package that is wanted, or one that it depends on, is not to be had."""


def closure(archive: Archive, wanted: Iterable[str], *, essential: bool = False) -> tuple[Package, ...]:
    """The packages `wanted`, with `essential` also the essential ones, and all that they (Pre-)Depend on; by name.

    Of alternatives, one that is chosen already does, else the first that can be had. A virtual package is provided by
    the package of the highest priority, then the first by name. Errors: UnsatisfiedError, with the chain to it.
    """
    choice = _Choice(archive)
    for name in sorted({*wanted, *(essential_names(archive) if essential else ())}):
        choice.add(choice.named(name), after="")
    # Breadth first, so that what is asked for by name is known before alternatives are looked at.
    while choice.queue:
        package = choice.queue.popleft()
        for alternatives in parse_relations(f"{package.pre_depends}, {package.depends}"):
            choice.satisfy(alternatives, package)
    return tuple(sorted(choice.chosen.values(), key=lambda package: package.name))


def essential_names(archive: Archive) -> tuple[str, ...]:
    """The names of the packages marked Essential: yes, sorted."""
    return tuple(package.name for package in archive.packages.with_line("Essential: yes") if package.essential)


def required_names(archive: Archive) -> tuple[str, ...]:
    """The names of the packages of Priority: required, sorted: debootstrap's smallest variant has them."""
    found = archive.packages.with_line("Priority: required")
    return tuple(package.name for package in found if package.priority == "required")


class Offers:
    """What an archive has for the wishes of packages."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def named(self, name: str) -> Package:
        """The package of that name. UnsatisfiedError, with the names that are near, when there is none."""
        package = self._archive.packages.get(name)
        if package is None:
            near = difflib.get_close_matches(name, self._archive.packages, 3)
            advice = f"Near are {', '.join(near)}." if near else "Search it on packages.debian.org."
            raise UnsatisfiedError(f"there is no package {name!r} in {self.where}", advice=advice)
        return package

    def candidates(self, wish: Relation) -> Iterator[Package]:
        """The packages that meet a wish: the one of that name, then those that provide it."""
        real = self._archive.packages.get(wish.name)
        if real is not None and wish.holds(real.version):
            yield real
        for package in self._providing:
            if wish.name in package.provides and any(
                name == wish.name and wish.holds(version) for name, version in _offers(package)
            ):
                yield package

    @property
    def where(self) -> str:
        """The suites, in words."""
        return ", ".join(release.suite for release in self._archive.releases)

    @cached_property
    def _providing(self) -> list[Package]:
        found = self._archive.packages.with_line("Provides: ")
        return sorted(found, key=lambda package: (_rank(package), package.name))


class _Choice:
    """What is chosen so far, by name; `queue` has those whose dependencies are still to be looked at."""

    def __init__(self, archive: Archive) -> None:
        self._offers = Offers(archive)
        self.chosen: dict[str, Package] = {}
        self.queue: deque[Package] = deque()
        self._after: dict[str, str] = {}  # what made a package necessary
        self._offered: dict[str, list[str]] = {}  # real and virtual names, in these versions

    def named(self, name: str) -> Package:
        return self._offers.named(name)

    def add(self, package: Package, *, after: str) -> None:
        if package.name in self.chosen:
            return
        self.chosen[package.name] = package
        self._after[package.name] = after
        self.queue.append(package)
        for name, version in _offers(package):
            self._offered.setdefault(name, []).append(version)

    def satisfy(self, alternatives: tuple[Relation, ...], by: Package) -> None:
        if any(wish.holds(version) for wish in alternatives for version in self._offered.get(wish.name, ())):
            return
        found = next((package for wish in alternatives for package in self._offers.candidates(wish)), None)
        if found is None:
            chain = " -> ".join(reversed(list(self._chain(by.name))))
            what = f"{chain} needs {' | '.join(map(str, alternatives))}, which is not in {self._offers.where}"
            raise UnsatisfiedError(what, advice="Choose other packages, or more suites of this Debian.")
        self.add(found, after=by.name)

    def _chain(self, name: str) -> Iterator[str]:
        while name:
            yield name
            name = self._after[name]


def _offers(package: Package) -> Iterator[tuple[str, str]]:
    yield package.name, package.version
    for alternatives in parse_relations(package.provides):
        yield from ((provided.name, provided.version) for provided in alternatives)


def _rank(package: Package) -> int:
    return _PRIORITIES.index(package.priority) if package.priority in _PRIORITIES else len(_PRIORITIES)
