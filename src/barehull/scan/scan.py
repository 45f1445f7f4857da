"""Inventory x advisories -> Scan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fnmatch import fnmatchcase
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from barehull.advisories.model import Advisory, Context, Coverage
from barehull.advisories.severity import agreed, severity
from barehull.advisories.store import AdvisoryStore
from barehull.core.outcome import Unknown
from barehull.inventory.model import Component, Inventory
from barehull.scan import matchers as folder
from barehull.scan import undecided
from barehull.scan.model import Match, Scan, Undecided, Vulnerability
from barehull.scan.ranges import Affected, Answer


class Matcher(Protocol):
    """One ecosystem's way to compare; each file of the folder `matchers` is one."""

    def handles(self, ecosystem: str) -> bool:
        """Whether components of `ecosystem` are this matcher's."""

    def match(self, component: Component, advisory: Advisory) -> Answer:
        """Whether `component` is affected by `advisory`, which is about the package it was made from."""


def matchers() -> tuple[Matcher, ...]:
    """The files of the folder `matchers`, by name."""
    names = sorted(found.name for found in iter_modules(folder.__path__))
    return tuple(cast(Matcher, import_module(f"{folder.__name__}.{name}")) for name in names)


def scan(inventory: Inventory, store: AdvisoryStore) -> Scan:
    """Judge every component of the inventory with the store: matched, not affected, or undecided with a reason."""
    database = store.database()
    coverage = {reach.ecosystem: reach for reach in database.coverage}
    covered: list[tuple[Component, Matcher]] = []
    unknown = undecided.of_image(inventory)
    known_matchers = matchers()
    for component in inventory.components:
        matcher = next((matcher for matcher in known_matchers if matcher.handles(component.ecosystem)), None)
        if matcher is None or component.ecosystem not in coverage:
            unknown.append(undecided.not_covered(component))
        elif _is_left_out(component, coverage[component.ecosystem]):
            unknown.append(undecided.left_out(component))
        else:
            covered.append((component, matcher))
    unknown += _not_whole((component for component, _ in covered), coverage)
    found: list[_Found] = []
    said = store.query_all((component.ecosystem, component.source) for component, _ in covered)
    for component, matcher in covered:
        for advisory in said.get((component.ecosystem, component.source), ()):
            unreadable = Unknown(f"record-unreadable: {advisory.problem}") if advisory.problem else None
            answer = unreadable or matcher.match(component, advisory)
            if isinstance(answer, Affected):
                found.append((component, advisory, answer))
            elif isinstance(answer, Unknown):
                unknown.append(undecided.about_component(component, answer.reason))
    return Scan(inventory, database, _matches(found, store), _one_for_each_identity(unknown))


def _is_left_out(component: Component, coverage: Coverage) -> bool:
    return any(fnmatchcase(component.source, pattern) for pattern in coverage.excluded)


def _not_whole(components: Iterable[Component], coverage: dict[str, Coverage]) -> list[Undecided]:
    limited: defaultdict[str, list[Component]] = defaultdict(list)
    for component in components:
        if coverage[component.ecosystem].kind != "full":
            limited[component.ecosystem].append(component)
    return [undecided.not_whole(coverage[ecosystem], those) for ecosystem, those in limited.items()]


_Found = tuple[Component, Advisory, Affected]


def _matches(found: list[_Found], store: AdvisoryStore) -> tuple[Match, ...]:
    """A match for each vulnerability of each advisory, with what others say: a severity it lacks, exploitation."""
    contexts = store.contexts(names[0] for _, advisory, _ in found for names in advisory.vulnerabilities)
    matches = {
        _match(component, advisory, answer, names, contexts[names[0]])
        for component, advisory, answer in found
        for names in advisory.vulnerabilities
    }
    # The order of matches, told to `sorted` in few strings: to compare all their fields takes as long as to find them.
    return tuple(sorted(matches, key=lambda it: (it.vulnerability.id, it.vulnerability.aliases, it.component.purl, it)))


def _match(
    component: Component, advisory: Advisory, answer: Affected, names: tuple[str, ...], context: Context
) -> Match:
    own = severity(advisory.severity, advisory.id)
    return Match(
        Vulnerability(names[0], names[1:]),
        component,
        advisory.id,
        answer.fixed_version,
        agreed(own, severity(context.severity, context.severity_source)),
        advisory.status,
        context.known_exploited,
        context.epss,
    )


def _one_for_each_identity(undecided: Iterable[Undecided]) -> tuple[Undecided, ...]:
    """Sorted; of those that say the same of the same thing (by ten advisories, say) the first."""
    kept: dict[str, Undecided] = {}
    for one in sorted(undecided):
        kept.setdefault(one.identity, one)
    return tuple(sorted(kept.values()))
