"""OSV records (https://ossf.github.io/osv-schema/), decoded: strict in what decides a match, tolerant of all else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from barehull.advisories.model import Range, Status
from barehull.advisories.severity import is_vector
from barehull.core.errors import InputError

MAX_RECORD = 16 << 20  # bytes; the longest record in OSV's export is below 6 MB
_EVENTS = frozenset({"introduced", "fixed", "last_affected", "limit"})

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Version = Annotated[str, msgspec.Meta(max_length=512)]
Names = list[Name] | None


class _Severity(msgspec.Struct):
    type: Name
    score: Name


class Package(msgspec.Struct):
    """A package's name, and the ecosystem that it has it in."""

    ecosystem: Name
    name: Name


class AffectedRange(msgspec.Struct):
    """One range of versions, or of commits (type GIT)."""

    type: Name
    events: list[dict[str, Version]]
    repo: str | None = None


class Affected(msgspec.Struct, omit_defaults=True):
    """One entry of a record's `affected`. `package` is None where a record speaks of a repository only.

    The last two are not OSV's: sources that are no OSV tell there what has no place in its schema.
    """

    package: Package | None = None
    ranges: list[AffectedRange] | None = None
    versions: list[Version] | None = None
    severity: list[_Severity] | None = None
    ecosystem_specific: Any = None
    distribution_status: Status = ""
    database_severity: str = ""

    def model_ranges(self) -> tuple[Range, ...]:
        """The ranges as the store keeps them."""
        return tuple(
            Range(
                entry.type,
                () if entry.type == "GIT" else tuple(pair for event in entry.events for pair in event.items()),
            )
            for entry in self.ranges or ()
        )


class Record(msgspec.Struct, omit_defaults=True):
    """One OSV record: the fields that decide what is affected, and what counts as one vulnerability."""

    id: Name
    modified: Name
    withdrawn: str | None = None
    aliases: Names = None
    upstream: Names = None
    severity: list[_Severity] | None = None
    affected: list[Affected] | None = None
    database_specific: Any = None

    @property
    def is_malware(self) -> bool:
        """Whether it names a malicious package: something to keep out, but no vulnerability."""
        return self.id.startswith("MAL-")

    def of(self, ecosystem: str) -> Iterator[Affected]:
        """The entries about packages of `ecosystem` ("Debian" has those of "Debian:12" and "Debian:13")."""
        for entry in self.affected or ():
            package = entry.package or _of_repository(entry, ecosystem)
            if package and package.ecosystem.partition(":")[0] == ecosystem:
                yield entry if entry.package else msgspec.structs.replace(entry, package=package)

    def severity_of(self, entry: Affected) -> str:
        """The newest kind of CVSS vector that the record has for `entry`, else a word of its publisher, else ""."""
        scores = entry.severity or self.severity or ()
        if vectors := [(score.type, score.score) for score in scores if is_vector(score.score)]:
            return max(vectors)[1]
        if words := [score.score for score in scores]:
            return words[0][:64]
        specific = (entry.ecosystem_specific, "urgency"), (self.database_specific, "severity")
        said = [place.get(key) for place, key in specific if isinstance(place, dict)]
        return next((word[:64] for word in (entry.database_severity, *said) if word and isinstance(word, str)), "")


_REPOSITORIES = {"PSF": ("https://github.com/python/cpython", "cpython")}


def _of_repository(entry: Affected, ecosystem: str) -> Package | None:
    """The package that a record means which names a repository only, in the feed of `ecosystem`."""
    address, name = _REPOSITORIES.get(ecosystem, ("", ""))
    repositories = {(one.repo or "").removesuffix("/").removesuffix(".git") for one in entry.ranges or ()}
    return Package(ecosystem, name) if address and address in repositories else None


class _LooseAffected(msgspec.Struct):
    package: Package


class _Loose(msgspec.Struct):
    id: Name
    affected: list[_LooseAffected]


_decoder = msgspec.json.Decoder(Record)
_loose = msgspec.json.Decoder(_Loose)


def decode(data: bytes, what: str) -> Record:
    """The record in `data`, which came from `what`. InputError when it does not follow the schema, or is too long."""
    if len(data) > MAX_RECORD:
        raise _broken(what, f"a record of {len(data)} bytes")
    try:
        record = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _broken(what, f"a record that does not follow the OSV schema ({error})") from error
    for entry in record.affected or ():
        for one in entry.ranges or ():
            if one.type != "GIT" and any(len(event) != 1 or not event.keys() <= _EVENTS for event in one.events):
                # An event of a kind unknown to us could mean "affected": no guess.
                raise _broken(what, f"the record {record.id}, with an event that the OSV schema does not have")
    return record


def salvage(data: bytes) -> Record | None:
    """Of a record that breaks the schema its identifier and the packages that it is about, None where it has none."""
    try:
        loose = _loose.decode(data[:MAX_RECORD])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return Record(loose.id, "unknown", affected=[Affected(one.package) for one in loose.affected])


def _broken(what: str, problem: str) -> InputError:
    return InputError(
        f"{what} holds {problem}",
        advice="The advisories of before are still in use. Run 'barehull db update' later, or from another mirror.",
    )
