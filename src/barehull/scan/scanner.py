"""Which scanner judges an inventory: our own, or one that is installed here, run by us on each image alike."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from barehull.advisories.update import advisories_folder, open_store
from barehull.build.process import follow
from barehull.core.errors import IncompleteError, UsageError
from barehull.core.progress import Progress, silent
from barehull.files import scratch_folder
from barehull.inventory.model import Inventory
from barehull.oci.docker_archive import write_docker_archive
from barehull.oci.model import Image
from barehull.scan import scanners
from barehull.scan.model import Scan
from barehull.scan.peer import Peer, to_scan, unreadable
from barehull.scan.scan import scan

OWN = "barehull"
Scanner = Callable[[Inventory, Image | None], Scan]  # no image: the inventory is an SBOM's


def scanner_names() -> tuple[str, ...]:
    """The scanners that barehull can run, its own first."""
    return (OWN, *sorted(it.name.replace("_", "-") for it in pkgutil.iter_modules(scanners.__path__)))


@contextmanager
def open_scanner(name: str, database: Path | None, progress: Progress = silent) -> Iterator[Scanner]:
    """The scanner `name`; ours with the store `database` (None: the one in use), others with their own databases.

    Errors: those of `open_store`; UsageError for an unknown name, and a `database` that another scanner cannot use;
    IncompleteError where that scanner is not installed.
    """
    if name not in scanner_names():
        raise UsageError(f"there is no scanner {name!r}", advice=f"There are: {', '.join(scanner_names())}.")
    if name == OWN:
        with open_store(database, advisories_folder(), progress) as store:
            yield lambda inventory, image: scan(inventory, store)
        return
    if database:
        raise UsageError(f"--db is a database of barehull's, and {name} has its own", advice="Leave one of them out.")
    peer = cast(Peer, importlib.import_module(f"{scanners.__name__}.{name.replace('-', '_')}"))
    if not shutil.which(peer.PROGRAM):
        raise IncompleteError(f"there is no {peer.PROGRAM} on PATH to scan with", advice=peer.ADVICE)
    yield lambda inventory, image: _ask(peer, inventory, image, progress)


def _ask(peer: Peer, inventory: Inventory, image: Image | None, progress: Progress) -> Scan:
    if image is None:
        raise UsageError(
            f"{peer.PROGRAM} is run on images, not on SBOMs", advice="Leave --scanner out, or name the image itself."
        )
    progress(f"scanning with {peer.PROGRAM}")

    def run(arguments: Sequence[str], good: Collection[int]) -> tuple[str, ...]:
        lines: list[str] = []

        def hear(message: str) -> None:
            lines.append(message)

        settings = [f"{key}={value}" for key, value in peer.ENVIRONMENT.items()]
        code, last = follow(["env", *settings, peer.PROGRAM, *arguments], hear)
        if code not in good:
            said = f": {last[-1]}" if last else ""
            raise IncompleteError(f"{peer.PROGRAM} failed with exit code {code}{said}", advice=peer.ADVICE)
        return tuple(lines)

    with scratch_folder() as folder:
        archive, report = folder / "image.tar", folder / "report.json"
        write_docker_archive(image, archive, "")
        try:
            heard = peer.listen(archive, report, run)
        except (TypeError, AttributeError, KeyError, ValueError, IndexError) as error:
            raise unreadable(peer.PROGRAM, f"{type(error).__name__}: {error}") from error
    return to_scan(inventory, heard, peer.PROGRAM)
