"""OCI image layouts: a folder with images by tag, and their blobs (OCI image layout specification 1.0.0)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from barehull.core.errors import InputError, IntegrityError, UsageError
from barehull.files import failed, sha256_of, write_atomically
from barehull.oci.manifest import INDEXES, canonical, parse_json, read_bounded, read_image, read_json
from barehull.oci.model import INDEX, MANIFEST, Image

TAG = "org.opencontainers.image.ref.name"
_VERSION = {"imageLayoutVersion": "1.0.0"}
_MAX_NESTING = 4
_NOT_ONE = "Give a folder in OCI's image layout, e.g. one made by `barehull build` or `skopeo copy ... oci:DIR`."


class LayoutBlobs:
    """The blobs of a layout. Each is hashed once before its path is given out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checked: set[str] = set()

    def path(self, digest: str) -> Path:
        """The file of a blob. Errors: InputError when it is missing, IntegrityError when its content is another."""
        kind, _, name = digest.partition(":")
        if kind != "sha256" or len(name) != 64 or not name.isalnum():
            raise InputError(f"{digest!r} is not a digest that barehull knows (sha256)", advice=_NOT_ONE)
        path = self._folder / "blobs" / kind / name
        if digest not in self._checked:
            if not path.is_file():
                raise InputError(
                    f"{self._folder} lacks the blob {digest}", advice="The image is not whole: fetch it again."
                )
            if sha256_of(path) != name:
                raise IntegrityError(
                    f"the blob {digest} in {self._folder} has other content than its digest says",
                    advice="The image is damaged: fetch it or build it again.",
                )
            self._checked.add(digest)
        return path


def read_layout(folder: Path, tag: str = "", platform: str = "linux/amd64") -> Image:
    """The image with `tag` ("" where there is only one) in a layout; of several platforms' the one for `platform`.

    Errors: InputError for what is not a layout, or where the choice is not clear; IntegrityError for damaged content.
    """
    index = _index(folder)
    blobs = LayoutBlobs(folder)
    listed = [entry for entry in index["manifests"] if not tag or entry.get("annotations", {}).get(TAG) == tag]
    if not listed:
        tags = sorted(str(entry.get("annotations", {}).get(TAG, "(no tag)")) for entry in index["manifests"])
        advice = f"It has: {', '.join(tags)}." if tags else "It has none."
        raise InputError(f"{folder} has no image {tag}".rstrip(), advice=advice)
    digest = _chosen(listed, blobs, platform, f"oci:{folder}" + (f":{tag}" if tag else ""))
    return read_image(digest, blobs)


def _chosen(listed: list[dict[str, Any]], blobs: LayoutBlobs, platform: str, what: str, depth: int = 0) -> str:
    if len(listed) > 1:
        fitting = [entry for entry in listed if _platform(entry) == platform]
        if len({entry["digest"] for entry in fitting}) != 1:
            names = sorted(_platform(entry) or entry.get("annotations", {}).get(TAG, "(no tag)") for entry in listed)
            raise InputError(
                f"{what} has {len(listed)} images, and it is not clear which one is meant",
                advice=f"Name the tag: oci:DIR:TAG. There are: {', '.join(names)}.",
            )
        listed = fitting
    if depth > _MAX_NESTING:
        raise InputError(f"{what} nests indexes too deeply", advice=_NOT_ONE)
    chosen = listed[0]
    if chosen.get("mediaType") in INDEXES:
        inner = read_json(blobs, chosen["digest"], size=chosen.get("size")).get("manifests") or []
        images = [entry for entry in inner if _platform(entry) != "unknown/unknown"]  # attestations of BuildKit's
        if not images:
            raise InputError(f"{what} is an index without images", advice=_NOT_ONE)
        if len(images) == 1 and _platform(images[0]) not in ("", platform):
            raise InputError(f"{what} has no image for {platform}", advice=f"It has {_platform(images[0])}.")
        return _chosen(images, blobs, platform, what, depth + 1)
    return str(chosen["digest"])


def _platform(entry: dict[str, Any]) -> str:
    platform = entry.get("platform") or {}
    return "/".join(str(platform[name]) for name in ("os", "architecture") if platform.get(name))


def write_layout(image: Image, folder: Path, tag: str = "latest") -> None:
    """Put the image into a layout under `tag`. Other tags stay; a reader sees the old image or the new one, whole.

    Errors: UsageError for a folder that holds something else; IncompleteError (full disk).
    """
    manifests = [entry for entry in _existing(folder) if entry.get("annotations", {}).get(TAG) != tag]
    manifest = image.blobs.path(image.digest)
    config = parse_json(read_bounded(manifest), image.digest)["config"]["digest"]
    for digest in [*(layer.digest for layer in image.layers), config, image.digest]:
        _place(image.blobs.path(digest), folder / "blobs" / "sha256" / digest.removeprefix("sha256:"))
    manifests.append(
        {
            "mediaType": MANIFEST,
            "digest": image.digest,
            "size": manifest.stat().st_size,
            "annotations": {TAG: tag},
            "platform": {"os": image.config.os, "architecture": image.config.architecture},
        }
    )
    write_atomically(folder / "oci-layout", canonical(_VERSION))
    write_atomically(folder / "index.json", canonical({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}))


def check_folder(folder: Path) -> None:
    """Whether a layout could be written to `folder`. Errors: UsageError for a folder or file that is something else."""
    _existing(folder)


def _existing(folder: Path) -> list[dict[str, Any]]:
    if not folder.exists():
        return []
    if (folder / "index.json").exists():
        return list(_index(folder)["manifests"])
    # A run that was killed may have left blobs and no index: that is not something else.
    if not folder.is_dir() or {path.name for path in folder.iterdir()} - {"blobs", "oci-layout"}:
        raise UsageError(f"{folder} exists and is not an OCI layout", advice="Name another folder, or an empty one.")
    return []


def _index(folder: Path) -> dict[str, Any]:
    if not (folder / "oci-layout").is_file() or not (folder / "index.json").is_file():
        raise InputError(f"{folder} is not an OCI image layout", advice=_NOT_ONE)
    index = parse_json(read_bounded(folder / "index.json"), f"{folder}/index.json")
    manifests = index.get("manifests")
    if not isinstance(manifests, list) or not all(_is_descriptor(entry) for entry in manifests):
        raise InputError(f"{folder}/index.json lists no manifests", advice=_NOT_ONE)
    return index


def _is_descriptor(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("digest"), str)
        and isinstance(entry.get("annotations", {}), dict)
        and isinstance(entry.get("platform", {}), dict)
    )


def _place(source: Path, target: Path) -> None:
    """Link or copy a blob; one that is there, whole, is left alone."""
    if target.exists() and target.stat().st_size == source.stat().st_size and sha256_of(target) == target.name:
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise failed(error, target) from error
    finally:
        temporary.unlink(missing_ok=True)
