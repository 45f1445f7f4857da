"""All documents about an image that was built from a lock: two SBOMs and the provenance."""

from __future__ import annotations

from pathlib import Path

from barehull.application.config import FILE_NAME
from barehull.attest.cyclonedx import to_cyclonedx
from barehull.attest.kinds import CYCLONEDX, SPDX, of_statement
from barehull.attest.provenance import PREDICATE as PROVENANCE
from barehull.attest.provenance import to_provenance
from barehull.attest.spdx import to_spdx
from barehull.core.errors import InputError
from barehull.core.progress import Progress, silent
from barehull.files import reading
from barehull.inventory.model import Inventory
from barehull.inventory.take import take_inventory
from barehull.lock import Lock
from barehull.oci.attached import attach
from barehull.oci.manifest import EPOCH
from barehull.oci.model import Image
from barehull.oci.referrers import Artifact
from barehull.oci.rootfs import Rootfs

_INPUTS = ("Dockerfile", "Containerfile", "requirements.txt", "pyproject.toml")
_TITLE = "org.opencontainers.image.title"
_MAX_INPUT = 4 << 20  # bytes


def read_inputs(folder: Path, configuration: Path | None) -> dict[str, bytes]:
    """The files that say what is built from the application in `folder`, by name; those that are there."""
    configuration = configuration or folder / FILE_NAME
    paths = {name: folder / name for name in _INPUTS} | {configuration.name: configuration}
    return {name: _bounded(path) for name, path in paths.items() if path.is_file()}


def date_of(lock: Lock | None) -> str:
    """When the newest of the archive's lists that an image was made from was signed: SBOMs bear it, not a clock's."""
    return max((suite.date for suite in lock.suites), default=EPOCH) if lock else EPOCH


def collect(inventory: Inventory, lock: Lock | None, name: str, inputs: dict[str, bytes]) -> tuple[Artifact, ...]:
    """The documents, the same bytes for the same image, lock and inputs. Without a lock there is no provenance."""
    sboms = (
        Artifact(SPDX, to_spdx(inventory, date_of(lock)).encode()),
        Artifact(CYCLONEDX, to_cyclonedx(inventory, date_of(lock)).encode()),
    )
    if lock is None:
        return sboms
    return (*sboms, of_statement(to_provenance(inventory.image, name, lock, inputs), PROVENANCE))


def attach_built(
    image: Image,
    lock: Lock | None,
    application: Path,
    configuration: Path | None,
    output: str,
    progress: Progress = silent,
) -> None:
    """Take the inventory of an image that was built, and put the documents about it beside it, where `output` says."""
    with Rootfs.of(image) as rootfs:
        inventory = take_inventory(image, rootfs)
    name = dict(image.annotations).get(_TITLE, application.name)
    attach(image, collect(inventory, lock, name, read_inputs(application, configuration)), output, progress)


def _bounded(path: Path) -> bytes:
    with reading(path), path.open("rb") as file:
        content = file.read(_MAX_INPUT + 1)
    if len(content) > _MAX_INPUT:
        raise InputError(f"{path} is larger than {_MAX_INPUT >> 20} MiB", advice="Take out what does not belong there.")
    return content
