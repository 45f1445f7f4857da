"""The second step of a release alone: the lock is made or made anew, and what changes is judged before it is built."""

from __future__ import annotations

from dataclasses import dataclass, replace

from barehull.advisories.store import AdvisoryStore
from barehull.application.model import Application
from barehull.base.pull import base_image
from barehull.compare.compare import compare
from barehull.compare.model import Comparison
from barehull.core.errors import BarehullError, InputError
from barehull.inventory.locked import locked_inventory
from barehull.inventory.model import Gap, Inventory
from barehull.inventory.take import take_inventory
from barehull.lock import Difference, Lock, difference
from barehull.net import Fetcher
from barehull.oci.rootfs import Rootfs
from barehull.release import keep_lock, kept_lock, lock_there, make_lock
from barehull.scan.scan import scan
from barehull.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Relocked:
    """The lock in use now, whether it was `kept`, and what it changes against the one that was there before."""

    lock: Lock
    kept: bool
    difference: Difference
    comparison: Comparison


def lock_fits(application: Application) -> bool:
    """Whether the lock beside the configuration was made from it. InputError when it cannot be read."""
    return kept_lock(application) is not None


def relock(
    application: Application, advisories: AdvisoryStore, workshop: Workshop, *, update: bool = False
) -> Relocked:
    """Step 2 alone: the lock beside the configuration is made, or made anew where it does not fit, or on `update`.

    Both locks are judged with one database, as images are. Errors: those of `make_lock`; InputError for a lock of
    another format, unless `update`.
    """
    try:
        before = lock_there(application)
        lock = None if update else kept_lock(application)
    except InputError:
        if not update:
            raise
        before = lock = None
    kept = lock is not None
    if lock is None:
        with Fetcher() as fetcher:
            lock = make_lock(application, workshop, fetcher)
        if lock != before:
            keep_lock(application, lock)
    after = _inventory(lock, application, workshop)
    # Platforms may differ: locks are compared then as a change of everything.
    old = _inventory(before, application, workshop) if before else replace(after, components=(), gaps=())
    comparison = compare(scan(replace(old, platform=lock.platform), advisories), scan(after, advisories))
    return Relocked(lock, kept, difference(before, lock), comparison)


def _inventory(lock: Lock, application: Application, workshop: Workshop) -> Inventory:
    """What the lock brings into the image, with what is in its base; a gap where that cannot be had any more."""
    inventory = locked_inventory(lock)
    if lock.base is None:
        return inventory
    settings = replace(application.runtime, platform=lock.platform)
    try:
        image = base_image(lock.base, settings, application.lock.parent, workshop.store, workshop.progress)
        with Rootfs.of(image, workshop.store) as rootfs:
            found = take_inventory(image, rootfs)
    except BarehullError as error:
        gap = Gap(f"{lock.base.name}@{lock.base.digest}", f"what is in this base cannot be told: {error.what}")
        return replace(inventory, gaps=(gap,))
    return replace(inventory, components=tuple(sorted({*inventory.components, *found.components})), gaps=found.gaps)
