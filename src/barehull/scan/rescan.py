"""Many inventories judged again, with a new database, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from barehull.advisories.store import AdvisoryStore
from barehull.inventory.model import Inventory
from barehull.scan.model import Scan
from barehull.scan.scan import scan

T = TypeVar("T")

_BATCH = 16  # inventories that a process is given at a time


def rescan(
    inventories: Iterable[Inventory], store: Path, digest: Callable[[Scan], T], *, workers: int | None = None
) -> Iterator[T]:
    """What `digest` says of the scan of each of `inventories`, in their order, with the store in that file.

    `workers` is how many processes share the work, by default one for each core; 1 does it here. `digest` runs where
    the scan is made (a function of a module, so that a process can be told of it): scans are large, what is wanted of
    them is small. Two batches for each process wait in memory. Errors: InputError when the store cannot be read.
    """
    count = workers or os.cpu_count() or 1
    batches = _batches(iter(inventories))
    if count == 1:
        for batch in batches:
            yield from _scan_batch(batch, store, digest)
        return
    from concurrent.futures import ProcessPoolExecutor  # 9 ms, of every scan, since this module lies among matchers
    from multiprocessing import get_context

    # Spawned: a fork would share what threads of this process hold.
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_scan_batch, batch, store, digest) for batch in islice(batches, 2 * count)]
        while waiting:
            yield from waiting.pop(0).result()
            waiting += [pool.submit(_scan_batch, batch, store, digest) for batch in islice(batches, 1)]


def _batches(inventories: Iterator[Inventory]) -> Iterator[list[Inventory]]:
    while batch := list(islice(inventories, _BATCH)):
        yield batch


def _scan_batch(inventories: list[Inventory], store: Path, digest: Callable[[Scan], T]) -> list[T]:
    with AdvisoryStore.open(store) as opened:
        return [digest(scan(inventory, opened)) for inventory in inventories]
