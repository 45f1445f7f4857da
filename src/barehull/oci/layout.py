"""OCI image layouts: a folder with images by tag, and their blobs (OCI image layout specification 1.0.0)."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from barehull.core.errors import InputError, IntegrityError, UsageError
from barehull.files import PREFIX, failed, is_sha256, reading, sha256_of, whole_file, write_atomically
from barehull.oci.manifest import INDEXES, MAX_SIZE, brief, canonical, parse_json, read_bounded, read_image, read_json
from barehull.oci.model import INDEX, MANIFEST, Blobs, Config, Image

TAG = "org.opencontainers.image.ref.name"
DEFAULT_PLATFORM = "linux/amd64"
MARK = canonical({"imageLayoutVersion": "1.0.0"})  # the content of the file oci-layout
_REFERRERS = re.compile("sha256-[0-9a-f]{64}")  # tags of indexes of what refers to an image, as attestations do
_MAX_NESTING = 4
_MAX_IMAGES = 10_000
_CHUNK = 1 << 20
_WORKERS = 2
_NOT_ONE = "Give a folder in OCI's image layout, e.g. one made by `barehull build` or `skopeo copy ... oci:DIR`."


class LayoutBlobs:
    """The blobs of a layout. Each is hashed once before its path is given out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checked: set[str] = set()

    def path(self, digest: str) -> Path:
        """The file of a blob. Errors: InputError when it is missing, IntegrityError when its content is another."""
        kind, _, name = digest.partition(":")
        if kind != "sha256" or not is_sha256(name):
            raise InputError(f"{brief(repr(digest))} is not a digest that barehull knows (sha256)", advice=_NOT_ONE)
        path = self._folder / "blobs" / kind / name
        if digest not in self._checked:
            with reading(path):
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


# -- reading


def read_layout(folder: Path, tag: str = "", platform: str = "") -> Image:
    """The image with `tag` in a layout, for `platform` ("linux/arm64").

    "" is the only tag, and the only platform, or of several linux/amd64. Errors: InputError for what is not a layout,
    or where the choice is not clear; IntegrityError for damaged content.
    """
    what = f"oci:{folder}" + (f":{tag}" if tag else "")
    return choose_image(_manifests(folder), LayoutBlobs(folder), what, tag, platform)


def choose_image(manifests: list[dict[str, Any]], blobs: Blobs, what: str, tag: str = "", platform: str = "") -> Image:
    """The image of an index that `tag` and `platform` mean, as `read_layout` says. `what` is where the index is."""
    images = images_of(manifests)
    tags = sorted({tag_of(entry) for entry in images})
    listed = [entry for entry in manifests if tag_of(entry) == tag] if tag else images
    if not listed:
        advice = f"It has the tags {brief(', '.join(tags))}." if any(tags) else "It has no tags."
        raise InputError(f"{what}: there is no such image", advice=advice)
    if not tag and len(tags) > 1:
        names = brief(", ".join(name or "(none)" for name in tags))
        raise InputError(
            f"{what} has {len(tags)} images, and it is not clear which one is meant",
            advice=f"Name the tag, as {what}:TAG. It has the tags {names}.",
        )
    entry = chosen(listed, blobs, platform, what)
    image = read_image(entry["digest"], blobs, size=entry.get("size"))
    check_platform(image, platform, what)
    return image


def images_of(manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of an index without the lists of what refers to images."""
    return [entry for entry in manifests if not _REFERRERS.fullmatch(tag_of(entry))]


def check_platform(image: Image, platform: str, what: str) -> None:
    """InputError when the image is not for `platform`; "" is any, and a platform without a variant any variant."""
    if platform and not fits(image.config.platform, platform):
        raise InputError(f"{what} has no image for {platform}", advice=f"It is for {brief(image.config.platform)}.")


def chosen(listed: list[dict[str, Any]], blobs: Blobs, platform: str, what: str, depth: int = 0) -> dict[str, Any]:
    """The descriptor of the image for `platform`, through indexes in indexes, which `blobs` has. Errors: InputError."""
    listed = [entry for entry in listed if _platform(entry) != "unknown/unknown"]  # BuildKit's attestations
    if len(listed) > 1:
        wanted = platform or DEFAULT_PLATFORM
        fitting = [entry for entry in listed if fits(_platform(entry), wanted)]
        if len({entry["digest"] for entry in fitting}) != 1:
            names = brief(", ".join(sorted({_platform(entry) or "(not said)" for entry in listed})))
            raise InputError(
                f"{what} has {len(listed)} images, and {len(fitting)} of them for {wanted}",
                advice=f"Choose one with --platform. There are {names}.",
            )
        listed = fitting
    if not listed or depth > _MAX_NESTING:
        raise InputError(f"{what} is an index without images, or nests too deeply", advice=_NOT_ONE)
    if listed[0].get("mediaType") not in INDEXES:
        return listed[0]
    inner = read_json(blobs, listed[0]["digest"], size=listed[0].get("size"))
    return chosen(descriptors(inner, what), blobs, platform, what, depth + 1)


def tag_of(entry: dict[str, Any]) -> str:
    """The tag of an entry in an index, or ""."""
    return str((entry.get("annotations") or {}).get(TAG) or "")


def _platform(entry: dict[str, Any]) -> str:
    platform = entry.get("platform") or {}
    return "/".join(str(platform[name]) for name in ("os", "architecture", "variant") if platform.get(name))


def fits(platform: str, wanted: str) -> bool:
    """Whether `wanted` is `platform`, or leaves the variant open."""
    return f"{platform}/".startswith(f"{wanted}/")


def _manifests(folder: Path) -> list[dict[str, Any]]:
    with reading(folder):
        if not (folder / "oci-layout").is_file() or not (folder / "index.json").is_file():
            raise InputError(f"{folder} is not an OCI image layout", advice=_NOT_ONE)
    path = folder / "index.json"
    return descriptors(parse_json(read_bounded(path), str(path)), str(path))


def descriptors(index: dict[str, Any], what: str) -> list[dict[str, Any]]:
    """The manifests that an index lists. InputError when it is not an index."""
    manifests = index.get("manifests")
    if not isinstance(manifests, list) or not all(map(_is_descriptor, manifests)) or len(manifests) > _MAX_IMAGES:
        raise InputError(f"{what} is not an index of images", advice=_NOT_ONE)
    return manifests


def _is_descriptor(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("digest"), str)
        and isinstance(entry.get("size", 0), int)
        and 0 <= entry.get("size", 0) < MAX_SIZE
        and all(isinstance(entry.get(name) or {}, dict) for name in ("annotations", "platform"))
    )


# -- writing


def write_layout(image: Image, folder: Path, tag: str = "latest") -> None:
    """Put the image into a layout under `tag`. Other tags stay; a reader sees the old image or the new one, whole.

    Errors: UsageError for a folder that holds something else; IncompleteError (full disk).
    """
    check_folder(folder)
    with ThreadPoolExecutor(_WORKERS) as pool:  # most of it is hashing what is there already
        for _ in pool.map(lambda digest: copy_blob(image.blobs, digest, folder), blobs_of(image)):
            pass
    entry = describe(manifest_of(image), image.config, {TAG: tag})
    put_entry(folder, tag, lambda old: entry)


def put_entry(folder: Path, tag: str, make: Callable[[dict[str, Any] | None], dict[str, Any]]) -> None:
    """Put what `make` makes of the entry with `tag` (None: there is none) in its place. Errors: as `write_layout`."""
    check_folder(folder)
    with _alone(folder):
        there = check_folder(folder)
        entry = make(next((other for other in there if tag_of(other) == tag), None))
        manifests = [other for other in there if tag_of(other) != tag]
        write_atomically(folder / "oci-layout", MARK)
        write_atomically(folder / "index.json", index_of([*manifests, entry]))


def copy_blob(blobs: Blobs, digest: str, folder: Path) -> None:
    """Copy a blob into a layout, unless it is there. Errors: those of `blobs`; IncompleteError (full disk)."""
    _place(blobs.path(digest), folder / "blobs" / "sha256" / digest.removeprefix("sha256:"))


def put_blob(folder: Path, content: bytes, media_type: str) -> dict[str, Any]:
    """Put `content` among the blobs of a layout; its descriptor. Errors: IncompleteError (full disk)."""
    name = hashlib.sha256(content).hexdigest()
    write_atomically(folder / "blobs" / "sha256" / name, content)
    return {"mediaType": media_type, "digest": f"sha256:{name}", "size": len(content)}


def blobs_of(image: Image) -> list[str]:
    """The digests of an image's blobs: layers, configuration and, last, the manifest that names them."""
    value = read_json(image.blobs, image.digest)
    return [*(layer.digest for layer in image.layers), value["config"]["digest"], image.digest]


def manifest_of(image: Image) -> bytes:
    """An image's manifest, as it is written."""
    return read_bounded(image.blobs.path(image.digest))


def describe(manifest: bytes, config: Config, annotations: dict[str, str]) -> dict[str, Any]:
    """The entry in an index of an image with this manifest and configuration."""
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    names = ("os", "architecture", "variant")
    return {
        "mediaType": parse_json(manifest, digest).get("mediaType") or MANIFEST,
        "digest": digest,
        "size": len(manifest),
        **({"annotations": annotations} if annotations else {}),
        "platform": {name: text for name in names if (text := getattr(config, name))},
    }


def index_of(manifests: list[dict[str, Any]]) -> bytes:
    """The content of index.json for these entries."""
    return canonical({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})


def check_folder(folder: Path) -> list[dict[str, Any]]:
    """The images of a layout in `folder`, none where there is no layout yet, but could be.

    Errors: UsageError for a folder or file that is something else; InputError for a damaged layout.
    """
    with reading(folder):
        if not folder.exists():
            return []
        if folder.is_dir() and (folder / "index.json").exists():
            return _manifests(folder)
        # A run that was killed may have left blobs and no index: that is not something else.
        if not folder.is_dir() or any(not _is_ours(path.name) for path in folder.iterdir()):
            raise UsageError(
                f"{folder} exists and is not an OCI layout", advice="Name another folder, or an empty one."
            )
    return []


def _is_ours(name: str) -> bool:
    # index.json, too: another process may have written it since it was looked for.
    return name in ("blobs", "oci-layout", "index.json") or name.startswith(PREFIX)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to the index between our reading and our writing of it."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise failed(error, folder) from error
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks: the rename is atomic all the same
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _place(source: Path, target: Path) -> None:
    """Copy a blob; one that is there, whole, is left alone.

    It is not linked: what somebody does to the layout's file would be done to the store's.
    """
    try:
        if target.is_file() and sha256_of(target) == target.name:
            return
        with whole_file(target) as copy, source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                copy.write(chunk)
    except OSError as error:
        raise failed(error, target) from error
