"""Signatures of images in Sigstore's bundles: a statement about the image in an envelope, with all that vouches for it.

(sigstore/protobuf-specs, Bundle; secure-systems-lab/dsse; in-toto/attestation, Statement v1.)
"""

from __future__ import annotations

import json
from typing import Any

from cryptography.x509 import load_der_x509_certificate

from barehull.catalog.signers import Key, Signer
from barehull.signature.keyless import check_certificate
from barehull.signature.keys import RefusedError, check, decoded, from_pem
from barehull.signature.log import check_dsse, from_bundle
from barehull.signature.trust import Trust

_STATEMENT = "application/vnd.in-toto+json"
_SIGN = "https://sigstore.dev/cosign/sign/v1"


def verify_bundle(digest: str, content: bytes, signer: Signer, trust: Trust) -> None:
    """Whether the bundle is the signature of the image with `digest` by `signer`. RefusedError; what damage raises."""
    bundle = json.loads(content)
    envelope, material = bundle["dsseEnvelope"], bundle["verificationMaterial"]
    payload = decoded(envelope["payload"])
    _check_statement(digest, envelope["payloadType"], payload)
    (one,) = envelope["signatures"]
    signature = decoded(one["sig"])
    signed = b"DSSEv1 %d %s %d %s" % (len(_STATEMENT), _STATEMENT.encode(), len(payload), payload)
    if isinstance(signer, Key):
        check(from_pem(signer.pem), signature, signed, "the envelope")
        return
    certificate = load_der_x509_certificate(decoded(_certificate(material)["rawBytes"]))
    (logged,) = material["tlogEntries"]
    entry = from_bundle(logged)
    check(certificate.public_key(), signature, signed, "the envelope")
    check_certificate(certificate, entry, signer, trust)
    check_dsse(entry, payload, signature, certificate)


def _certificate(material: Any) -> Any:
    if "certificate" not in material:
        raise RefusedError("it has no certificate")
    return material["certificate"]


def _check_statement(digest: str, kind: object, payload: bytes) -> None:
    if kind != _STATEMENT:
        raise RefusedError(f"its envelope has a {kind!r:.60}")
    statement = json.loads(payload)
    if statement["predicateType"] != _SIGN:
        raise RefusedError(f"it states {statement['predicateType']!r:.90}, and signs nothing")
    subjects = [f"sha256:{subject['digest']['sha256']}" for subject in statement["subject"]]
    if digest not in subjects:
        raise RefusedError(f"it is the signature of {', '.join(subjects)!r:.90}")
