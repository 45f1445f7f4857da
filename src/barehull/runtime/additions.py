"""`runtime.packages` on a minimal recipe: the named packages, and of their dependencies those that their files need.

Debian's Depends lead from a library to shells and to what configures the installed system. They are only the map
here: a dependency is kept when it has a library that the dynamic linker would ask for and that is not there yet
(NEEDED and symbol versions), or when it is a part of the same source in the same version, as data often is
(libmagic1 and libmagic-mgc). Nothing else comes along.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from barehull.core.errors import InputError
from barehull.debian.archive import Archive
from barehull.debian.closure import Offers, UnsatisfiedError
from barehull.debian.index import Package
from barehull.debian.relation import parse_relations
from barehull.runtime.shelf import Contents

# The library is in a direct dependency, but for what is split or was renamed; bounds for what is neither.
_MAX_DEPTH = 3
_MAX_TRIED = 40  # packages opened for one library
_MAX_PROVIDERS = 8  # of one virtual package


class Packages(Protocol):
    """Where packages are looked into: a `Shelf`."""

    def bring(self, packages: Iterable[Package]) -> None:
        """Fetch packages, several at a time."""

    def contents(self, package: Package) -> Contents:
        """What is in a package."""


@dataclass(frozen=True, slots=True)
class Present:
    """What an image has that was not made of this archive's packages: names of its packages, and its libraries.

    `provides` has the symbol versions that each library defines (none: it has none).
    """

    names: frozenset[str] = frozenset()
    provides: Mapping[str, frozenset[str]] = field(default_factory=dict)


def additions(
    base: Sequence[Package],
    names: Sequence[str],
    archive: Archive,
    packages: Packages,
    present: Present | None = None,
) -> tuple[Package, ...]:
    """What comes on top of the packages `base` when `names` are asked for: first they, then what they need.

    `present` is what is there besides `base`, if anything.
    Errors: UnsatisfiedError for a name that is not there and a need that nothing fulfils, InputError for a package with
    a shell or a package manager; both with the chain that leads there.
    """
    offers = Offers(archive)
    wanted = [offers.named(name) for name in dict.fromkeys(names)]
    packages.bring([*base, *wanted])
    image = _Image(offers, packages, present or Present())
    for package in base:
        image.take(package)
    for package in wanted:
        if package.name not in image.chosen:
            image.add(package, after="")
    while image.queue:
        image.complete(image.queue.popleft())
    return tuple(image.added)


class _Image:
    """What is chosen so far, with the libraries in it; `queue` has the packages whose needs are still to be met."""

    def __init__(self, offers: Offers, packages: Packages, present: Present) -> None:
        self._offers = offers
        self._packages = packages
        # library -> package, versions
        self._provided = {library: ("the base", versions) for library, versions in present.provides.items()}
        self._after: dict[str, str] = {}  # what made a package necessary
        self.chosen = set(present.names)
        self.added: list[Package] = []
        self.queue: deque[Package] = deque()

    def take(self, package: Package) -> Contents:
        """A package is in the image, for good or ill."""
        contents = self._packages.contents(package)
        self.chosen.add(package.name)
        for library, versions in contents.provides.items():
            self._provided.setdefault(library, (package.name, versions))
        return contents

    def add(self, package: Package, *, after: str) -> None:
        self._after[package.name] = after
        tools = self.take(package).tools
        if tools:
            raise InputError(
                f"{self._chain(package.name)} brings {tools[0]}, which no distroless image may have",
                advice="Leave it out of runtime.packages; what needs it at build time belongs into a build stage.",
            )
        self.added.append(package)
        self.queue.append(package)

    def complete(self, package: Package) -> None:
        """Add what a package needs."""
        for part in self._parts(package):
            self.add(part, after=package.name)
        for library, versions in sorted(self._packages.contents(package).needs.items()):
            provider, defined = self._provided.get(library, ("", frozenset()))
            if not provider:
                self._fulfil(package, library)
                provider, defined = self._provided[library]
            lacking = versions - defined
            if defined and lacking:  # the linker accepts a library without any symbol versions
                raise UnsatisfiedError(
                    f"{self._chain(package.name)} needs {library} with {', '.join(sorted(lacking))}, "
                    f"which {provider} does not define",
                    advice="Let all packages come from the same suites of this Debian.",
                )

    def _parts(self, package: Package) -> Iterator[Package]:
        """The dependencies that are the same source in exactly the same version, and not chosen yet."""
        for alternatives in parse_relations(f"{package.pre_depends}, {package.depends}"):
            if len(alternatives) == 1 and alternatives[0].operator == "=":
                found = next(self._offers.candidates(alternatives[0]), None)
                if found is not None and found.source == package.source and found.name not in self.chosen:
                    yield found

    def _fulfil(self, package: Package, library: str) -> None:
        for candidate in islice(self._candidates(package, library), _MAX_TRIED):
            if library in self._packages.contents(candidate).provides:
                self.add(candidate, after=package.name)
                return
        raise UnsatisfiedError(
            f"{self._chain(package.name)} needs {library}, and none of its dependencies in {self._offers.where} has it",
            advice="Add the package that has it to runtime.packages, or leave this one out.",
        )

    def _candidates(self, package: Package, library: str) -> Iterator[Package]:
        """The dependencies of a package, breadth first; within a step those called like the library come first."""
        stem = library.partition(".so")[0].lower().replace("_", "-")
        seen, level = {package.name}, [package]
        for _ in range(_MAX_DEPTH):
            following: dict[str, Package] = {}
            for each in level:
                for found in self._dependencies(each):
                    if found.name not in seen and not found.essential:
                        following[found.name] = found
            seen |= following.keys()
            level = sorted(following.values(), key=lambda found: not found.name.startswith(stem))
            yield from (found for found in level if found.name not in self.chosen)

    def _dependencies(self, package: Package) -> Iterator[Package]:
        for alternatives in parse_relations(f"{package.pre_depends}, {package.depends}"):
            for wish in alternatives:
                found = list(islice(self._offers.candidates(wish), 1))
                if not found or found[0].name != wish.name:
                    found = list(islice(self._offers.candidates(wish), _MAX_PROVIDERS))
                yield from found

    def _chain(self, name: str) -> str:
        names = [name]
        while after := self._after.get(names[-1]):
            names.append(after)
        return " -> ".join(reversed(names))
