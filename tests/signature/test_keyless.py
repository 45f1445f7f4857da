"""Keyless signatures: each element that is wrong is enough to refuse one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from barehull.catalog.signers import Keyless
from barehull.core.errors import IntegrityError
from barehull.oci.registry_signatures import Signatures, Signed
from barehull.signature.cosign import verified
from barehull.signature.trust import sigstore

from .conftest import DIGEST, NOW, SIGNER, Foundry, new_key, payload_of

BUNDLE = "dev.sigstore.cosign/bundle"
CERTIFICATE = "dev.sigstore.cosign/certificate"
SIGNATURE = "dev.cosignproject.cosign/signature"


def refused(foundry: Foundry, signed: Signed, **trust: Any) -> str:
    with pytest.raises(IntegrityError) as caught:
        verified(DIGEST, Signatures((signed,)), SIGNER, foundry.trust(**trust))
    assert "base-signature" in caught.value.advice
    return caught.value.what


def test_a_signature_of_the_signer_counts(foundry: Foundry) -> None:
    said = verified(DIGEST, Signatures((foundry.signed(),)), SIGNER, foundry.trust())
    assert said == "keyless@lab.example.com (https://accounts.example.com)"


def test_one_that_counts_is_enough(foundry: Foundry) -> None:
    others = [foundry.signed("sha256:" + "2e" * 32), Signed(b"", {})]
    assert verified(DIGEST, Signatures((*others, foundry.signed())), SIGNER, foundry.trust())


def test_none_at_all(foundry: Foundry) -> None:
    with pytest.raises(IntegrityError, match="there is none beside it"):
        verified(DIGEST, Signatures(), SIGNER, foundry.trust())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"identity": "keyless@other.example.com"}, "not by keyless@lab"),
        ({"identity": "xkeyless@lab.example.com"}, "not by keyless@lab"),
        ({"issuer": "https://accounts.example.org"}, "vouched for by"),
        ({"logged": NOW + timedelta(minutes=6)}, "not valid at"),
        ({"logged": NOW - timedelta(minutes=6)}, "not valid at"),
        ({"usage": ExtendedKeyUsageOID.SERVER_AUTH}, "not for signing code"),
        ({"signs": False}, "not for signatures"),
        ({"stamped_by": new_key()}, "certificate's timestamp is not signed"),
        ({"issued_by": new_key()}, "leads to no authority"),
    ],
)
def test_a_certificate_that_is_another(foundry: Foundry, change: dict[str, Any], why: str) -> None:
    assert why in refused(foundry, replace(foundry, **change).signed())


@pytest.mark.parametrize(
    ("log", "why"), [("rekor", "in a log that is not known"), ("ct_log", "no log of certificates")]
)
def test_logs_that_are_not_known(foundry: Foundry, log: str, why: str) -> None:
    other = replace(foundry, **{log: new_key()})
    assert why in refused(foundry, other.signed())


def test_an_authority_of_another_root(foundry: Foundry) -> None:
    other = Foundry(ct_log=foundry.ct_log, rekor=foundry.rekor)
    assert "leads to no authority" in refused(foundry, other.signed())


def test_what_was_not_in_use_at_that_time(foundry: Foundry) -> None:
    assert "not in use" in refused(foundry, foundry.signed(), end="2022-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (payload_of("sha256:" + "2e" * 32), "it is the signature of 'sha256:2e2e"),
        (payload_of(DIGEST, "attestation"), "the payload is a 'attestation'"),
        (b"{}", "not cosign's"),
        (b"[" * 100_000, "not cosign's"),
    ],
)
def test_a_payload_of_something_else(foundry: Foundry, payload: bytes, why: str) -> None:
    assert why in refused(foundry, foundry.signed(payload=payload))


def test_a_payload_that_was_changed(foundry: Foundry) -> None:
    good = foundry.signed()
    assert "payload is not signed" in refused(foundry, Signed(good.payload + b" ", good.annotations))


@pytest.mark.parametrize("name", [BUNDLE, CERTIFICATE, SIGNATURE])
@pytest.mark.parametrize("value", [None, "", "!", "e30=", "{}", "[]", "null", "\ud800"])
def test_annotations_that_are_missing_or_damaged(foundry: Foundry, name: str, value: str | None) -> None:
    good = foundry.signed()
    notes = {**good.annotations, name: value or ""}
    if value is None:
        del notes[name]
    assert refused(foundry, Signed(good.payload, notes))


@pytest.mark.parametrize(
    ("name", "value"), [("integratedTime", int(NOW.timestamp()) + 1), ("logIndex", 5), ("logID", "00" * 32)]
)
def test_what_the_log_did_not_promise(foundry: Foundry, name: str, value: object) -> None:
    good = foundry.signed()
    entry = json.loads(good.annotations[BUNDLE])
    entry["Payload"][name] = value
    why = refused(foundry, Signed(good.payload, {**good.annotations, BUNDLE: json.dumps(entry)}))
    assert "log's entry is not signed" in why or "a log that is not known" in why


def _other_hash(body: dict[str, Any]) -> None:
    body["spec"]["data"]["hash"]["value"] = "00" * 32


def _other_signature(body: dict[str, Any]) -> None:
    body["spec"]["signature"]["content"] = base64.b64encode(b"other").decode()


def _other_kind(body: dict[str, Any]) -> None:
    body["kind"] = "intoto"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_other_hash, "of another payload"),
        (_other_signature, "of another signature"),
        (_other_kind, "of the kind 'intoto'"),
    ],
)
def test_an_entry_of_another_signature(foundry: Foundry, change: Callable[[dict[str, Any]], None], why: str) -> None:
    """The log signed it, but for something else."""
    good = foundry.signed()
    body = json.loads(base64.b64decode(json.loads(good.annotations[BUNDLE])["Payload"]["body"]))
    change(body)
    entry = json.dumps(foundry.entry(body))
    assert why in refused(foundry, Signed(good.payload, {**good.annotations, BUNDLE: entry}))


def test_an_entry_of_another_certificate(foundry: Foundry) -> None:
    good = foundry.signed()
    other = replace(foundry, logged=NOW).certificate()  # the same key, issued again
    from cryptography.hazmat.primitives.serialization import Encoding

    notes = {**good.annotations, CERTIFICATE: other.public_bytes(Encoding.PEM).decode()}
    assert "of another certificate" in refused(foundry, Signed(good.payload, notes))


def test_sigstores_own_authorities_and_logs_come_along() -> None:
    trust = sigstore()
    assert len(trust.authorities) == 2
    assert len(trust.signatures) == 2
    assert len(trust.certificates) == 2
    assert "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d" in trust.signatures  # rekor.sigstore.dev
    for authority in trust.authorities:
        for below, above in pairwise((*authority.chain, authority.root, authority.root)):
            below.verify_directly_issued_by(above)


def test_our_own_signer_is_not_sigstores(foundry: Foundry) -> None:
    with pytest.raises(IntegrityError):
        verified(DIGEST, Signatures((foundry.signed(),)), Keyless(SIGNER.issuer, SIGNER.identity))
