"""Entries of the log of signatures (Rekor), and what it promised of them: that it took them in, and when.

The promise is what vouches for an entry: no proof of inclusion is asked for, so that all of it is offline.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.x509 import Certificate, load_pem_x509_certificate

from barehull.signature.keys import RefusedError, check, decoded
from barehull.signature.trust import Trust


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry: its `body` as base64, `time` in seconds since the epoch, the `log` by its key's SHA-256 in hex."""

    body: str
    time: int
    log: str
    index: int
    promise: bytes


def from_cosign(value: Any) -> LogEntry:
    """The entry in cosign's annotation. ValueError, KeyError and TypeError for what is none."""
    said = value["Payload"]
    promise = decoded(value["SignedEntryTimestamp"])
    return LogEntry(str(said["body"]), int(said["integratedTime"]), str(said["logID"]), int(said["logIndex"]), promise)


def from_bundle(value: Any) -> LogEntry:
    """An entry in a bundle (sigstore/protobuf-specs, TransparencyLogEntry). Errors: those of `from_cosign`."""
    if "inclusionPromise" not in value:
        raise RefusedError("the log promised nothing in its entry; barehull does not read other proofs yet")
    return LogEntry(
        body=str(value["canonicalizedBody"]),
        time=int(value["integratedTime"]),
        log=decoded(value["logId"]["keyId"]).hex(),
        index=int(value["logIndex"]),
        promise=decoded(value["inclusionPromise"]["signedEntryTimestamp"]),
    )


def promised(entry: LogEntry, trust: Trust) -> datetime:
    """When a log that is trusted took the entry in. RefusedError."""
    log = trust.signatures.get(entry.log)
    if log is None:
        raise RefusedError("its entry is in a log that is not known")
    said = {"body": entry.body, "integratedTime": entry.time, "logID": entry.log, "logIndex": entry.index}
    # RFC 8785, for what is text and whole numbers.
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    check(log.key, entry.promise, canonical, "the log's entry")
    try:
        time = datetime.fromtimestamp(entry.time, UTC)
    except OSError as error:
        raise RefusedError(f"{entry.time} is no time") from error
    if time not in log.period:
        raise RefusedError(f"the log was not in use at {time}")
    return time


def check_hashedrekord(entry: LogEntry, payload: bytes, signature: bytes, certificate: Certificate) -> None:
    """Whether the entry is of this signature of the payload. RefusedError; and what damage raises."""
    spec = _spec(entry, "hashedrekord")
    if spec["data"]["hash"] != {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}:
        raise RefusedError("the log's entry is of another payload")
    _same(spec["signature"]["content"], signature, spec["signature"]["publicKey"]["content"], certificate)


def check_dsse(entry: LogEntry, payload: bytes, signature: bytes, certificate: Certificate) -> None:
    """Whether the entry is of this signature of an envelope with the payload. RefusedError; and what damage raises."""
    spec = _spec(entry, "dsse")
    if spec["payloadHash"] != {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}:
        raise RefusedError("the log's entry is of another payload")
    (one,) = spec["signatures"]
    _same(one["signature"], signature, one["verifier"], certificate)


def _spec(entry: LogEntry, kind: str) -> Any:
    body = json.loads(decoded(entry.body))
    if (body["kind"], body["apiVersion"]) != (kind, "0.0.1"):
        raise RefusedError(f"the log's entry is of the kind {body['kind']!r:.40}")
    return body["spec"]


def _same(entered: str, signature: bytes, verifier: str, certificate: Certificate) -> None:
    if decoded(entered) != signature:
        raise RefusedError("the log's entry is of another signature")
    if load_pem_x509_certificate(decoded(verifier)) != certificate:
        raise RefusedError("the log's entry is of another certificate")
