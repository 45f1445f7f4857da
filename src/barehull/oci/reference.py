"""Where an image is, as skopeo and podman write it: `oci:DIR[:TAG]`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from barehull.core.errors import UsageError
from barehull.oci.layout import check_folder, read_layout, write_layout
from barehull.oci.model import Image

_FORMS = "Write oci:DIR or oci:DIR:TAG."


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a layout; `tag` is "" where none was named."""

    folder: Path
    tag: str = ""

    def __str__(self) -> str:
        return f"oci:{self.folder}" + (f":{self.tag}" if self.tag else "")


def parse(text: str) -> Reference:
    """The reference that `text` writes. UsageError for another form."""
    transport, colon, rest = text.partition(":")
    if transport != "oci" or not colon:
        known = ("docker", "docker-archive", "oci-archive", "docker-daemon", "containers-storage", "dir")
        why = "is not read or written yet" if transport in known else "is not an image reference"
        raise UsageError(f"{text!r} {why}", advice=f"{_FORMS} Others can be copied to it by `skopeo copy`.")
    folder, _, tag = rest.partition(":")
    if not folder or (":" in rest and not tag):
        raise UsageError(f"{text!r} is not an image reference", advice=_FORMS)
    return Reference(Path(folder), tag)


def open_image(text: str) -> Image:
    """The image that `text` refers to. Errors: those of `parse` and `read_layout`."""
    reference = parse(text)
    return read_layout(reference.folder, reference.tag)


def save_image(image: Image, text: str) -> None:
    """Write the image where `text` says, as "latest" unless it names a tag. Errors: of `parse`, `write_layout`."""
    reference = parse(text)
    write_layout(image, reference.folder, reference.tag or "latest")


def check_output(text: str) -> None:
    """Say early what `save_image` would say late. Errors: UsageError for another form, or a folder that is taken."""
    check_folder(parse(text).folder)
