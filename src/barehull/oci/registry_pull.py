"""An image from a registry into the store: index, platform, manifest, configuration, layers; all checked."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from barehull.core.errors import InputError, IntegrityError
from barehull.core.progress import Progress
from barehull.files import Store, is_sha256
from barehull.oci.layout import check_platform, chosen
from barehull.oci.manifest import INDEXES, MANIFESTS, MAX_JSON, brief, parse_json, read_bounded, read_image
from barehull.oci.model import MANIFEST, Image, Layer
from barehull.oci.registry_answer import Answer, codes
from barehull.oci.registry_http import Session
from barehull.oci.spool import MAX_TOTAL

_WORKERS = 4
_ACCEPT = {"Accept": ", ".join((*INDEXES, *MANIFESTS))}
# NOT_FOUND is Harbor's; the others are the specification's.
_ABSENT = frozenset({"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"})
_LIES = "The registry, or a proxy on the way, changes or mixes up content. Try again later, or tell who runs it."


class Remote:
    """The manifests and indexes of a registry as blobs: fetched by digest when they are asked for."""

    def __init__(self, session: Session, store: Store) -> None:
        self._session = session
        self._store = store

    def path(self, digest: str) -> Path:
        """The file of a manifest. Errors: InputError, and those of fetching it."""
        name = digest.removeprefix("sha256:")
        if not digest.startswith("sha256:") or not is_sha256(name):
            raise InputError(f"{brief(repr(digest))} is not a digest that barehull knows (sha256)", advice=_LIES)
        if self._store.get(name) is None:
            keep_manifest(self._session, self._store, digest)
        return self._store.path(digest)


def pull(session: Session, platform: str, store: Store, progress: Progress) -> Image:
    """The image that the session's name means, for `platform`, with all of its blobs in the store."""
    image = find_image(session, platform, store, progress)
    _keep_layers(session, store, image, progress)
    return image


def find_image(session: Session, platform: str, store: Store, progress: Progress) -> Image:
    """The image that the session's name means, without its layers."""
    name = session.name
    progress(f"asking {name.registry} for {name.repository}")
    digest = name.digest
    if not digest or store.get(digest.removeprefix("sha256:")) is None:
        digest = keep_manifest(session, store, name.reference)
    path = store.path(digest)
    first = parse_json(read_bounded(path), digest)
    kind = first.get("mediaType") or ("" if "manifests" in first else MANIFEST)
    entry: dict[str, Any] = {"digest": digest, "size": path.stat().st_size, "mediaType": kind or INDEXES[0]}
    remote = Remote(session, store)
    entry = chosen([entry], remote, platform, str(name))
    remote.path(entry["digest"])
    _keep_config(session, store, entry["digest"])
    image = read_image(entry["digest"], store, size=entry.get("size"))
    check_platform(image, platform, str(name))
    return image


def resolve(session: Session, reference: str = "") -> str:
    """The digest of what the registry has under a tag, by default the session's name; it may be an index."""
    reference = reference or session.name.reference
    url = session.address(f"manifests/{reference}")
    ask = session.retried(lambda: session.ask("HEAD", url, allowed=(200,), headers=_ACCEPT))
    said = _said(session, ask)
    if said is None:
        return manifest_of(session, reference)[0]
    if reference.startswith("sha256:") and said != reference:
        raise _other(session, said)
    return said


def keep_manifest(session: Session, store: Store, reference: str) -> str:
    """Have a manifest or index in the store, by tag or digest; its digest."""
    digest, body = manifest_of(session, reference)
    store.put(body, expected=digest.removeprefix("sha256:"), what=f"the manifest of {session.name}")
    return digest


def manifest_of(session: Session, reference: str) -> tuple[str, bytes]:
    """A manifest or index by tag or digest, with its digest, which is of the bytes and not what a header says."""
    url = session.address(f"manifests/{reference}")
    return _checked(session, reference, session.retried(lambda: session.ask("GET", url, headers=_ACCEPT)))


def find_manifest(session: Session, reference: str) -> tuple[str, bytes] | None:
    """As `manifest_of`; None where the registry itself says that it has no such manifest.

    Another 404, of a proxy or of what is no registry, is an error: nobody may take it for a place that is free.
    """
    url = session.address(f"manifests/{reference}")
    answer = session.retried(lambda: session.ask("GET", url, allowed=(200, 404), headers=_ACCEPT))
    if answer.status == 404:
        if not _ABSENT.isdisjoint(codes(answer.body)):
            return None
        raise session.refused(answer)
    return _checked(session, reference, answer)


def _checked(session: Session, reference: str, answer: Answer) -> tuple[str, bytes]:
    digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
    said = _said(session, answer)
    if (reference.startswith("sha256:") and digest != reference) or said not in (None, digest):
        raise _other(session, digest)
    return digest, answer.body


def _said(session: Session, answer: Answer) -> str | None:
    """The digest in an answer's headers; None where there is none that can be compared."""
    said = answer.headers.get("docker-content-digest", "")
    if said and not re.fullmatch(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]{16,256}", said):
        raise IntegrityError(f"{session.name}: the registry answers with {brief(repr(said))} as digest", advice=_LIES)
    return said if said.startswith("sha256:") else None


def _other(session: Session, digest: str) -> IntegrityError:
    return IntegrityError(
        f"{session.name}: the registry answered with the manifest {digest}, which is another than promised",
        advice=_LIES,
    )


def _keep_config(session: Session, store: Store, manifest: str) -> None:
    """Fetch the configuration that a manifest describes. What is no descriptor is left to `read_image` to refuse."""
    described = parse_json(read_bounded(store.path(manifest)), manifest).get("config")
    if not isinstance(described, dict):
        return
    digest, size = described.get("digest"), described.get("size")
    if type(digest) is not str or type(size) is not int or size < 0:
        return
    if size > MAX_JSON:
        raise InputError(
            f"{session.name}: the configuration would have {size} bytes, more than the {MAX_JSON} allowed", advice=_LIES
        )
    keep_blob(session, store, digest, size)


def _keep_layers(session: Session, store: Store, image: Image, progress: Progress) -> None:
    layers = {layer.digest: layer for layer in image.layers}
    missing = [it for it in layers.values() if store.get(it.digest.removeprefix("sha256:")) is None]
    total = sum(layer.size for layer in missing)
    if total > MAX_TOTAL:
        raise InputError(f"{session.name} has {total} bytes of layers; the limit is {MAX_TOTAL}", advice=_LIES)
    if missing:
        progress(f"fetching {len(missing)} of {len(layers)} layers, {total / 1e6:.1f} MB")
    # All of them: one that the store has may be promised with another size.
    each_at_once(session, sorted(layers.values(), key=lambda it: -it.size), lambda it: _layer(session, store, it))


def _layer(session: Session, store: Store, layer: Layer) -> None:
    keep_blob(session, store, layer.digest, layer.size)


def keep_blob(session: Session, store: Store, digest: str, size: int) -> None:
    """Have a blob in the store, of that digest and size."""
    name = digest.removeprefix("sha256:")
    if not digest.startswith("sha256:") or not is_sha256(name):
        raise InputError(f"{brief(repr(digest))} is not a digest that barehull knows (sha256)", advice=_LIES)
    if store.get(name) is None:
        store.put(session.blob(digest, size), expected=name, what=f"{session.name}: {digest}")
    if (found := store.path(digest).stat().st_size) != size:
        raise IntegrityError(f"{session.name}: {digest} has {found} bytes, not {size} as promised", advice=_LIES)


def each_at_once(session: Session, items: list[Layer], work: Any, workers: int = _WORKERS) -> None:
    """Do `work` with each item, some at a time. The first error ends the whole."""

    def one(item: Layer) -> None:
        if not session.stopped:
            work(item)

    with ThreadPoolExecutor(workers) as pool:
        tasks = [pool.submit(one, item) for item in items]
        try:
            for task in tasks:
                task.result()
        except BaseException:  # an interrupt, too
            session.stop()
            raise
