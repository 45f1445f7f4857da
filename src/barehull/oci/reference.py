"""Where an image is, as skopeo and podman write it (containers-transports(5)): `oci:DIR[:TAG]` and others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barehull.core.errors import UsageError
from barehull.core.progress import Progress, silent
from barehull.files import Store, default_store
from barehull.oci.archive import check_file, read_oci_archive, write_oci_archive
from barehull.oci.docker_archive import normalised, read_docker_archive, write_docker_archive
from barehull.oci.layout import check_folder, read_layout, tag_of, write_layout
from barehull.oci.manifest import brief
from barehull.oci.model import Image
from barehull.oci.registry_name import parse_name

FORMS = "oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG] or docker://NAME[:TAG|@DIGEST]"
_ADVICE = f"Write {FORMS}, e.g. oci:build/image:v1."
_OTHERS = ("docker-daemon", "containers-storage", "dir", "ostree", "sif")
TRANSPORTS = ("oci", "oci-archive", "docker-archive")
_PART = r"[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*"
_TAG = re.compile(rf"{_PART}(?:/{_PART})*")  # OCI image specification, annotations.md: ref.name
_NUMBER = re.compile(r"@[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a folder or a file at `path`; `tag` is "" where none was named.

    For docker-archive `tag` is a whole name. So it is for docker, which has the empty path.
    """

    transport: str
    path: Path
    tag: str = ""

    def __str__(self) -> str:
        if self.transport == "docker":
            return f"docker://{self.tag}"
        return f"{self.transport}:{self.path}" + (f":{self.tag}" if self.tag else "")


def parse(text: str) -> Reference:
    """The reference that `text` writes. The path ends at the first colon, as for skopeo. UsageError otherwise."""
    transport, colon, rest = text.partition(":")
    if colon and transport in _OTHERS:
        raise UsageError(
            f"{brief(repr(text))}: barehull does not read or write {transport}: yet",
            advice=f"{_ADVICE} Other images can be copied to it by `skopeo copy {brief(text)} oci:DIR:TAG`.",
        )
    if transport == "docker" and rest.startswith("//"):
        parse_name(rest[2:])
        return Reference(transport, Path(), rest[2:])
    path, named, tag = rest.partition(":")
    if transport not in TRANSPORTS or not path or "\0" in path:
        raise UsageError(f"{brief(repr(text))} is not an image reference", advice=_ADVICE)
    if transport == "docker-archive":
        if named and not _NUMBER.fullmatch(tag):
            normalised(tag)
    elif named and not _TAG.fullmatch(tag):
        raise UsageError(f"{brief(repr(text))} has the tag {brief(repr(tag))}, which is not one", advice=_ADVICE)
    return Reference(transport, Path(path), tag)


def open_image(text: str, platform: str = "", progress: Progress = silent) -> Image:
    """The image that `text` refers to. Its blobs are at hand as long as it is.

    Errors: those of `parse`, `read_layout`, `read_oci_archive`, `read_docker_archive`, `pull_image`.
    """
    reference = parse(text)
    if reference.transport == "docker":
        from barehull.oci.registry import pull_image  # takes 0.1 s that other images need not wait for

        return pull_image(reference.tag, platform, Store(default_store()), progress)
    read = {"oci": read_layout, "oci-archive": read_oci_archive, "docker-archive": read_docker_archive}
    return read[reference.transport](reference.path, reference.tag, platform)


def save_image(
    image: Image, text: str, progress: Progress = silent, *, mount_from: Sequence[tuple[str, Image]] = ()
) -> None:
    """Write the image where `text` says. Where it names no tag, that is "latest"; in an archive of Docker's, none.

    An archive is replaced as a whole. `mount_from` are references and images that a registry may have the layers of.
    Errors: those of `parse` and of the writing, or of `push_image`.
    """
    reference = _output(text)
    if reference.transport == "docker":
        from barehull.oci.registry import push_image

        sources = [(parse(source), other) for source, other in mount_from]
        there = [(source.tag, other) for source, other in sources if source.transport == "docker"]
        push_image(image, reference.tag, progress, mount_from=there)
        return
    if reference.transport == "docker-archive":
        write_docker_archive(image, reference.path, reference.tag)
        return
    write = write_layout if reference.transport == "oci" else write_oci_archive
    write(image, reference.path, reference.tag or "latest")


def check_output(text: str) -> None:
    """Say early what `save_image` would say late. Errors: UsageError for another form, or a place that is taken."""
    reference = _output(text)
    if reference.transport == "oci":
        check_folder(reference.path)
    elif reference.transport != "docker":
        check_file(reference.path)


def there_now(text: str) -> str:
    """What an image written to `text` takes the place of: its reference, by digest at a registry; "" for nothing yet.

    A registry that cannot be asked, or does not say itself that nothing is there, is an error. Errors: those of
    `check_output`, or of `pull_image`.
    """
    check_output(text)
    reference = _output(text)
    if reference.transport == "docker":
        from barehull.oci.registry import pinned

        name = pinned(reference.tag)
        return f"docker://{name}" if name else ""
    if reference.transport != "oci":  # an archive is replaced as a whole, whatever the name in it
        path = reference.path
        return f"{reference.transport}:{path}" if path.is_file() and path.stat().st_size else ""
    tag = reference.tag or "latest"
    return f"oci:{reference.path}:{tag}" if any(tag_of(it) == tag for it in check_folder(reference.path)) else ""


def _output(text: str) -> Reference:
    reference = parse(text)
    if reference.transport == "docker-archive" and reference.tag.startswith("@"):
        raise UsageError(f"{text!r} has a number, not a name", advice="Write docker-archive:FILE or FILE:NAME:TAG.")
    return reference
