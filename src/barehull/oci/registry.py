"""Images at registries (OCI distribution specification 1.1): pulled into the store, pushed, and told by digest.

Where a name is looked for is as registries.conf says: at its mirrors in turn, then at its location.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from barehull.core.errors import IncompleteError
from barehull.core.progress import Progress, silent
from barehull.files import Store
from barehull.oci import registry_pull, registry_push
from barehull.oci.model import Image
from barehull.oci.registries_conf import place, places, read_registries
from barehull.oci.registry_answer import Patience
from barehull.oci.registry_http import Session
from barehull.oci.registry_name import Name, parse_name

PATIENT = Patience()
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
    mount_from: str = "",
    patience: Patience = PATIENT,
    chunk: int = registry_push.CHUNK,
) -> str:
    """Push the image to REGISTRY/NAME[:TAG] and return its digest. The tag is the old image or the new one, whole.

    `mount_from` names an image at a registry whose layers may be mounted where it is the same registry; `chunk` is how
    many bytes of a layer go in one request. Errors: those of `pull_image`; UsageError for a digest that is not the
    image's.
    """
    registries = read_registries()
    where = place(parse_name(name), registries)
    source = place(parse_name(mount_from), registries) if mount_from else None
    scopes = [f"repository:{where.repository}:pull,push"]
    repository = ""
    if source is not None and source.registry == where.registry and source.repository != where.repository:
        repository = source.repository
        scopes.append(f"repository:{repository}:pull")
    with Session(where, scopes=tuple(scopes), patience=patience) as session:
        return registry_push.push(session, image, progress, mount_from=repository, chunk=chunk)


def resolve_digest(name: str, *, patience: Patience = PATIENT) -> str:
    """The digest of what is under a name now; of an index where there is one. Errors: those of `pull_image`."""
    return reading_from(parse_name(name), registry_pull.resolve, patience=patience)


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
