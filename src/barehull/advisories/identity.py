"""What is one vulnerability? Which identifiers name the same one, so that each is counted once.

1. Aliases join: CVE, GHSA, PYSEC and GO identifiers that records call aliases of each other are one vulnerability.
2. Unless that would merge two CVEs. Then each CVE stays its own; another identifier is an alias of the one CVE that it
   is nearest to, and a record that is as near to several CVEs is about each of them, and an alias of none.
3. A distribution's record (it has `upstream`, or a distribution's identifier) is about each CVE that it names, one by
   one. It joins nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Group = tuple[str, ...]

_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_DISTRIBUTION = re.compile(
    r"[A-Za-z]+-CVE-|(DSA|DLA|DTSA|USN|LSN|RHSA|RHBA|RHEA|ALSA|RLSA|SUSE-SU|openSUSE-SU|MGASA|CGA)-"
)
_PREFERENCE = ("CVE-", "GHSA-")


@dataclass(frozen=True, slots=True)
class Statement:
    """What one record says of identity: its own identifier, and those it names."""

    id: str
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()

    @property
    def is_distributions(self) -> bool:
        """Whether a distribution made the record, for its own packages."""
        return bool(self.upstream) or bool(_DISTRIBUTION.match(self.id))

    @property
    def named(self) -> tuple[str, ...]:
        """What a distribution's record is about: the CVEs of `upstream`, else of its aliases, else of its own name."""
        for names in (self.upstream, self.aliases, (self.id,)):
            cves = sorted({found[0] for name in names if (found := _CVE.search(name)) and name.endswith(found[0])})
            if cves:
                return tuple(cves)
        return tuple(sorted(set(self.upstream))) or (self.id,)


class Identities:
    """What the aliases in `statements` join. The answer does not depend on their order."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        neighbours: defaultdict[str, list[str]] = defaultdict(list)  # a set takes three times the memory
        for statement in statements:
            if not statement.is_distributions:
                for alias in statement.aliases:
                    if alias != statement.id:
                        neighbours[statement.id].append(alias)
                        neighbours[alias].append(statement.id)
        self._heads = _heads(neighbours)
        members: defaultdict[str, list[str]] = defaultdict(list)
        for name, of in self._heads.items():
            if len(of) == 1:
                members[of[0]].append(name)
        self._groups = {head: tuple(sorted(names, key=_preference)) for head, names in members.items()}

    def about(self, statement: Statement) -> tuple[Group, ...]:
        """The vulnerabilities that a record is about; each is its identifiers, the preferred one first."""
        names = statement.named if statement.is_distributions else (statement.id,)
        heads = {head for name in names for head in self._heads.get(name, (name,))}
        return tuple(self._groups.get(head, (head,)) for head in sorted(heads))


def identify(statements: Iterable[Statement]) -> dict[str, tuple[Group, ...]]:
    """For each record's identifier the vulnerabilities that it is about.

    Time is linear in the number of names, but for sorting.
    """
    known = sorted(statements, key=lambda statement: statement.id)
    identities = Identities(known)
    return {statement.id: identities.about(statement) for statement in known}


def _heads(neighbours: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """For each name the CVEs nearest to it on ways through no other CVE, else the preferred of its cluster."""
    heads: dict[str, tuple[str, ...]] = {name: (name,) for name in neighbours if _CVE.fullmatch(name)}
    ring = sorted(heads)
    while ring:
        reached: defaultdict[str, set[str]] = defaultdict(set)
        for name in ring:
            for other in neighbours[name]:
                if other not in heads:
                    reached[other].update(heads[name])
        heads.update((name, tuple(sorted(of))) for name, of in reached.items())
        ring = sorted(reached)
    for cluster in _clusters(neighbours, set(neighbours) - heads.keys()):
        preferred = min(cluster, key=_preference)
        heads.update((name, (preferred,)) for name in cluster)
    return heads


def _clusters(neighbours: Mapping[str, list[str]], names: set[str]) -> Iterator[set[str]]:
    """The connected parts of the graph that has only `names`."""
    while names:
        cluster, edge = set[str](), {names.pop()}
        while edge:
            cluster |= edge
            names -= edge
            edge = {other for name in edge for other in neighbours[name]} - cluster
        yield cluster


def _preference(name: str) -> tuple[int, str]:
    rank = next((rank for rank, prefix in enumerate(_PREFERENCE) if name.startswith(prefix)), len(_PREFERENCE))
    return rank, name
