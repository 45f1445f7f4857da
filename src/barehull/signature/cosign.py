"""Signatures of images as cosign makes them: a payload that names the image's digest, and what signs it beside it.

(sigstore/cosign, specs/SIGNATURE_SPEC.md.)
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence

from barehull.catalog.signers import Key, Signer
from barehull.core.errors import IntegrityError
from barehull.oci.manifest import brief
from barehull.oci.registry_signatures import Signed
from barehull.signature.keyless import verify_keyless
from barehull.signature.keys import RefusedError, check, fingerprint, from_pem
from barehull.signature.trust import Trust, sigstore

_SIGNATURE = "dev.cosignproject.cosign/signature"
_CERTIFICATE = "dev.sigstore.cosign/certificate"
_BUNDLE = "dev.sigstore.cosign/bundle"
_TYPE = "cosign container image signature"


def verified(digest: str, signed: Sequence[Signed], signer: Signer, trust: Trust | None = None) -> str:
    """Who signed the image with `digest`, in words, when one of `signed` is by `signer`; `trust` is Sigstore's.

    Errors: IntegrityError, with what is wrong with each of them.
    """
    reasons = [] if signed else ["there is none beside it"]
    for each in signed:
        try:
            _verify(digest, each, signer, trust)
        except RefusedError as error:
            reasons.append(str(error))
            continue
        return in_words(signer)
    raise IntegrityError(
        f"{digest} has no valid signature of {in_words(signer)}: {brief('; '.join(dict.fromkeys(reasons)))}",
        advice="Nothing was built on it. Ask who publishes the image; or, if you trust it all the same, say "
        '`base-signature = "unchecked"` in [runtime], which is told in reports and provenance.',
    )


def in_words(signer: Signer) -> str:
    """The signer as reports and locks name it."""
    if isinstance(signer, Key):
        return f"key {fingerprint(from_pem(signer.pem))}"
    return f"{signer.identity} ({signer.issuer})"


def _verify(digest: str, signed: Signed, signer: Signer, trust: Trust | None) -> None:
    _check_payload(digest, signed.payload)
    notes = signed.annotations
    try:
        signature = base64.b64decode(notes.get(_SIGNATURE, ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedError("the signature is not base64") from error
    if isinstance(signer, Key):
        check(from_pem(signer.pem), signature, signed.payload, "the payload")
        return
    if _CERTIFICATE not in notes or _BUNDLE not in notes:
        raise RefusedError("it has no certificate, or no entry of the log")
    verify_keyless(signed.payload, signature, notes[_CERTIFICATE], notes[_BUNDLE], signer, trust or sigstore())


def _check_payload(digest: str, payload: bytes) -> None:
    try:
        said = json.loads(payload)["critical"]
        kind, found = said["type"], said["image"]["docker-manifest-digest"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RefusedError("the payload is not cosign's") from error
    if kind != _TYPE:
        raise RefusedError(f"the payload is a {kind!r:.60}")
    if found != digest:
        raise RefusedError(f"it is the signature of {found!r:.90}")
