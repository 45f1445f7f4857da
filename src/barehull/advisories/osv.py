"""OSV records (https://ossf.github.io/osv-schema/), decoded: strict in what decides a match, tolerant of all else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from barehull.advisories.model import Range
from barehull.core.errors import InputError

MAX_RECORD = 16 << 20  # bytes; the longest record in OSV's export is below 6 MB
_EVENTS = frozenset({"introduced", "fixed", "last_affected", "limit"})

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Version = Annotated[str, msgspec.Meta(max_length=512)]
Names = list[Name] | None


class _Severity(msgspec.Struct):
    type: Name
    score: Name


class _Package(msgspec.Struct):
    ecosystem: Name
    name: Name


class AffectedRange(msgspec.Struct):
    """One range of versions, or of commits (type GIT)."""

    type: Name
    events: list[dict[str, Version]]


class Affected(msgspec.Struct, omit_defaults=True):
    """One entry of a record's `affected`. `package` is None where a record speaks of a repository only."""

    package: _Package | None = None
    ranges: list[AffectedRange] | None = None
    versions: list[Version] | None = None
    severity: list[_Severity] | None = None
    ecosystem_specific: Any = None

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
            if entry.package and entry.package.ecosystem.partition(":")[0] == ecosystem:
                yield entry

    def severity_of(self, entry: Affected) -> str:
        """The newest kind of CVSS vector that the record has for `entry`, else the source's own word, else ""."""
        scores = entry.severity or self.severity
        if scores:
            return max((score.type, score.score) for score in scores)[1]
        for place, key in ((entry.ecosystem_specific, "urgency"), (self.database_specific, "severity")):
            if isinstance(place, dict) and isinstance(place.get(key), str):
                return str(place[key])[:64]
        return ""


_decoder = msgspec.json.Decoder(Record)


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


def _broken(what: str, problem: str) -> InputError:
    return InputError(
        f"{what} holds {problem}",
        advice="The advisories of before are still in use. Run 'barehull db update' later, or from another mirror.",
    )
