"""Documents beside an image, wherever it is: put there, listed, and read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from barehull.core.errors import InputError, UsageError
from barehull.core.progress import Progress, silent
from barehull.files import Store, default_store
from barehull.oci.archive import open_oci_archive, write_oci_archive
from barehull.oci.layout import (
    TAG,
    LayoutBlobs,
    check_folder,
    choose_image,
    copy_blob,
    descriptors,
    put_blob,
    put_entry,
    tag_of,
)
from barehull.oci.manifest import read_json
from barehull.oci.model import INDEX, Blobs, Image
from barehull.oci.reference import Reference, parse
from barehull.oci.referrers import (
    MAX_REFERRERS,
    Artifact,
    Entry,
    Referrer,
    blobs_of_referrer,
    check_size,
    describe_image,
    fallback_tag,
    make_referrer,
    merged,
    read_document,
    read_referrer,
)

_PLACES = "Write oci:DIR:TAG, oci-archive:FILE:TAG or docker://NAME:TAG"


@dataclass(frozen=True, slots=True)
class Attached:
    """What refers to the image with the digest `image`; `others` are how many artifacts of another shape there are."""

    image: str
    referrers: tuple[Referrer, ...]
    others: int = 0


def attachable(text: str) -> str:
    """The output `text`, with its tag where it is a layout: beside a list, tools ask which entry is meant.

    UsageError for a place where documents about an image cannot be.
    """
    reference = parse(text)
    if reference.transport == "docker-archive":
        raise UsageError(
            f"{text!r} is no place for documents about an image",
            advice=f"{_PLACES}, or leave out --attest; --report writes the documents as files.",
        )
    return text if reference.tag else f"{text}:latest"


def attach(
    image: Image, artifacts: Iterable[Artifact], text: str, progress: Progress = silent, store: Store | None = None
) -> list[str]:
    """Put the documents beside the image, which is at `text`; the digests of their manifests.

    What others attached stays, but in an archive, which is written as a whole. `store` is where they are made, by
    default the cache. Errors: InputError when a document is too large or what is there is damaged; those of writing.
    """
    reference = parse(attachable(text))
    store = store or Store(default_store())
    subject = describe_image(image)
    entries = [make_referrer(artifact, subject, store) for artifact in artifacts]
    if reference.transport == "docker":
        from barehull.oci.registry import push_referrers  # takes 0.1 s that other images need not wait for

        push_referrers(reference.tag, image.digest, entries, store, progress)
    elif reference.transport == "oci":
        _into_layout(image.digest, entries, store, reference)
    else:
        body = merged((), entries)
        index = {"mediaType": INDEX, "digest": f"sha256:{store.put(body)}", "size": len(body)}
        index["annotations"] = {TAG: fallback_tag(image.digest)}
        blobs = [blob for entry in entries for blob in blobs_of_referrer(entry, store)]
        others = {it["digest"]: store.path(it["digest"]) for it in (*blobs, index)}
        write_oci_archive(image, reference.path, reference.tag, beside=[index], others=others)
    return [entry["digest"] for entry in entries]


def _into_layout(subject: str, entries: list[Entry], store: Store, reference: Reference) -> None:
    folder, tag = reference.path, fallback_tag(subject)
    for entry in entries:
        for blob in blobs_of_referrer(entry, store):
            copy_blob(store, blob["digest"], folder)

    def listed(old: Entry | None) -> Entry:
        there = _listed(old, LayoutBlobs(folder), tag) if old else []
        return {**put_blob(folder, merged(there, entries), INDEX), "annotations": {TAG: tag}}

    put_entry(folder, tag, listed)


def attached(
    text: str, platform: str = "", artifact_type: str = "", progress: Progress = silent, store: Store | None = None
) -> Attached:
    """What refers to the image at `text`, for `platform`; with `artifact_type` others may be left out.

    Errors: as for `open_image`; InputError and IntegrityError for artifacts that are not what they should be.
    """
    reference = parse(text)
    if reference.transport == "docker":
        from barehull.oci.registry import find_image, list_referrers

        store = store or Store(default_store())
        subject = find_image(reference.tag, platform, store, progress).digest
        return _read(subject, list_referrers(reference.tag, subject, store, artifact_type), store)
    listed, blobs = _index(reference)
    subject = choose_image(listed, blobs, text, reference.tag, platform).digest
    tag = fallback_tag(subject)
    return _read(subject, [it for entry in listed if tag_of(entry) == tag for it in _listed(entry, blobs, tag)], blobs)


def document(text: str, referrer: Referrer, store: Store | None = None) -> bytes:
    """The document of what refers to the image at `text`. Errors: as for `attached`."""
    reference = parse(text)
    check_size(referrer)
    if reference.transport != "docker":
        return read_document(referrer, _index(reference)[1])
    from barehull.oci.registry import fetch_document

    store = store or Store(default_store())
    fetch_document(reference.tag, referrer.content, referrer.size, store)
    return read_document(referrer, store)


def _index(reference: Reference) -> tuple[list[Entry], Blobs]:
    if reference.transport == "docker-archive":
        raise UsageError(f"nothing can refer to an image in {reference}", advice=f"{_PLACES}.")
    if reference.transport == "oci-archive":
        return open_oci_archive(reference.path)
    return check_folder(reference.path), LayoutBlobs(reference.path)


def _listed(index: Entry, blobs: Blobs, tag: str) -> list[Entry]:
    return descriptors(read_json(blobs, index["digest"], size=index.get("size")), tag)


def _read(subject: str, entries: list[Entry], blobs: Blobs) -> Attached:
    if len(entries) > MAX_REFERRERS:
        raise InputError(
            f"{len(entries)} documents are listed for {subject}, and {MAX_REFERRERS} are read at most",
            advice="Remove those that are not needed any more.",
        )
    read = [read_referrer(entry, subject, blobs) for entry in entries]
    found = sorted((it for it in read if it), key=lambda it: (it.media_type, it.notes, it.digest))
    return Attached(subject, tuple(found), len(read) - len(found))
