"""What a file of machine code says that it has inside: versions, as the libraries and interpreters in it spell them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packageurl import PackageURL

from barehull.inventory.model import Component
from barehull.inventory.reading import well_known
from barehull.inventory.reading.well_known import TABLE, WellKnown
from barehull.oci.facts import Content, Fact

_OVERLAP = 256  # bytes; no string in the table is longer
_MOST = 8  # versions of one library that are believed to be in one file


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """A library or interpreter by its name in the table, and its version, "" when it does not tell."""

    name: str
    version: str

    @property
    def known(self) -> WellKnown:
        """Its row in the table."""
        return next(row for row in TABLE if row.name == self.name)

    def component(self, path: str, vendored_in: str = "") -> Component:
        """What was found in the file at `path`, as a component."""
        purl = PackageURL("generic", None, self.known.purl_name or self.name, self.version or None).to_string()
        ecosystem = self.known.ecosystem
        return Component(purl, self.name, self.version, ecosystem, self.name, self.version, (path,), vendored_in)

    def is_all_of(self, path: str) -> bool:
        """Whether the file at `path` is named as it is, and so not something else that has it inside."""
        return bool(self.known.named and re.fullmatch(self.known.named, path.rpartition("/")[2]))


def _said(content: Content) -> tuple[Said, ...]:
    there = _marks(content)
    rows = [row for row in TABLE if there.issuperset(row.marks)]
    versions: dict[str, set[str]] = {row.name: set() for row in rows}
    series: dict[str, set[str]] = {row.name: set() for row in rows if row.series}
    for window in _windows(content) if rows else ():
        for row in rows:
            versions[row.name] |= set(_in(window, row.pattern))
            if row.series:
                series[row.name] |= set(_in(window, row.series))
    found = set[Said]()
    for name, all_of_it in versions.items():
        of_series = [it for it in all_of_it if name not in series or it.rpartition(".")[0] in series[name]]
        found |= {Said(name, version) for version in sorted(of_series)[:_MOST]}
    return tuple(sorted(found))


def _marks(content: Content) -> set[bytes]:
    """The marks of the table that are in the content."""
    wanted = {mark for row in TABLE for mark in row.marks}
    found = set[bytes]()
    for window in _windows(content):
        found |= {mark for mark in wanted - found if mark in window}
    return found


def _windows(content: Content) -> Iterator[bytes]:
    """The content in pieces, each with the end of the one before, so that nothing is cut in two."""
    rest = b""
    for chunk in content.chunks():
        window = rest + chunk
        yield window
        rest = window[-_OVERLAP:]


def _in(window: bytes, pattern: bytes) -> Iterator[str]:
    """The versions in a piece; what touches an end of it may go on there, and is whole in the piece beside it."""
    for match in re.finditer(pattern, window):
        if match.start() > 0 and match.end() < len(window):
            yield _joined(match.groups())


def _joined(found: Iterable[bytes]) -> str:
    """Groups as a version: "2", "09", "14" is 2.9.14."""
    groups = [group.decode("ascii") for group in found]
    return ".".join(str(int(group)) if group.isdigit() else group for group in groups)


SAYS = Fact("says", tuple[Said, ...], _said, (__name__, well_known.__name__))
