"""What refers to an image: artifacts with the image as subject, and the lists by which they are found.

OCI image specification 1.1 (manifest.md), and distribution specification 1.1 ("Referrers Tag Schema"): where nothing
else lists them, an index with the tag `sha256-HEX` does. Tools look for that tag in layouts, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from barehull.core.errors import InputError, IntegrityError
from barehull.files import Store
from barehull.oci.layout import manifest_of
from barehull.oci.manifest import MAX_JSON, brief, canonical, parse_json, read_bounded, read_json
from barehull.oci.model import INDEX, MANIFEST, Blobs, Image

VENDOR = "org.opencontainers.image.vendor"
CREATED = "org.opencontainers.image.created"
TITLE = "org.opencontainers.image.title"
MAKER = "barehull"  # by which its own artifacts are known
MAX_REFERRERS = 1000
EMPTY = "application/vnd.oci.empty.v1+json"
_NOTHING = b"{}"
_ADVICE = "The list, or the artifact, is damaged or was not made by the specification: attest the image again."
Entry = dict[str, Any]  # a descriptor, as lists have it


@dataclass(frozen=True, slots=True)
class Artifact:
    """A document that is to refer to an image; `notes` are annotations of its manifest.

    `title` is the name of a file for it, by which tools that pull artifacts write it.
    """

    media_type: str
    content: bytes
    notes: tuple[tuple[str, str], ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Referrer:
    """An artifact of one document, whose manifest `digest` was found to refer to the image.

    `content` and `size` (bytes) are the document's, of the form `media_type`; `notes` are the manifest's annotations.
    """

    digest: str
    media_type: str
    content: str
    size: int
    notes: tuple[tuple[str, str], ...] = ()

    def note(self, name: str) -> str:
        """An annotation, or ""."""
        return dict(self.notes).get(name, "")


def fallback_tag(digest: str) -> str:
    """The tag of the index of what refers to an image: "sha256-HEX"."""
    return digest.replace(":", "-", 1)


# -- making


def describe_image(image: Image) -> Entry:
    """The image as the subject of what refers to it."""
    body = manifest_of(image)
    kind = str(parse_json(body, image.digest).get("mediaType") or MANIFEST)
    return {"mediaType": kind, "digest": image.digest, "size": len(body)}


def make_referrer(artifact: Artifact, subject: Entry, store: Store) -> Entry:
    """Put an artifact into the store: document, empty configuration, manifest; the entry for a list.

    InputError when it is larger than a registry's manifests: it is meant to be read at once.
    """
    if len(artifact.content) > MAX_JSON:
        raise InputError(
            f"a document of {len(artifact.content)} bytes is too large to be attached to an image",
            advice=f"Leave out --attest; up to {MAX_JSON >> 20} MiB are attached. --report writes it all the same.",
        )
    notes = {VENDOR: MAKER, **dict(artifact.notes)}
    layer = _put(artifact.content, artifact.media_type, store)
    if artifact.title:
        layer["annotations"] = {TITLE: artifact.title}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": artifact.media_type,
        "config": {**_put(_NOTHING, EMPTY, store), "data": "e30="},
        "layers": [layer],
        "subject": subject,
        "annotations": notes,
    }
    entry = _put(canonical(manifest), MANIFEST, store)
    return {**entry, "artifactType": artifact.media_type, "annotations": notes}


def _put(content: bytes, media_type: str, store: Store) -> Entry:
    return {"mediaType": media_type, "digest": f"sha256:{store.put(content)}", "size": len(content)}


def blobs_of_referrer(entry: Entry, blobs: Blobs) -> list[Entry]:
    """The descriptors of all that an artifact that was made consists of; its manifest comes last."""
    manifest = read_json(blobs, entry["digest"])
    return [manifest["config"], *manifest["layers"], entry]


def merged(there: Iterable[Entry], new: list[Entry]) -> bytes:
    """The index that lists `there` and `new`. A new entry takes the place of ours of the same kind; others' stay."""
    kinds, digests = {_kind(entry) for entry in new}, {entry["digest"] for entry in new}

    def goes(entry: Entry) -> bool:
        ours = (entry.get("annotations") or {}).get(VENDOR) == MAKER
        return entry["digest"] in digests or (ours and _kind(entry) in kinds)

    entries = sorted([*(it for it in there if not goes(it)), *new], key=lambda it: str(it["digest"]))
    return canonical({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})


def _kind(entry: Entry) -> tuple[str, ...]:
    """What there is one of for each image: the type of the artifact and all that is said of it but its time."""
    notes = entry.get("annotations") or {}
    said = sorted((name, text) for name, text in notes.items() if name != CREATED)
    return (str(entry.get("artifactType") or ""), *(f"{name}={text}" for name, text in said))


# -- reading


def read_referrer(entry: Entry, subject: str, blobs: Blobs) -> Referrer | None:
    """The artifact of an entry in a list for the image with the digest `subject`. None for one of another shape.

    Errors: IntegrityError when it refers to another image, or has other content than promised; InputError.
    """
    digest = str(entry["digest"])
    manifest = read_json(blobs, digest, size=entry.get("size"))
    about, layers, notes = manifest.get("subject"), manifest.get("layers"), manifest.get("annotations") or {}
    if not isinstance(about, dict) or about.get("digest") != subject:
        raise IntegrityError(f"{brief(digest)} is listed for {subject}, and speaks of something else", advice=_ADVICE)
    layer = layers[0] if isinstance(layers, list) and len(layers) == 1 else None
    if not isinstance(layer, dict) or not isinstance(notes, dict):
        return None  # an index, or an artifact of several files
    media_type, content, size = layer.get("mediaType"), layer.get("digest"), layer.get("size")
    if type(media_type) is not str or type(content) is not str or type(size) is not int or size < 0:
        raise InputError(f"{brief(digest)} has a layer that is no descriptor", advice=_ADVICE)
    said = tuple(sorted((str(name), str(text)) for name, text in notes.items()))
    return Referrer(digest, str(manifest.get("artifactType") or media_type), content, size, said)


def read_document(referrer: Referrer, blobs: Blobs) -> bytes:
    """The document of an artifact. Errors: IntegrityError for content that is not as promised; InputError."""
    check_size(referrer)
    content = read_bounded(blobs.path(referrer.content))
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if len(content) != referrer.size or found != referrer.content:
        raise IntegrityError(f"{referrer.content} is not the content that {referrer.digest} promises", advice=_ADVICE)
    return content


def check_size(referrer: Referrer) -> None:
    """InputError for a document that is too large to be read at once."""
    if referrer.size > MAX_JSON:
        raise InputError(
            f"the document {brief(referrer.content)} has {referrer.size} bytes; up to {MAX_JSON >> 20} MiB are read",
            advice="Fetch it with a tool made for such artifacts.",
        )
