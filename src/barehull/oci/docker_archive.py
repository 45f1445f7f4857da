"""docker-archive: the format of `docker save`, as engines before 25 write it and as those since do.

manifest.json lists the images by the paths of their configurations and layers. Since 25 the same tar is an OCI layout
too, whose blobs those paths are; what is written here is both. Layers are uncompressed, so that a layer's digest is its
diff ID: the format has no manifest of its own, and the one that is made for an image is the same for the same image.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from barehull.core.errors import InputError, IntegrityError, UsageError
from barehull.decompress import Unpacked, decompress
from barehull.files import is_sha256
from barehull.oci.archive import (
    BLOBS,
    DOCKER_FILE,
    INDEX_FILE,
    Archive,
    ArchiveBlobs,
    check_file,
    compression_of,
    write_archive,
)
from barehull.oci.layout import TAG, check_platform, describe, index_of
from barehull.oci.manifest import (
    MAX_LAYERS_READ,
    brief,
    canonical,
    parse_any_json,
    parse_json,
    read_bounded,
    read_image,
    read_json,
)
from barehull.oci.model import CONFIG, MANIFEST, Image, Layer
from barehull.oci.registry_name import Name, parse_name
from barehull.oci.spool import MAX_TOTAL, Span, Spool, bound
from barehull.tar import inside

_LAYER = "application/vnd.oci.image.layer.v1.tar"
_NAME = "io.containerd.image.name"
_CHUNK = 1 << 20
_MAX_IMAGES = 10_000
_BROKEN = "The archive is damaged or hostile: fetch it again, or save it anew with `docker save` or `skopeo copy`."


@dataclass(frozen=True, slots=True)
class _Saved:
    """One image of manifest.json: paths in the archive, and names as they are written there."""

    config: str
    names: tuple[str, ...]
    layers: tuple[str, ...]


def normalised(name: str) -> str:
    """A name in full, so that equal images have equal names: "app" is "docker.io/library/app:latest".

    Errors: UsageError for what is not a name with or without a tag.
    """
    parsed = parse_name(name)
    if parsed.digest:
        raise UsageError(f"{brief(repr(name))} has a digest", advice="Name an image in an archive by NAME:TAG.")
    return str(Name(parsed.registry, parsed.repository, parsed.tag or "latest"))


# -- reading


def read_docker_archive(file: Path, name: str = "", platform: str = "") -> Image:
    """The image called `name` ("app:v1", "@0" for the first one) in an archive; "" is the only one.

    Errors: InputError for what is no such archive, or where the choice is not clear; IntegrityError when a layer or the
    configuration is not what its digest says; IncompleteError (full disk).
    """
    what = f"docker-archive:{file}" + (f":{name}" if name else "")
    archive = Archive(file)
    saved = _chosen(_listed(archive), name, what)
    config = archive.read(saved.config)
    digest = _sha256(config)
    said = saved.config.rpartition("/")[2].removesuffix(".json")
    if is_sha256(said) and f"sha256:{said}" != digest:
        raise IntegrityError(f"{what}: the configuration {said} has other content than its name says", advice=_BROKEN)
    blobs = ArchiveBlobs(archive)
    blobs.keep((config,), digest)
    manifest = _manifest(digest, len(config), _keep_layers(archive, saved, _diff_ids(config, what), blobs))
    blobs.keep((manifest,), _sha256(manifest))
    image = read_image(_sha256(manifest), blobs)
    check_platform(image, platform, what)
    return image


def _listed(archive: Archive) -> list[_Saved]:
    if DOCKER_FILE not in archive:
        other = f"Try oci-archive:{archive.path}." if INDEX_FILE in archive else _BROKEN
        raise InputError(f"{archive.path} is not an archive of `docker save`: it has no {DOCKER_FILE}", advice=other)
    listed = parse_any_json(archive.read(DOCKER_FILE), f"{DOCKER_FILE} in {archive.path}")
    try:
        if not isinstance(listed, list) or not 0 < len(listed) <= _MAX_IMAGES:
            raise ValueError("it does not list images")
        return [_saved(value) for value in listed]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"{DOCKER_FILE} in {archive.path} is not what Docker writes: {brief(repr(error))}"
        raise InputError(what, advice=_BROKEN) from error


def _saved(value: dict[str, Any]) -> _Saved:
    names, layers = value.get("RepoTags") or [], value.get("Layers") or []
    if not all(isinstance(text, str) for text in (*names, *layers, value["Config"])):
        raise TypeError("a path or a name is not a text")
    if len(layers) > MAX_LAYERS_READ:
        raise ValueError(f"an image has {len(layers)} layers")
    return _Saved(inside(value["Config"]), tuple(names), tuple(map(inside, layers)))


def _chosen(listed: Sequence[_Saved], name: str, what: str) -> _Saved:
    if name.startswith("@"):
        found = [saved for number, saved in enumerate(listed) if f"@{number}" == name]
    elif name:
        found = [saved for saved in listed if normalised(name) in map(_full, saved.names)]
    else:
        found = list(listed)
    if len(found) == 1:
        return found[0]
    names = brief(", ".join(name for saved in listed for name in saved.names) or "(none)")
    why = f"it is not clear which of {len(found)} images is meant" if found else "there is no such image"
    raise InputError(
        f"{what}: {why}",
        advice=f"Name it, as docker-archive:FILE:NAME:TAG or docker-archive:FILE:@0. The names are {names}.",
    )


def _full(name: str) -> str:
    """A name in an archive, normalised if it is one: `docker save` writes "app:v1", skopeo the whole of it."""
    try:
        return normalised(name)
    except UsageError:
        return ""


def _diff_ids(config: bytes, what: str) -> list[str]:
    value = parse_json(config, f"the configuration of {what}")
    rootfs = value.get("rootfs")
    listed = (rootfs.get("diff_ids") or []) if isinstance(rootfs, dict) else None
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise InputError(f"the configuration of {what} does not say which layers it has", advice=_BROKEN)
    return listed


def _keep_layers(archive: Archive, saved: _Saved, diff_ids: list[str], blobs: ArchiveBlobs) -> list[tuple[str, int]]:
    """Unpack the layers, and check each against its diff ID; their diff IDs and sizes in bytes."""
    if len(saved.layers) != len(diff_ids):
        what = f"{archive.path} has {len(saved.layers)} layers for an image, and its configuration {len(diff_ids)}"
        raise IntegrityError(what, advice=_BROKEN)
    sizes: dict[str, int] = {}
    for path, diff_id in zip(saved.layers, diff_ids, strict=True):
        if diff_id not in sizes:  # the same layer twice, as two steps without a change make it
            chunks = _layer(archive, path, limit=MAX_TOTAL - sum(sizes.values()))
            sizes[diff_id] = blobs.keep(chunks, diff_id).stat().st_size
    return [(diff_id, sizes[diff_id]) for diff_id in diff_ids]


def _layer(archive: Archive, path: str, *, limit: int) -> Iterator[bytes]:
    """A layer's tar. Docker unpacks one that is compressed, and so it is here."""
    member = archive.find(path)
    chunks = archive.chunks(member)
    first = next(chunks, b"")
    file = io.BufferedReader(Unpacked(chain((first,), chunks)))
    limit = bound(member.size, limit)
    return decompress(file, compression_of(first), limit=limit, what=f"the layer {brief(path)} of {archive.path}")


# -- writing


def write_docker_archive(image: Image, file: Path, name: str = "") -> None:
    """Write the image, called `name` where that is not "", as an archive for `docker load` and `podman load`.

    It is written whole or not at all, and has the same bytes for the same image. What the format has no place for is
    left out: annotations. Errors: those of `check_file`; IncompleteError (full disk); of layers, those of `Spool.add`.
    """
    check_file(file)
    digest = read_json(image.blobs, image.digest)["config"]["digest"]
    config = read_bounded(image.blobs.path(digest))
    full = normalised(name) if name else ""
    with closing(Spool()) as spool:
        spans: dict[str, Span] = {}
        for layer in image.layers:
            if layer.diff_id not in spans:
                spans[layer.diff_id] = spool.add(layer, image.blobs.path(layer.digest))
        manifest = _manifest(digest, len(config), [(it.diff_id, spans[it.diff_id].size) for it in image.layers])
        files = {
            INDEX_FILE: index_of([describe(manifest, image.config, _notes(full))]),
            DOCKER_FILE: _docker_file(digest, full, image.layers),
        }
        blobs = {diff_id: (span.size, _pieces(spool, span)) for diff_id, span in spans.items()}
        small = {_sha256(data): (len(data), iter((data,))) for data in (config, manifest)}
        write_archive(file, files, {**blobs, **small})


def _docker_file(config: str, name: str, layers: Sequence[Layer]) -> bytes:
    """The content of manifest.json."""
    places = [f"{BLOBS}/{digest.removeprefix('sha256:')}" for digest in (config, *(it.diff_id for it in layers))]
    return canonical([{"Config": places[0], "RepoTags": [name] if name else [], "Layers": places[1:]}])


def _notes(name: str) -> dict[str, str]:
    """How Docker calls an image in the index of an archive."""
    return {_NAME: name, TAG: name.rpartition(":")[2]} if name else {}


def _manifest(config: str, size: int, layers: Sequence[tuple[str, int]]) -> bytes:
    """The manifest of an image with uncompressed layers."""
    return canonical(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": config, "size": size},
            "layers": [{"mediaType": _LAYER, "digest": diff_id, "size": count} for diff_id, count in layers],
        }
    )


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _pieces(spool: Spool, span: Span) -> Iterator[bytes]:
    for offset in range(0, span.size, _CHUNK):
        yield spool.read(span.offset + offset, min(_CHUNK, span.size - offset))
