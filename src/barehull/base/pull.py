"""The base by its name -> its image, in the store, and what is locked of it; signatures first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from barehull.application.config import RuntimeSettings
from barehull.base.signed import signer_of_base
from barehull.core.errors import InputError, IntegrityError
from barehull.core.progress import Progress, silent
from barehull.files import Store
from barehull.lock import Lock, LockedBase
from barehull.oci.model import LAYER_GZIP, LAYER_ZSTD, Image, Layer
from barehull.oci.reference import TRANSPORTS, open_image
from barehull.oci.registry_name import Name, parse_name

_DOCKER = "docker://"
_CHUNK = 1 << 20
_AGAIN = "Lock it again with `barehull lock --update`, if that is right."
_LAYERS = {  # Docker's names of the same bytes, which do not belong into a manifest of OCI's
    "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip": LAYER_GZIP,
    "application/vnd.docker.image.rootfs.diff.tar.zstd": LAYER_ZSTD,
}


@dataclass(frozen=True, slots=True)
class Base:
    """The base's image, whose layers are in the store, and what of it goes into the lock."""

    locked: LockedBase
    image: Image


def find_base(settings: RuntimeSettings, folder: Path, store: Store, progress: Progress = silent) -> Base:
    """The image that the settings' base means now, when its signature is good. `folder` has their files.

    Errors: those of `open_image` and `signer_of_base`.
    """
    if (name := registry_name(settings.base)) is None:
        image = _local(settings, folder, store, progress)
        return Base(LockedBase(settings.base, image.digest, image.digest), image)
    from barehull.oci.registry import resolve_digest  # with httpx, 0.1 s

    asked = str(replace(name, digest=""))
    progress(f"looking for {name}")
    digest = name.digest or resolve_digest(str(name))
    image = _pulled(name, digest, settings, store, progress)
    signer = signer_of_base(name, (digest, image.digest), settings, folder, store, progress)
    return Base(LockedBase(asked, digest, image.digest, signer), image)


def open_base(lock: Lock, settings: RuntimeSettings, folder: Path, store: Store, progress: Progress = silent) -> Base:
    """The base that was locked, when its signature is good; with the network off, from the store.

    Errors: those of `find_base`; IntegrityError when it is not the image or not the signer of the lock.
    """
    if (locked := lock.base) is None:
        raise InputError("the lock has no base, and the configuration has", advice=_AGAIN)
    image = base_image(locked, settings, folder, store, progress)
    signer = ""
    if (name := registry_name(locked.name)) is not None:
        signer = signer_of_base(name, (locked.digest, image.digest), settings, folder, store, progress)
    if signer != locked.signer:
        was, now = locked.signer or "nobody", signer or "nobody"
        raise IntegrityError(f"{locked.name} is signed by {now}, and the lock says by {was}", advice=_AGAIN)
    return Base(locked, image)


def base_image(
    locked: LockedBase, settings: RuntimeSettings, folder: Path, store: Store, progress: Progress = silent
) -> Image:
    """The image that was locked, whoever signed it. Errors: those of `open_image`; IntegrityError for another one."""
    if (name := registry_name(locked.name)) is not None:
        image = _pulled(name, locked.digest, settings, store, progress)
    else:
        image = _local(replace(settings, base=locked.name), folder, store, progress)
    if image.digest != locked.manifest:
        raise IntegrityError(f"{locked.name} is {image.digest}, and the lock says {locked.manifest}", advice=_AGAIN)
    return image


def registry_name(base: str) -> Name | None:
    """The name of a base at a registry, with or without docker://; None for one in a folder or a file."""
    if base.partition(":")[0] in TRANSPORTS:
        return None
    return parse_name(base.removeprefix(_DOCKER))


def base_layers(lock: Lock | None, image: Image) -> list[tuple[str, Image]]:
    """What `save_image` may mount layers of an image from: the base that it was made on, where that is at a registry.

    Its layers are the image's first; of the others the registry says that the base does not have them.
    """
    name = registry_name(lock.base.name) if lock and lock.base else None
    return [(f"docker://{name}", image)] if name else []


def _pulled(name: Name, digest: str, settings: RuntimeSettings, store: Store, progress: Progress) -> Image:
    from barehull.oci.registry import pull_image

    image = pull_image(str(Name(name.registry, name.repository, "", digest)), settings.platform, store, progress)
    return _named(image)


def _local(settings: RuntimeSettings, folder: Path, store: Store, progress: Progress) -> Image:
    """An image in a folder or a file, which is copied to the store."""
    if settings.base_key:
        raise InputError(
            f"{settings.base} is not at a registry, and signatures are looked for there only",
            advice="Leave out base-key, or push base and signature to a registry.",
        )
    transport, _, rest = settings.base.partition(":")
    image = open_image(f"{transport}:{folder / rest}", settings.platform, progress)
    for layer in image.layers:
        if store.get(layer.digest.removeprefix("sha256:")) is None:
            _copy(image, layer, store)
    return replace(_named(image), blobs=store)


def _copy(image: Image, layer: Layer, store: Store) -> None:
    with image.blobs.path(layer.digest).open("rb") as file:
        chunks = iter(lambda: file.read(_CHUNK), b"")
        store.put(chunks, expected=layer.digest.removeprefix("sha256:"), what=f"the base's layer {layer.digest}")


def _named(image: Image) -> Image:
    """The image with its layers' media types as OCI calls them: their bytes are the same."""
    layers = (replace(layer, media_type=_LAYERS.get(layer.media_type, layer.media_type)) for layer in image.layers)
    return replace(image, layers=tuple(layers))
