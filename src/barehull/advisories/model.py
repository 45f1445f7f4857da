"""What the store knows, and how far its knowledge reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["full", "fixed-only", "partial"]
Status = Literal["", "unfixed", "ignored", "postponed", "end-of-life", "unimportant"]


@dataclass(frozen=True, slots=True, order=True)
class Coverage:
    """How far the data of one ecosystem ("Debian:13", "PyPI") reaches.

    `kind` is "fixed-only" where the source only tells of CVEs that have a fix, "partial" where it leaves out more than
    can be named. `as_of` is an ISO
    date, "unknown" where the source gives none; `left_out` says what is known to be missing, in one
    sentence. `excluded` are patterns (fnmatch) of package names that the source is known to say nothing about.
    """

    ecosystem: str
    kind: Kind
    as_of: str
    records: int
    left_out: str = ""
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class SourceState:
    """What became of one source when the store was made.

    `state` is "read" (fetched and read), "kept" (unchanged since the store of before, and copied from it), "absent"
    (the origin has none) or "left-out" (as the user wanted). `as_of` is an ISO date, "unknown" where the
    source gives none.
    """

    name: str
    title: str
    state: Literal["read", "kept", "absent", "left-out"]
    as_of: str = "unknown"
    facts: int = 0


@dataclass(frozen=True, slots=True)
class Database:
    """A store's identity: `digest` over its content ("sha256:..."), when and from what it was made, its reach."""

    digest: str
    date: str  # ISO 8601 UTC
    origin: str  # "embedded snapshot", "https://...", a folder
    coverage: tuple[Coverage, ...]
    sources: tuple[SourceState, ...] = ()


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
    status: Status = ""  # what the distribution does about it
    problem: str = ""  # why the record could not be read but for the package's name; it then has no ranges or versions


@dataclass(frozen=True, slots=True)
class Context:
    """What others say of one vulnerability: its severity, by which record; exploitation seen and expected."""

    severity: str = ""
    severity_source: str = ""
    known_exploited: bool = False
    epss: float | None = None
