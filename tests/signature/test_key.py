"""Signatures by a key, and who is known to sign what."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from barehull.catalog.signers import Key, Keyless, signer_of
from barehull.core.errors import IntegrityError
from barehull.oci.registry_signatures import Signatures, Signed
from barehull.signature.cosign import in_words, verified
from barehull.signature.keys import from_pem

from .conftest import DIGEST, payload_of

EC = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(65537, 2048)
ED = ed25519.Ed25519PrivateKey.generate()


def pem(key: object) -> str:
    public = key.public_key()  # type: ignore[attr-defined]
    return str(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def signed(signature: bytes, payload: bytes) -> Signed:
    return Signed(payload, {"dev.cosignproject.cosign/signature": base64.b64encode(signature).decode()})


PAYLOAD = payload_of(DIGEST)
GOOD = {
    "ec": (EC, EC.sign(PAYLOAD, ec.ECDSA(SHA256()))),
    "rsa": (RSA, RSA.sign(PAYLOAD, padding.PKCS1v15(), SHA256())),
    "ed25519": (ED, ED.sign(PAYLOAD)),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_key_of_each_kind(kind: str) -> None:
    key, signature = GOOD[kind]
    assert verified(DIGEST, Signatures((signed(signature, PAYLOAD),)), Key(pem(key))).startswith("key sha256:")


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("other", GOOD)
def test_a_signature_of_another_key(kind: str, other: str) -> None:
    if kind != other:
        with pytest.raises(IntegrityError, match="is not signed by the key"):
            verified(DIGEST, Signatures((signed(GOOD[other][1], PAYLOAD),)), Key(pem(GOOD[kind][0])))


@pytest.mark.parametrize("kind", GOOD)
def test_another_payload(kind: str) -> None:
    key, signature = GOOD[kind]
    with pytest.raises(IntegrityError, match="is not signed by the key"):
        verified(DIGEST, Signatures((signed(signature, PAYLOAD.replace(b"null", b"{}")),)), Key(pem(key)))


def test_the_signature_of_another_image() -> None:
    with pytest.raises(IntegrityError, match="it is the signature of"):
        verified("sha256:" + "3" * 64, Signatures((signed(GOOD["ec"][1], PAYLOAD),)), Key(pem(EC)))


def test_what_is_no_key_for_signatures() -> None:
    for text in (
        "",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        pem(x25519.X25519PrivateKey.generate()),
    ):
        with pytest.raises(ValueError, match=r".*"):
            from_pem(text)


def test_who_is_known_to_sign() -> None:
    google = Keyless("https://accounts.google.com", "keyless@distroless.iam.gserviceaccount.com")
    assert signer_of("gcr.io/distroless/python3-debian13") == google
    assert in_words(google) == "keyless@distroless.iam.gserviceaccount.com (https://accounts.google.com)"
    for name in ("gcr.io/distroless-x/python3", "gcr.io/other/distroless/python3", "docker.io/library/python"):
        assert signer_of(name) is None
