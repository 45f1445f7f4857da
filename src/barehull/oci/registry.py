"""Images at registries (OCI distribution specification 1.1): pulled into the store, pushed, and told by digest.

Where a name is looked for is as registries.conf says: at its mirrors in turn, then at its location.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from barehull.core.errors import IncompleteError
from barehull.core.progress import Progress, silent
from barehull.files import Store
from barehull.oci import registry_pull, registry_push, registry_referrers
from barehull.oci.layout import blobs_of
from barehull.oci.model import Image
from barehull.oci.referrers import Entry
from barehull.oci.registries_conf import place, places, read_registries
from barehull.oci.registry_answer import Patience
from barehull.oci.registry_http import Session
from barehull.oci.registry_name import Name, parse_name

PATIENT = Patience()
_PUSH = "repository:{}:pull,push"
T = TypeVar("T")


def pull_image(
    name: str, platform: str, store: Store, progress: Progress = silent, *, patience: Patience = PATIENT
) -> Image:
    """The image REGISTRY/NAME[:TAG][@DIGEST] for `platform` ("linux/arm64"), with all of its blobs in `store`.

    "" is the only platform, or of several linux/amd64. Errors: UsageError (no such form of name), NotFoundError,
    DeniedError (log in), BlockedError, InputError (not an image, or not for the platform; registries.conf),
    IntegrityError (other bytes than promised), IncompleteError (no network).
    """

    def pull(session: Session) -> Image:
        return registry_pull.pull(session, platform, store, progress)

    return reading_from(parse_name(name), pull, progress, patience=patience)


def push_image(
    image: Image,
    name: str,
    progress: Progress = silent,
    *,
    mount_from: Sequence[tuple[str, Image]] = (),
    patience: Patience = PATIENT,
    chunk: int = registry_push.CHUNK,
) -> str:
    """Push the image to REGISTRY/NAME[:TAG] and return its digest. The tag is the old image or the new one, whole.

    `mount_from` are images, each with its name, whose layers are mounted where they are at the same registry; `chunk`
    is how many bytes of a layer go in one request. Errors: those of `pull_image`; UsageError for a digest that is not
    the image's.
    """
    registries = read_registries()
    where = place(parse_name(name), registries)
    mounts: dict[str, str] = {}
    for source, other in mount_from:
        there = place(parse_name(source), registries)
        if there.registry == where.registry and there.repository != where.repository:
            mounts |= dict.fromkeys(blobs_of(other), there.repository)
    used = {mounts[digest] for digest in blobs_of(image) if digest in mounts}
    scopes = [f"repository:{it}:pull" for it in sorted(used)]
    with Session(where, scopes=(_PUSH.format(where.repository), *scopes), patience=patience) as session:
        return registry_push.push(session, image, progress, mounts=mounts, chunk=chunk)


def resolve_digest(name: str, *, patience: Patience = PATIENT) -> str:
    """The digest of what is under a name now; of an index where there is one. Errors: those of `pull_image`."""
    return reading_from(parse_name(name), registry_pull.resolve, patience=patience)


def pinned(name: str, *, patience: Patience = PATIENT) -> str:
    """The name with the digest of what is under it now, at the registry itself; "" where it says that nothing is.

    Errors: those of `pull_image`. NotFoundError where it is not the registry that says so.
    """
    where = place(parse_name(name), read_registries())
    found = _at(where, lambda session: registry_pull.find_manifest(session, where.reference), patience)
    return f"{name.partition('@')[0]}@{found[0]}" if found else ""


# -- referrers: of the registry itself, since no mirror promises to have them


def push_referrers(
    name: str,
    subject: str,
    entries: list[Entry],
    store: Store,
    progress: Progress = silent,
    *,
    patience: Patience = PATIENT,
) -> None:
    """Push artifacts that are in `store`, and refer to the digest `subject`, to the repository of `name`.

    They are listed by the referrers API, or by the tag that stands in for it. Errors: those of `push_image`.
    """
    where = place(parse_name(name), read_registries())
    with Session(where, scopes=(_PUSH.format(where.repository),), patience=patience) as session:
        registry_referrers.push_entries(session, subject, entries, store, progress)


def list_referrers(
    name: str, subject: str, store: Store, artifact_type: str = "", *, patience: Patience = PATIENT
) -> list[Entry]:
    """The descriptors of what refers to the digest `subject` in the repository of `name`; their manifests in `store`.

    With `artifact_type` a registry may leave others out. Errors: those of `pull_image`.
    """

    def work(session: Session) -> list[Entry]:
        entries = registry_referrers.list_entries(session, subject, artifact_type)
        registry_referrers.keep_entries(session, entries, store)
        return entries

    return _at(place(parse_name(name), read_registries()), work, patience)


def find_image(
    name: str, platform: str, store: Store, progress: Progress = silent, *, patience: Patience = PATIENT
) -> Image:
    """As `pull_image`, without the layers."""

    def find(session: Session) -> Image:
        return registry_pull.find_image(session, platform, store, progress)

    return reading_from(parse_name(name), find, progress, patience=patience)


def fetch_document(name: str, digest: str, size: int, store: Store, *, patience: Patience = PATIENT) -> None:
    """Have a blob of the repository of `name` in `store`. Errors: those of `pull_image`."""

    def fetch(session: Session) -> None:
        registry_pull.keep_blob(session, store, digest, size)

    _at(place(parse_name(name), read_registries()), fetch, patience)


def reading_from(
    name: Name, work: Callable[[Session], T], progress: Progress = silent, *, patience: Patience = PATIENT
) -> T:
    """What `work` has of a session that may pull: at each of the name's mirrors, until one has it; then its location.

    A mirror that lies is an error, not passed over. Errors: those of `work`, of the location; those of `pull_image`.
    """
    *mirrors, last = places(name, read_registries())
    for mirror in mirrors:
        try:
            return _at(mirror, work, patience)
        except IncompleteError as error:
            progress(f"the mirror {mirror} does not have it: {error.what}")
    return _at(last, work, patience)


def _at(where: Name, work: Callable[[Session], T], patience: Patience) -> T:
    with Session(where, scopes=(f"repository:{where.repository}:pull",), patience=patience) as session:
        return work(session)
