"""Packages: an archive's index of binary packages (Debian wiki "DebianRepository/Format").

An index has up to 70,000 stanzas, of which an image needs some dozens: the whole is only split, by name, and a stanza
is read when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from barehull.core.errors import IntegrityError
from barehull.debian.version import key

_FIELD = re.compile(r"^([A-Za-z0-9-]+):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
_SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = b"Package: "
_ADVICE = "Use another mirror (--mirror or BAREHULL_MIRROR)."


@dataclass(frozen=True, slots=True)
class Package:
    """One binary package of an index; relations as written. `path` is relative to the root of `archive`.

    `suite` is the one of the index ("trixie-security"); `source_version` differs from `version` after a binary-only
    rebuild.
    """

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    path: str
    sha256: str
    size: int
    essential: bool
    priority: str
    multi_arch: str
    depends: str
    pre_depends: str
    provides: str
    archive: str
    suite: str


class Index:
    """The packages of one suite, component and architecture, read by `parse`."""

    def __init__(self, stanzas: Mapping[str, bytes], *, archive: str, suite: str) -> None:
        self._stanzas = stanzas
        self._archive = archive
        self._suite = suite

    def names(self) -> Iterable[str]:
        """The names of all packages, in the order of the index."""
        return self._stanzas.keys()

    def names_with(self, line: str) -> Iterator[str]:
        """The names of the packages that have a line which starts so: "Essential: yes", "Provides: "."""
        wanted = b"\n" + line.encode()
        return (name for name, stanza in self._stanzas.items() if wanted in stanza)

    def versions(self, name: str) -> Iterator[Package]:
        """The package `name` in every version that is there. IntegrityError when a field is missing or malformed."""
        stanzas = self._stanzas.get(name)
        for stanza in stanzas.split(b"\n\n") if stanzas else ():
            yield _package(stanza, self._archive, self._suite)


class Newest(Mapping[str, Package]):
    """Packages by name, each in the newest version of several indexes; the earlier index wins between equals."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._indexes = indexes

    def __getitem__(self, name: str) -> Package:
        found = [package for index in self._indexes for package in index.versions(name)]
        if len(found) > 1:
            return max(found, key=lambda package: key(package.version))
        if not found:
            raise KeyError(name)
        return found[0]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for index in self._indexes for name in index.names()))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def with_line(self, line: str) -> Iterator[Package]:
        """The packages one of whose versions has a line that starts so, by name; look at the field as well."""
        names = {name for index in self._indexes for name in index.names_with(line)}
        return (self[name] for name in sorted(names))


def parse(pieces: Iterable[bytes], *, archive: str, suite: str) -> Index:
    """The index whose uncompressed text comes in `pieces`. IntegrityError when a stanza names no package."""
    stanzas: dict[str, bytes] = {}
    for stanza in _split(pieces):
        if not stanza.startswith(_NAME):
            raise _malformed(suite, stanza)
        name = stanza[len(_NAME) : stanza.find(b"\n")].decode("utf-8", "replace")
        # Several versions of one package: kept together, split again when they are asked for.
        stanzas[name] = b"%b\n\n%b" % (stanzas[name], stanza) if name in stanzas else stanza
    return Index(stanzas, archive=archive, suite=suite)


def _split(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n\n")
        yield from whole
    if rest.strip(b"\n"):
        yield rest.rstrip(b"\n")


def _package(stanza: bytes, archive: str, suite: str) -> Package:
    try:
        fields: dict[str, str] = dict(_FIELD.findall(stanza.decode("utf-8")))
        name, version = fields["Package"], fields["Version"]
        source = _SOURCE.fullmatch(fields.get("Source", name))
        if source is None or not _SHA256.fullmatch(fields["SHA256"]):
            raise ValueError(name)
        return Package(
            name=name,
            version=version,
            architecture=fields["Architecture"],
            source=source[1],
            source_version=source[2] or version,
            path=fields["Filename"],
            sha256=fields["SHA256"],
            size=int(fields["Size"]),
            essential=fields.get("Essential") == "yes",
            priority=fields.get("Priority", ""),
            multi_arch=fields.get("Multi-Arch", "no"),
            depends=fields.get("Depends", ""),
            pre_depends=fields.get("Pre-Depends", ""),
            provides=fields.get("Provides", ""),
            archive=archive,
            suite=suite,
        )
    except (KeyError, ValueError) as error:
        raise _malformed(suite, stanza) from error


def _malformed(suite: str, stanza: bytes) -> IntegrityError:
    text = stanza[:60].decode("utf-8", "replace")
    return IntegrityError(f"the index of {suite} has a stanza that is not of a package: {text!r}", advice=_ADVICE)
