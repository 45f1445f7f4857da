"""Whom keyless signatures are trusted by: Sigstore's authorities and logs, in the form that it publishes them in.

(sigstore/protobuf-specs, TrustedRoot.) They come along, so that verifying asks nobody.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from cryptography.x509 import Certificate, load_der_x509_certificate

from barehull.core.errors import IntegrityError
from barehull.signature.keys import PublicKey, fingerprint, from_der

_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when something counts, both included."""

    start: datetime
    end: datetime = _EVER

    def __contains__(self, time: datetime) -> bool:
        return self.start <= time <= self.end


@dataclass(frozen=True, slots=True)
class Authority:
    """Who issues certificates: the chain below the root, and the root."""

    chain: tuple[Certificate, ...]
    root: Certificate
    period: Period


@dataclass(frozen=True, slots=True)
class Log:
    """A log's key, and when it is used."""

    key: PublicKey
    period: Period


@dataclass(frozen=True, slots=True)
class Trust:
    """The authorities, the logs of signatures and the logs of certificates; logs by the SHA-256 of their keys, hex."""

    authorities: tuple[Authority, ...]
    signatures: Mapping[str, Log]
    certificates: Mapping[str, Log]


@cache
def sigstore() -> Trust:
    """Sigstore's public instance."""
    return read_trust((files(__package__) / "data" / "sigstore.json").read_text("utf-8"))


def read_trust(text: str) -> Trust:
    """The trust that a TrustedRoot in JSON tells of. IntegrityError for another file."""
    try:
        table = json.loads(text)
        authorities = tuple(_authority(each) for each in table["certificateAuthorities"])
        return Trust(authorities, _logs(table["tlogs"]), _logs(table["ctlogs"]))
    except (ValueError, KeyError, TypeError, IndexError, binascii.Error) as error:
        raise IntegrityError(
            f"the keys and certificates of Sigstore cannot be read: {error!r}",
            advice="The installed barehull was changed: install it again.",
        ) from error


def _authority(table: Mapping[str, Any]) -> Authority:
    listed = [load_der_x509_certificate(_bytes(each)) for each in table["certChain"]["certificates"]]
    return Authority(tuple(listed[:-1]), listed[-1], _period(table))


def _logs(tables: list[Mapping[str, Any]]) -> dict[str, Log]:
    logs = [Log(from_der(_bytes(table["publicKey"])), _period(table["publicKey"])) for table in tables]
    return {fingerprint(log.key).removeprefix("sha256:"): log for log in logs}


def _bytes(table: Mapping[str, Any]) -> bytes:
    return base64.b64decode(table["rawBytes"], validate=True)


def _period(table: Mapping[str, Any]) -> Period:
    said = table["validFor"]
    return Period(
        datetime.fromisoformat(said["start"]), datetime.fromisoformat(said["end"]) if "end" in said else _EVER
    )
