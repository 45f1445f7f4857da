"""Relations between packages: the fields Depends, Pre-Depends and Provides (Debian policy 7.1)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from barehull.core.errors import InputError
from barehull.debian.version import compare

# Of one package; ":any" and ":native" say nothing where all packages are of one architecture.
_RELATION = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9+.-]*)(?::(?:any|native))?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^\s()]+)\s*\))?"
)
_HOLDS: Mapping[str, Callable[[int, int], bool]] = {
    "<<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">>": operator.gt,
}


class Relation(NamedTuple):
    """A package name, and with it an operator and a version, or two empty strings."""

    name: str
    operator: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {self.version})" if self.operator else self.name

    def holds(self, version: str) -> bool:
        """Whether a package of this version will do; "" is the version of a virtual package that has none."""
        return not self.operator or (bool(version) and _HOLDS[self.operator](compare(version, self.version), 0))


def parse_relations(field: str) -> tuple[tuple[Relation, ...], ...]:
    """The groups of a field, each with its alternatives. InputError when it does not follow the policy."""
    groups = (group.strip() for group in field.split(","))
    return tuple(tuple(map(_relation, group.split("|"))) for group in groups if group)


def _relation(text: str) -> Relation:
    match = _RELATION.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text.strip()[:80]!r} is not a relation to a package", advice="See Debian policy 7.1.")
    return Relation(match[1], match[2] or "", match[3] or "")
