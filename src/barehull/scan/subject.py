"""What is scanned: an image, or an SBOM in the place of one."""

from __future__ import annotations

from pathlib import Path

from barehull.core.progress import Progress, silent
from barehull.files import Store
from barehull.inventory.model import Inventory
from barehull.inventory.sbom.read import PREFIX, read_sbom
from barehull.inventory.take import take_inventory
from barehull.oci.model import Image
from barehull.oci.reference import open_image
from barehull.oci.rootfs import Rootfs
from barehull.scan.model import Scan
from barehull.scan.scanner import Scanner

Subject = Image | Inventory  # an inventory: what an SBOM tells


def open_subject(text: str, platform: str = "", progress: Progress = silent) -> Subject:
    """What `text` names: sbom:FILE, or an image as `open_image` takes it, with its errors and those of `read_sbom`."""
    if text.startswith(PREFIX):
        return read_sbom(Path(text.removeprefix(PREFIX)))
    return open_image(text, platform, progress)


def examine(subject: Subject, scanner: Scanner, store: Store, progress: Progress = silent) -> Scan:
    """Take the inventory, unless an SBOM tells it, and have it judged."""
    if isinstance(subject, Inventory):
        return scanner(subject, None)
    progress(f"taking the inventory of {subject.digest[:19]}")
    with Rootfs.of(subject, store) as rootfs:
        inventory = take_inventory(subject, rootfs, store)
        rootfs.remember()
    progress(f"scanning {len(inventory.components)} components")
    return scanner(inventory, subject)
