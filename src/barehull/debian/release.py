"""InRelease: the signed list of an archive's indexes (Debian wiki "DebianRepository/Format", apt-secure(8)).

The text goes through these steps, and only what a step returns goes on:
(1) the OpenPGP signature of one of the given keys is verified, (2) the text that it covers, and no other, is read,
(3) it is of the suite that was asked for, (4) neither expired nor from the future.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import pysequoia

from barehull.core.errors import IntegrityError

_BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----"
_CLOCKS_DIFFER = timedelta(days=1)
_OTHER_MIRROR = "Use another mirror (--mirror or BAREHULL_MIRROR); the file is not what Debian signed."
_STALE = "The mirror is out of date, or this machine's clock is wrong. Set the clock, or use another mirror."


class Listed(NamedTuple):
    """Size in bytes and SHA-256 in hex of a file beneath dists/SUITE/."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Release:
    """A verified Release file. `archive` is "debian" or "debian-security", `suite` the name by which it was asked for
    ("trixie-security"), `sha256` the hex digest of the signed text, which is that of the archive's file Release.
    """

    archive: str
    suite: str
    codename: str
    date: datetime
    valid_until: datetime | None
    by_hash: bool
    files: Mapping[str, Listed]
    sha256: str


def verify(inrelease: bytes, keys: Sequence[pysequoia.Cert], now: datetime, *, archive: str, suite: str) -> Release:
    """The Release file in `inrelease`, if one of `keys` signed it for `suite` and it holds at `now` (a time with zone).

    Debian gives its -security suites a Valid-Until, so one without is refused. Point releases (trixie) and the -updates
    of old releases have none at Debian; for them only a Valid-Until that is there can expire.
    Errors: IntegrityError.
    """
    text = _signed_text(inrelease, keys, suite)
    fields, files = _parse(text, suite)
    if fields.get("Codename") != suite:
        raise IntegrityError(
            f"the archive served {fields.get('Codename', 'no suite')} where {suite} was asked for", advice=_OTHER_MIRROR
        )
    date = _time(fields, "Date", suite)
    valid_until = (
        _time(fields, "Valid-Until", suite) if "Valid-Until" in fields or suite.endswith("-security") else None
    )
    if date > now + _CLOCKS_DIFFER:
        raise IntegrityError(f"the Release file of {suite} is from the future: {date:%Y-%m-%d %H:%M}", advice=_STALE)
    if valid_until is not None and valid_until < now:
        raise IntegrityError(f"the Release file of {suite} expired on {valid_until:%Y-%m-%d %H:%M} UTC", advice=_STALE)
    return Release(
        archive=archive,
        suite=suite,
        codename=fields["Codename"],
        date=date,
        valid_until=valid_until,
        by_hash=fields.get("Acquire-By-Hash") == "yes",
        files=files,
        sha256=hashlib.sha256(text).hexdigest(),
    )


def _signed_text(inrelease: bytes, keys: Sequence[pysequoia.Cert], suite: str) -> bytes:
    """Exactly what the signature covers: it leaves blanks at the ends of lines and the kind of line end open."""
    # Other forms of signed messages may be compressed, and grow without bound before they are judged.
    if not inrelease.startswith(_BEGIN):
        raise IntegrityError(
            f"the InRelease file of {suite} is not a signed text",
            advice="Check the mirror's address: a login page or an error page may have come instead.",
        )
    try:
        verified = pysequoia.verify(inrelease, lambda _: list(keys)).bytes
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise IntegrityError(
            f"the signature of {suite}'s InRelease file is not good: {reason}", advice=_OTHER_MIRROR
        ) from error
    lines = [line.rstrip(b" \t\r") for line in (verified or b"").rstrip(b" \t\r\n").split(b"\n")]
    return b"\n".join(lines) + b"\n"


def _parse(text: bytes, suite: str) -> tuple[dict[str, str], dict[str, Listed]]:
    fields: dict[str, str] = {}
    files: dict[str, Listed] = {}
    name = ""
    try:
        for line in text.decode("utf-8").removesuffix("\n").split("\n"):
            if not line.startswith(" "):
                name, colon, value = line.partition(":")
                if not colon or name in fields:
                    raise ValueError(line)
                fields[name] = value.strip(" ")
            elif name == "SHA256":
                sha256, size, path = line.split()
                if len(sha256) != 64 or not size.isdigit() or path in files:
                    raise ValueError(line)
                files[path] = Listed(int(size), sha256)
    except ValueError as error:
        raise _malformed(suite, str(error)) from error
    return fields, files


def _time(fields: Mapping[str, str], name: str, suite: str) -> datetime:
    try:
        time = parsedate_to_datetime(fields[name])
    except (KeyError, ValueError) as error:
        raise _malformed(suite, f"no good {name}") from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _malformed(suite: str, what: str) -> IntegrityError:
    return IntegrityError(f"the Release file of {suite} cannot be read: {what[:80]}", advice=_OTHER_MIRROR)
