"""Public keys, and what is signed by them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from cryptography.x509 import ExtensionNotFound

PublicKey = EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey


class RefusedError(Exception):
    """Why a signature does not count. It stays in this room: there may be another one that does."""


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Around the reading of a signature, which strangers wrote: what is damaged does not count. RefusedError."""
    try:
        yield
    except ExtensionNotFound as error:
        raise RefusedError(f"its certificate lacks something: {error}") from error
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError, UnsupportedAlgorithm) as error:
        raise RefusedError(f"it is damaged: {error!r:.200}") from error


def decoded(text: str) -> bytes:
    """What is written as base64. ValueError for what is not, TypeError for what is no text."""
    return base64.b64decode(text, validate=True)


def check(key: Any, signature: bytes, data: bytes, what: str) -> None:
    """Whether `key` signed `data`, with SHA-256 as Sigstore does. RefusedError, which says `what` is not signed."""
    try:
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, data, ECDSA(SHA256()))
        elif isinstance(key, RSAPublicKey):
            key.verify(signature, data, PKCS1v15(), SHA256())
        elif isinstance(key, Ed25519PublicKey):
            key.verify(signature, data)
        else:
            raise RefusedError(f"{what} is signed by a kind of key that is not known")
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise RefusedError(f"{what} is not signed by the key {fingerprint(key)[:19]}") from error


def from_pem(text: str) -> PublicKey:
    """The public key in a PEM file. ValueError for what is not one, or of a kind that signs no images."""
    return _known(load_pem_public_key(text.encode("utf-8", "surrogateescape")))


def from_der(data: bytes) -> PublicKey:
    """The public key in DER (SubjectPublicKeyInfo). ValueError as `from_pem`."""
    return _known(load_der_public_key(data))


def fingerprint(key: Any) -> str:
    """The key's "sha256:HEX", over its SubjectPublicKeyInfo."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{hashlib.sha256(der).hexdigest()}"


def _known(key: object) -> PublicKey:
    if not isinstance(key, PublicKey):
        raise ValueError(f"a {type(key).__name__} signs no images")
    return key
