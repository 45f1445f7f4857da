"""Signatures of images as cosign makes them, in both of its ways: beside the image by a tag, or as what refers to it.

(sigstore/cosign, specs/SIGNATURE_SPEC.md and specs/BUNDLE_SPEC.md.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

from cryptography.x509 import load_pem_x509_certificate

from barehull.catalog.signers import Key, Signer
from barehull.core.errors import IntegrityError
from barehull.oci.manifest import brief
from barehull.oci.registry_signatures import Signatures, Signed
from barehull.signature.bundle import verify_bundle
from barehull.signature.keyless import check_certificate
from barehull.signature.keys import RefusedError, check, decoded, fingerprint, from_pem, reading
from barehull.signature.log import check_hashedrekord, from_cosign
from barehull.signature.trust import Trust, sigstore

_SIGNATURE = "dev.cosignproject.cosign/signature"
_CERTIFICATE = "dev.sigstore.cosign/certificate"
_BUNDLE = "dev.sigstore.cosign/bundle"
_TYPE = "cosign container image signature"


def verified(digest: str, signatures: Signatures, signer: Signer, trust: Trust | None = None) -> str:
    """Who signed the image with `digest`, in words, when one of the signatures is by `signer`; `trust` is Sigstore's.

    Errors: IntegrityError, with what is wrong with each of them.
    """
    reasons = list(_reasons(digest, signatures, signer, trust or sigstore()))
    if None in reasons:
        return in_words(signer)
    listed = dict.fromkeys(reason for reason in reasons if reason)
    why = brief("; ".join(listed)) or "there is none beside it"
    raise IntegrityError(
        f"{digest} has no valid signature of {in_words(signer)}: {why}",
        advice="Nothing was built on it. Ask who publishes the image; or, if you trust it all the same, say "
        '`base-signature = "unchecked"` in [runtime], which is told in reports and provenance.',
    )


def _reasons(digest: str, signatures: Signatures, signer: Signer, trust: Trust) -> Iterator[str | None]:
    """Why each signature does not count; None for one that does."""
    ways: list[Callable[[], None]] = [partial(_verify, digest, it, signer, trust) for it in signatures.signed]
    ways += [partial(verify_bundle, digest, it, signer, trust) for it in signatures.bundles]
    for verify in ways:
        try:
            with reading():
                verify()
            yield None
        except RefusedError as error:
            yield str(error)


def in_words(signer: Signer) -> str:
    """The signer as reports and locks name it."""
    if isinstance(signer, Key):
        return f"key {fingerprint(from_pem(signer.pem))}"
    return f"{signer.identity} ({signer.issuer})"


def _verify(digest: str, signed: Signed, signer: Signer, trust: Trust) -> None:
    _check_payload(digest, signed.payload)
    notes = signed.annotations
    signature = decoded(notes.get(_SIGNATURE, ""))
    if isinstance(signer, Key):
        check(from_pem(signer.pem), signature, signed.payload, "the payload")
        return
    if _CERTIFICATE not in notes or _BUNDLE not in notes:
        raise RefusedError("it has no certificate, or no entry of the log")
    certificate = load_pem_x509_certificate(notes[_CERTIFICATE].encode())
    entry = from_cosign(json.loads(notes[_BUNDLE]))
    check(certificate.public_key(), signature, signed.payload, "the payload")
    check_certificate(certificate, entry, signer, trust)
    check_hashedrekord(entry, signed.payload, signature, certificate)


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
