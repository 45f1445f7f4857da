"""What refers to an image at a registry: by the referrers API, or by the tag that stands in for it.

OCI distribution specification 1.1, "Pushing Manifests with Subject", "Listing Referrers", "Referrers Tag Schema".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from barehull.core.errors import IncompleteError, InputError
from barehull.core.progress import Progress
from barehull.files import Store
from barehull.oci.layout import descriptors
from barehull.oci.manifest import parse_json, read_bounded
from barehull.oci.model import INDEX, MANIFEST, Layer
from barehull.oci.referrers import MAX_REFERRERS, Entry, blobs_of_referrer, fallback_tag, merged
from barehull.oci.registry_answer import Answer
from barehull.oci.registry_http import Session
from barehull.oci.registry_pull import Remote, find_manifest
from barehull.oci.registry_push import CHUNK, Uploads, put_manifest

_NO_API = (400, 404, 406)  # how registries answer that do not know the API
_MAX_PAGES = 200
_NEXT = re.compile(r'<([^<>]*)>\s*;(?:[^,]*;)?\s*rel="?next"?(?:\s*[;,]|\s*$)', re.IGNORECASE)
_ADVICE = "The registry's list is damaged, or not as the specification says: ask who runs it."


def list_entries(session: Session, subject: str, artifact_type: str = "") -> list[Entry]:
    """The descriptors of what refers to the digest `subject`; others than of `artifact_type` may be among them.

    Errors: those of `Session.ask`; InputError for what is no list.
    """
    found = _of_api(session, subject, artifact_type)
    if found is None:
        found = _of_tag(session, subject)
    if found is None:  # a 404 may be a fault, and nothing is only believed when it is said twice
        found = _of_api(session, subject, artifact_type)
    return _known(session, found or [])


def push_entries(session: Session, subject: str, entries: list[Entry], store: Store, progress: Progress) -> None:
    """Push artifacts that are in the store, and see that they are listed for `subject`. Equal ones are there once.

    Errors: those of pushing an image; IncompleteError when others change the list all the time.
    """
    progress(f"attaching {len(entries)} documents to {session.name.repository}@{subject[:19]}")
    uploads = Uploads(session, store, {}, CHUNK)
    unlisted = []
    for entry in entries:
        *blobs, _ = blobs_of_referrer(entry, store)
        for blob in blobs:
            uploads.ensure(Layer(blob["digest"], "", blob["size"]))
        body = read_bounded(store.path(entry["digest"]))
        answer = put_manifest(session, entry["digest"], body, MANIFEST)
        if answer.headers.get("oci-subject") != subject:  # whoever sends it lists the artifact by itself
            unlisted.append(entry)
    if unlisted:
        _list_by_tag(session, subject, unlisted)


def keep_entries(session: Session, entries: Iterable[Entry], store: Store) -> None:
    """Have the manifests of the entries in the store."""
    remote = Remote(session, store)
    for entry in entries:
        remote.path(entry["digest"])


def _of_api(session: Session, subject: str, artifact_type: str) -> list[Entry] | None:
    """What the API lists, on all of its pages; None where there is none."""
    url = session.address(f"referrers/{subject}")
    url += f"?artifactType={quote(artifact_type, safe='')}" if artifact_type else ""
    what = f"the list of what refers to {subject}"
    entries: list[Entry] = []
    seen: set[str] = set()
    while url:
        answer = _page(session, url, (200,) if seen else (200, *_NO_API))
        if answer is None:
            return None
        entries += descriptors(parse_json(answer.body, what), what)
        seen.add(url)
        following = _NEXT.search(answer.headers.get("link", ""))
        url = session.target(answer.url, following[1]) if following else ""
        if url in seen or len(seen) == _MAX_PAGES or len(entries) > MAX_REFERRERS:
            raise InputError(f"{session.name}: {what} has no end", advice=_ADVICE)
    return entries


def _page(session: Session, url: str, allowed: tuple[int, ...]) -> Answer | None:
    """One page of the list; None where there is no API: some answer with a page for people, whatever is asked."""
    answer = session.retried(lambda: session.ask("GET", url, allowed=allowed, headers={"Accept": INDEX}))
    html = answer.headers.get("content-type", "").startswith("text/html")
    return None if html or answer.status != 200 else answer


def _of_tag(session: Session, subject: str) -> list[Entry] | None:
    """What the index with the fallback tag lists; None where there is no such tag."""
    tag = fallback_tag(subject)
    found = find_manifest(session, tag)
    return None if found is None else descriptors(parse_json(found[1], tag), tag)


def _list_by_tag(session: Session, subject: str, new: list[Entry]) -> None:
    """Read the index, put the new entries into it, write it, and look whether they are in it, or another was quicker.

    The specification has no lock for it. That there is no index yet is only believed of a registry that says so.
    """
    tag = fallback_tag(subject)
    for _ in range(session.patience.attempts + 1):
        there = _known(session, _of_tag(session, subject) or [])
        body = merged(there, new)
        if _digests(descriptors(parse_json(body, tag), tag)) == _digests(there):
            return
        put_manifest(session, tag, body, INDEX)
    raise IncompleteError(
        f"{session.name}: the list of what refers to {subject} is changed by others all the time",
        advice="Attest from one place at a time: run it again.",
    )


def _digests(entries: list[Entry]) -> list[str]:
    return sorted({str(entry["digest"]) for entry in entries})


def _known(session: Session, entries: list[Entry]) -> list[Entry]:
    """The entries, once each. InputError for a list that is too long."""
    if len(entries) > MAX_REFERRERS:
        raise InputError(f"{session.name} lists {len(entries)} referrers; the limit is {MAX_REFERRERS}", advice=_ADVICE)
    return list({entry["digest"]: entry for entry in entries}.values())
