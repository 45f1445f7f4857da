"""All documents about an image that was built from a lock: two SBOMs and the provenance."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from barehull.application.config import FILE_NAME
from barehull.attest.cyclonedx import to_cyclonedx
from barehull.attest.kinds import CYCLONEDX, SPDX, of_statement
from barehull.attest.provenance import PREDICATE as PROVENANCE
from barehull.attest.provenance import Invocation, Making, to_provenance
from barehull.attest.spdx import to_spdx
from barehull.build.engine import EngineRun
from barehull.build.python import WORKING_DIR
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
from barehull.oci.spool import Spool

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


def making_of(
    image: Image,
    lock: Lock | None,
    engine: EngineRun | None,
    started: datetime | None,
    application: Path,
    configuration: Path | None,
) -> Making:
    """What is known of how an image came about that has just been built, begun at `started`."""
    times = (started, datetime.now(UTC)) if started else ()
    return Making(
        inputs=read_inputs(application, configuration),
        lock=lock,
        engine=engine,
        sources=sources_of(image) if lock else (),
        invocation=Invocation(*(time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in times)),
    )


def sources_of(image: Image) -> tuple[tuple[str, str], ...]:
    """The application's own files in an image that was composed, with their SHA-256s: those of its uppermost layer."""
    layer, found, prefix = image.layers[-1], [], f"{WORKING_DIR}/"
    spool = Spool()
    try:
        span = spool.add(layer, image.blobs.path(layer.digest))
        for entry in spool.entries(span, layer.digest):
            if entry.kind == "file" and entry.path.startswith(prefix) and not entry.path.endswith(".pyc"):
                content = spool.read(span.offset + entry.offset, entry.size)
                found.append((entry.path.removeprefix(prefix), hashlib.sha256(content).hexdigest()))
    finally:
        spool.close()
    return tuple(sorted(found))


def collect(inventory: Inventory, name: str, making: Making) -> tuple[Artifact, ...]:
    """The documents, the same bytes for the same image and making.

    Without a lock and an engine, nothing is known of how the image came about: there is no provenance.
    """
    date = date_of(making.lock)
    sboms = (
        Artifact(SPDX, to_spdx(inventory, date).encode(), title="sbom.spdx.json"),
        Artifact(CYCLONEDX, to_cyclonedx(inventory, date).encode(), title="sbom.cdx.json"),
    )
    if making.lock is None and making.engine is None:
        return sboms
    said = to_provenance(inventory.image, name, making)
    return (*sboms, of_statement(said, PROVENANCE, making.invocation.finished))


def attach_built(image: Image, name: str, making: Making, output: str, progress: Progress = silent) -> None:
    """Take the inventory of an image that was built, and put the documents about it beside it, where `output` says."""
    with Rootfs.of(image) as rootfs:
        inventory = take_inventory(image, rootfs)
    attach(image, collect(inventory, dict(image.annotations).get(_TITLE, name), making), output, progress)


def _bounded(path: Path) -> bytes:
    with reading(path), path.open("rb") as file:
        content = file.read(_MAX_INPUT + 1)
    if len(content) > _MAX_INPUT:
        raise InputError(f"{path} is larger than {_MAX_INPUT >> 20} MiB", advice="Take out what does not belong there.")
    return content
