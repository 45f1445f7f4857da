"""Documents about an image as OCI artifacts beside it, found from its digest.

OCI image specification 1.1 (manifest.md, artifacts with a subject), and for finding them the tag that the distribution
specification 1.1 names for registries without the referrers API, which tools use in layouts too: `sha256-HEX`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barehull.attest.statement import MEDIA_TYPE
from barehull.core.errors import InputError, IntegrityError
from barehull.oci.layout import TAG, LayoutBlobs, check_folder, descriptors, put_blob, put_entry
from barehull.oci.manifest import MAX_JSON, brief, canonical, read_bounded, read_json
from barehull.oci.model import INDEX, MANIFEST, Image

SPDX = "application/spdx+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
PREDICATE_TYPE = "in-toto.io/predicate-type"
_EMPTY = "application/vnd.oci.empty.v1+json"
_NOTHING = b"{}"
_MAX_DOCUMENTS = 100
_ADVICE = "The layout is damaged or was not made by the specification: write the attestations again."


@dataclass(frozen=True, slots=True)
class Attestation:
    """One document: `media_type` says how it is written, `predicate` of what an in-toto statement speaks, else ""."""

    media_type: str
    content: bytes
    predicate: str = ""

    @property
    def kind(self) -> tuple[str, str]:
        """What there is one of for each image: a newer one takes the place of an older."""
        return self.media_type, self.predicate


def fallback_tag(digest: str) -> str:
    """The tag of the index of what refers to an image: "sha256-HEX"."""
    return digest.replace(":", "-", 1)


def attach(image: Image, attestations: Iterable[Attestation], folder: Path) -> list[str]:
    """Put the documents into the layout in `folder`, where the image is; the digests of their manifests.

    What others attached stays. Errors: InputError when a document is too large, or the layout is damaged.
    """
    manifest = image.blobs.path(image.digest)
    media_type = str(read_json(image.blobs, image.digest).get("mediaType") or MANIFEST)
    subject = {"mediaType": media_type, "digest": image.digest, "size": manifest.stat().st_size}
    entries = [_write(each, subject, folder) for each in attestations]
    tag = fallback_tag(image.digest)
    replaced = {_kind(entry) for entry in entries}

    def merged(old: dict[str, Any] | None) -> dict[str, Any]:
        kept = _listed(old, LayoutBlobs(folder), tag) if old else []
        manifests = [*(entry for entry in kept if _kind(entry) not in replaced), *entries]
        manifests.sort(key=lambda entry: str(entry["digest"]))
        body = canonical({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
        return {**put_blob(folder, body, INDEX), "annotations": {TAG: tag}}

    put_entry(folder, tag, merged)
    return [entry["digest"] for entry in entries]


def attached(digest: str, folder: Path) -> tuple[Attestation, ...]:
    """The documents about the image with `digest` in a layout; others' artifacts of one layer are among them.

    Errors: InputError for what is not as the specification says, IntegrityError for content that is not as promised.
    """
    blobs = LayoutBlobs(folder)
    tag = fallback_tag(digest)
    found = [entry for entry in check_folder(folder) if (entry.get("annotations") or {}).get(TAG) == tag]
    entries = [entry for index in found for entry in _listed(index, blobs, tag)]
    if len(entries) > _MAX_DOCUMENTS:
        raise InputError(f"{tag} lists {len(entries)} documents, and {_MAX_DOCUMENTS} are read at most", advice=_ADVICE)
    return tuple(_read(entry, digest, blobs) for entry in entries)


def _write(attestation: Attestation, subject: dict[str, Any], folder: Path) -> dict[str, Any]:
    if len(attestation.content) > MAX_JSON:
        raise InputError(
            f"a document of {len(attestation.content)} bytes is too large to be attached to an image",
            advice=f"Leave out --attest; up to {MAX_JSON >> 20} MiB are attached. --report writes it all the same.",
        )
    config = {**put_blob(folder, _NOTHING, _EMPTY), "data": "e30="}
    layer = put_blob(folder, attestation.content, attestation.media_type)
    notes = {PREDICATE_TYPE: attestation.predicate} if attestation.predicate else {}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": attestation.media_type,
        "config": config,
        "layers": [layer],
        "subject": subject,
        **({"annotations": notes} if notes else {}),
    }
    entry = {**put_blob(folder, canonical(manifest), MANIFEST), "artifactType": attestation.media_type}
    return {**entry, "annotations": notes} if notes else entry


def _listed(index: dict[str, Any], blobs: LayoutBlobs, tag: str) -> list[dict[str, Any]]:
    return descriptors(read_json(blobs, index["digest"], size=index.get("size")), tag)


def _kind(entry: dict[str, Any]) -> tuple[str, str]:
    return str(entry.get("artifactType") or ""), str((entry.get("annotations") or {}).get(PREDICATE_TYPE) or "")


def _read(entry: dict[str, Any], digest: str, blobs: LayoutBlobs) -> Attestation:
    name = entry["digest"]
    manifest = read_json(blobs, name, size=entry.get("size"))
    subject, layers = manifest.get("subject"), manifest.get("layers")
    if not isinstance(subject, dict) or subject.get("digest") != digest:
        raise IntegrityError(f"{name} is listed for {digest}, and speaks of something else", advice=_ADVICE)
    layer = layers[0] if isinstance(layers, list) and len(layers) == 1 else None
    if not isinstance(layer, dict) or not all(isinstance(layer.get(it), str) for it in ("digest", "mediaType")):
        raise InputError(f"{brief(name)} is not an artifact of one document", advice=_ADVICE)
    content = read_bounded(blobs.path(layer["digest"]))
    if len(content) != layer.get("size") or f"sha256:{hashlib.sha256(content).hexdigest()}" != layer["digest"]:
        raise IntegrityError(f"{layer['digest']} has other content than {name} promises", advice=_ADVICE)
    notes = manifest.get("annotations")
    predicate = notes.get(PREDICATE_TYPE) if isinstance(notes, dict) else ""
    return Attestation(layer["mediaType"], content, str(predicate or ""))


def of_statement(text: str, predicate: str) -> Attestation:
    """An in-toto statement, ready to be attached."""
    return Attestation(MEDIA_TYPE, text.encode(), predicate)
