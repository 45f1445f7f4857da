"""Where an image is, as skopeo and podman write it: `oci:DIR[:TAG]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from barehull.core.errors import UsageError
from barehull.oci.layout import check_folder, read_layout, write_layout
from barehull.oci.model import Image

_FORMS = "Write oci:DIR or oci:DIR:TAG, e.g. oci:build/image:v1."
_NOT_YET = ("docker", "docker-archive", "oci-archive", "docker-daemon", "containers-storage", "dir")
_PART = r"[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*"
_TAG = re.compile(rf"{_PART}(?:/{_PART})*")  # OCI image specification, annotations.md: ref.name


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a layout; `tag` is "" where none was named."""

    folder: Path
    tag: str = ""

    def __str__(self) -> str:
        return f"oci:{self.folder}" + (f":{self.tag}" if self.tag else "")


def parse(text: str) -> Reference:
    """The reference that `text` writes. The folder ends at the first colon, as for skopeo. UsageError otherwise."""
    transport, colon, rest = text.partition(":")
    if colon and transport in _NOT_YET:
        raise UsageError(
            f"{text!r}: barehull does not read or write {transport}: yet",
            advice=f"{_FORMS} Other images can be copied to it by `skopeo copy {text} oci:DIR:TAG`.",
        )
    folder, named, tag = rest.partition(":")
    if transport != "oci" or not folder or "\0" in folder:
        raise UsageError(f"{text!r} is not an image reference", advice=_FORMS)
    if named and not _TAG.fullmatch(tag):
        raise UsageError(f"{text!r} has the tag {tag!r}, which is not one", advice=_FORMS)
    return Reference(Path(folder), tag)


def open_image(text: str, platform: str = "") -> Image:
    """The image that `text` refers to. Errors: those of `parse` and `read_layout`."""
    reference = parse(text)
    return read_layout(reference.folder, reference.tag, platform)


def save_image(image: Image, text: str) -> None:
    """Write the image where `text` says, as "latest" unless it names a tag. Errors: of `parse`, `write_layout`."""
    reference = parse(text)
    write_layout(image, reference.folder, reference.tag or "latest")


def check_output(text: str) -> None:
    """Say early what `save_image` would say late. Errors: UsageError for another form, or a folder that is taken."""
    check_folder(parse(text).folder)
