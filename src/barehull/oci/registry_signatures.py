"""What is signed of an image at a registry: under the tag `sha256-HEX.sig`, or in bundles that refer to the image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from barehull.core.errors import InputError, IntegrityError
from barehull.core.progress import Progress, silent
from barehull.files import Store, is_sha256
from barehull.net import NotFoundError
from barehull.oci.manifest import parse_json
from barehull.oci.referrers import check_size, read_document, read_referrer
from barehull.oci.registry import PATIENT, fetch_document, list_referrers, reading_from
from barehull.oci.registry_answer import Patience
from barehull.oci.registry_http import Session
from barehull.oci.registry_name import Name
from barehull.oci.registry_pull import manifest_of

_PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_MAX_SIGNATURES = 64
_MAX_PAYLOAD = 64 << 10  # bytes
_ADVICE = "Ask who publishes the image: its signatures are damaged."


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature: the payload that is signed, and what the annotations beside it say. Nothing is verified yet."""

    payload: bytes
    annotations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Signatures:
    """All that is signed of an image: in cosign's first way, and bundles of Sigstore (JSON). Nothing is verified."""

    signed: tuple[Signed, ...] = ()
    bundles: tuple[bytes, ...] = ()


def pull_signatures(
    name: Name, digest: str, progress: Progress = silent, *, patience: Patience = PATIENT
) -> tuple[Signed, ...]:
    """The signatures of the image with `digest` in the repository of `name`; none where there are none.

    Errors: those of `pull_image`; InputError and IntegrityError for what is not as cosign lays it.
    """
    tag = f"{digest.replace(':', '-')}.sig"

    def work(session: Session) -> tuple[Signed, ...]:
        found, body = manifest_of(session, tag)
        layers = parse_json(body, found).get("layers")
        if not isinstance(layers, list) or len(layers) > _MAX_SIGNATURES:
            raise InputError(f"{session.name}:{tag} has no list of signatures, or too long a one", advice=_ADVICE)
        return tuple(_signed(session, it) for it in layers if isinstance(it, dict) and it.get("mediaType") == _PAYLOAD)

    progress(f"asking {name.registry} for the signatures of {digest[:19]}")
    try:
        return reading_from(Name(name.registry, name.repository, tag), work, progress, patience=patience)
    except NotFoundError:
        return ()


def pull_bundles(name: Name, digest: str, store: Store, *, patience: Patience = PATIENT) -> tuple[bytes, ...]:
    """The bundles that refer to the image with `digest` in the repository of `name`; none where there are none.

    Errors: those of `list_referrers`, `read_referrer` and `read_document`.
    """
    where = str(Name(name.registry, name.repository, "", digest))
    found: list[bytes] = []
    try:
        for entry in list_referrers(where, digest, store, _BUNDLE, patience=patience)[:_MAX_SIGNATURES]:
            referrer = read_referrer(entry, digest, store)
            if referrer is not None and referrer.media_type == _BUNDLE:
                check_size(referrer)
                fetch_document(where, referrer.content, referrer.size, store, patience=patience)
                found.append(read_document(referrer, store))
    except NotFoundError:
        return ()
    return tuple(found)


def _signed(session: Session, layer: Mapping[str, Any]) -> Signed:
    digest, size, notes = layer.get("digest"), layer.get("size"), layer.get("annotations") or {}
    known = isinstance(digest, str) and digest.startswith("sha256:") and is_sha256(digest.removeprefix("sha256:"))
    if not known or type(size) is not int or not 0 <= size <= _MAX_PAYLOAD or not isinstance(notes, dict):
        raise InputError(f"{session.name} lists something that is no signature", advice=_ADVICE)
    payload = b"".join(session.blob(str(digest), size))
    if f"sha256:{hashlib.sha256(payload).hexdigest()}" != digest:
        raise IntegrityError(f"{session.name}: {digest} has other content than its digest says", advice=_ADVICE)
    return Signed(payload, {str(key): str(value) for key, value in notes.items()})
