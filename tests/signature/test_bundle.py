"""Signatures in Sigstore's bundles: each element that is wrong is enough to refuse one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from barehull.catalog.signers import Key
from barehull.core.errors import IntegrityError
from barehull.oci.registry_signatures import Signatures, Signed
from barehull.signature.cosign import verified

from .conftest import DIGEST, NOW, SIGNER, Foundry, new_key

Change = Callable[[dict[str, Any]], None]


def signatures(bundle: object) -> Signatures:
    return Signatures(bundles=(json.dumps(bundle).encode(),))


def refused(foundry: Foundry, bundle: object) -> str:
    with pytest.raises(IntegrityError) as caught:
        verified(DIGEST, signatures(bundle), SIGNER, foundry.trust())
    return caught.value.what


def key_of(foundry: Foundry) -> Key:
    return Key(foundry.own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def test_a_bundle_of_the_signer_counts(foundry: Foundry) -> None:
    assert verified(DIGEST, signatures(foundry.bundle()), SIGNER, foundry.trust()).startswith("keyless@lab")
    assert verified(DIGEST, signatures(foundry.bundle()), key_of(foundry)).startswith("key sha256:")
    with pytest.raises(IntegrityError, match="envelope is not signed"):
        verified(DIGEST, signatures(foundry.bundle()), key_of(replace(foundry, own=new_key())))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"identity": "other@lab.example.com"}, "not by keyless@lab"),
        ({"issuer": "https://accounts.example.org"}, "vouched for by"),
        ({"logged": NOW + timedelta(minutes=6)}, "not valid at"),
        ({"stamped_by": new_key()}, "certificate's timestamp is not signed"),
        ({"issued_by": new_key()}, "leads to no authority"),
        ({"rekor": new_key()}, "in a log that is not known"),
    ],
)
def test_a_certificate_or_a_log_that_is_another(foundry: Foundry, change: dict[str, Any], why: str) -> None:
    assert why in refused(foundry, replace(foundry, **change).bundle())


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ({"predicateType": "https://slsa.dev/provenance/v1"}, "and signs nothing"),
        ({"subject": []}, "it is the signature of"),
        ({"subject": [{"digest": {"sha256": "2e" * 32}}]}, "it is the signature of 'sha256:2e2e"),
        ({"subject": None}, "damaged"),
    ],
)
def test_a_statement_of_something_else(foundry: Foundry, statement: dict[str, Any], why: str) -> None:
    assert why in refused(foundry, foundry.bundle(**statement))


def _payload(bundle: dict[str, Any]) -> None:
    said = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(said, indent=1).encode()).decode()


def _type(bundle: dict[str, Any]) -> None:
    bundle["dsseEnvelope"]["payloadType"] = "text/plain"


def _no_promise(bundle: dict[str, Any]) -> None:
    del bundle["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]


def _no_entry(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"] = []


def _time(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"][0]["integratedTime"] = str(int(NOW.timestamp()) + 1)


def _no_certificate(bundle: dict[str, Any]) -> None:
    del bundle["verificationMaterial"]["certificate"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_payload, "envelope is not signed"),
        (_type, "its envelope has a"),
        (_no_promise, "promised nothing"),
        (_no_entry, "damaged"),
        (_time, "log's entry is not signed"),
        (_no_certificate, "no certificate"),
    ],
)
def test_a_bundle_that_was_changed(foundry: Foundry, change: Change, why: str) -> None:
    bundle = foundry.bundle()
    change(bundle)
    assert why in refused(foundry, bundle)


@pytest.mark.parametrize("part", ["certificate", "tlogEntries", "hash"])
def test_parts_of_another_bundle(foundry: Foundry, part: str) -> None:
    """Each is good, and of another signature by the same signer."""
    bundle, other = foundry.bundle(), foundry.bundle(predicate={"another": 1})
    if part == "hash":
        entry = json.loads(base64.b64decode(bundle["verificationMaterial"]["tlogEntries"][0]["canonicalizedBody"]))
        entry["spec"]["payloadHash"]["value"] = "00" * 32
        bundle["verificationMaterial"]["tlogEntries"] = [foundry.logged_entry(entry)]
    else:
        bundle["verificationMaterial"][part] = other["verificationMaterial"][part]
    assert "of another" in refused(foundry, bundle)


@given(st.one_of(st.binary(max_size=40), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["dsseEnvelope", "verificationMaterial", "payload", "payloadType", "signatures", "critical"]),
        inner, max_size=3)).map(lambda value: json.dumps(value).encode())))  # fmt: skip
@settings(deadline=None, max_examples=200)
def test_whatever_strangers_write_is_refused_in_words(content: bytes) -> None:
    notes = dict.fromkeys(
        ("dev.cosignproject.cosign/signature", "dev.sigstore.cosign/certificate", "dev.sigstore.cosign/bundle"),
        content.decode("utf-8", "surrogateescape"),
    )
    with pytest.raises(IntegrityError, match="has no valid signature"):
        verified(DIGEST, Signatures((Signed(content, notes),), (content,)), SIGNER)
