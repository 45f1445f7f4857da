"""The kinds of documents about an image that barehull makes, as artifacts and by their short names."""

from __future__ import annotations

from barehull.attest.provenance import PREDICATE as PROVENANCE
from barehull.attest.scan import PREDICATE as SCAN
from barehull.attest.statement import MEDIA_TYPE
from barehull.oci.referrers import CREATED, Artifact, Referrer

SPDX = "application/spdx+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
PREDICATE_TYPE = "in-toto.io/predicate-type"  # the annotation that BuildKit and others have for it

# by short name: media type, and the type of an in-toto statement's predicate
KINDS = {
    "spdx": (SPDX, ""),
    "cyclonedx": (CYCLONEDX, ""),
    "provenance": (MEDIA_TYPE, PROVENANCE),
    "scan": (MEDIA_TYPE, SCAN),
}


def of_statement(text: str, predicate: str, created: str = "") -> Artifact:
    """An in-toto statement, ready to be attached. `created` (ISO 8601 UTC) tells newer ones from older."""
    names = {kind: f"{name}.json" for name, (_, kind) in KINDS.items()}
    notes = [(CREATED, created)] if created else []
    return Artifact(MEDIA_TYPE, text.encode(), (*notes, (PREDICATE_TYPE, predicate)), names.get(predicate, ""))


def kind_of(referrer: Referrer) -> str:
    """The short name of a document's kind; for another than ours its predicate or media type."""
    predicate = referrer.note(PREDICATE_TYPE)
    named = {kind: name for name, kind in KINDS.items()}
    return named.get((referrer.media_type, predicate), predicate or referrer.media_type)


def is_kind(referrer: Referrer, wanted: str) -> bool:
    """Whether `wanted` is the referrer's kind, by short name, media type or predicate, or its digest."""
    return wanted in (kind_of(referrer), referrer.media_type, referrer.note(PREDICATE_TYPE), referrer.digest)
