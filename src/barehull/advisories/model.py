"""What the store knows, and how far its knowledge reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Coverage:
    """How far the data of one ecosystem ("Debian:13", "PyPI") reaches.

    `kind` is "fixed-only" where the source only tells of CVEs that have a fix. `as_of` is an ISO
    date, "unknown" where the source gives none; `left_out` says what is known to be missing, in one
    sentence. `excluded` are patterns (fnmatch) of package names that the source is known to say nothing about.
    """

    ecosystem: str
    kind: Literal["full", "fixed-only"]
    as_of: str
    records: int
    left_out: str = ""
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """A store's identity: `digest` over its content ("sha256:..."), when and from what it was made, its reach."""

    digest: str
    date: str  # ISO 8601 UTC
    origin: str  # "embedded snapshot", "https://...", a folder
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """One range of an OSV `affected` entry: `type` is ECOSYSTEM, SEMVER or GIT, events are (kind, version) as told.

    The order of events is the record's own, which OSV leaves open. GIT ranges keep no events: commits name no versions.
    """

    type: str
    events: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Advisory:
    """One `affected` entry of one OSV record: what it says of one package of one ecosystem.

    `vulnerabilities` are the identifiers this record is about, one entry for each vulnerability (a
    DSA names many); each is the tuple of identifiers that are aliases of each other, the preferred (CVE) first.
    """

    id: str
    ecosystem: str
    package: str
    ranges: tuple[Range, ...]
    versions: tuple[str, ...]
    vulnerabilities: tuple[tuple[str, ...], ...]
    severity: str = ""  # CVSS vector or the source's own word, "" when the source says none
