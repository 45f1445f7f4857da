"""Images at registries (OCI distribution specification 1.1): pulled into the store, pushed, and told by digest."""

from __future__ import annotations

from barehull.core.progress import Progress, silent
from barehull.files import Store
from barehull.oci import registry_pull, registry_push
from barehull.oci.model import Image
from barehull.oci.registry_answer import Patience
from barehull.oci.registry_http import Session
from barehull.oci.registry_name import parse_name

PATIENT = Patience()


def pull_image(
    name: str, platform: str, store: Store, progress: Progress = silent, *, patience: Patience = PATIENT
) -> Image:
    """The image REGISTRY/NAME[:TAG][@DIGEST] for `platform` ("linux/arm64"), with all of its blobs in `store`.

    "" is the only platform, or of several linux/amd64. Errors: UsageError (no such form of name), NotFoundError,
    DeniedError (log in), InputError (not an image, or not for the platform), IntegrityError (other bytes than
    promised), IncompleteError (no network).
    """
    parsed = parse_name(name)
    with Session(parsed, scopes=(f"repository:{parsed.repository}:pull",), patience=patience) as session:
        return registry_pull.pull(session, platform, store, progress)


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
    parsed = parse_name(name)
    source = parse_name(mount_from) if mount_from else None
    scopes = [f"repository:{parsed.repository}:pull,push"]
    repository = ""
    if source is not None and source.registry == parsed.registry and source.repository != parsed.repository:
        repository = source.repository
        scopes.append(f"repository:{repository}:pull")
    with Session(parsed, scopes=tuple(scopes), patience=patience) as session:
        return registry_push.push(session, image, progress, mount_from=repository, chunk=chunk)


def resolve_digest(name: str, *, patience: Patience = PATIENT) -> str:
    """The digest of what is under a name now; of an index where there is one. Errors: those of `pull_image`."""
    parsed = parse_name(name)
    with Session(parsed, scopes=(f"repository:{parsed.repository}:pull",), patience=patience) as session:
        return registry_pull.resolve(session)
