"""The store that the user keeps up to date, and the one in use."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from barehull.advisories.model import Database
from barehull.advisories.snapshot import open_snapshot
from barehull.advisories.store import AdvisoryStore
from barehull.core.progress import Progress, silent
from barehull.files import default_store, scratch_folder
from barehull.net import Fetcher

_FILE = "advisories.sqlite"


def update(
    mirror: str | None,
    folder: Path,
    progress: Progress,
    fetcher: Fetcher,
    *,
    now: datetime | None = None,
    only: Collection[str] = (),
    without: Collection[str] = (),
) -> Database:
    """Bring the store in `folder` up to date from `mirror`, a URL or a folder in OSV's layout; None: the publishers.

    What did not change since the store of before is copied from it. `only` names the feeds that are asked for, the
    others stay as they are; `without` those that are left out. A feed that a mirror does not have is left out, with its
    coverage. The store of before stays until the new one is complete.
    Errors: InputError when a feed is not what it should be, and IncompleteError without network or space, naming it.
    """
    from barehull.advisories.build import build_store  # not for scans, which only open the store
    from barehull.advisories.collect import collect
    from barehull.advisories.origin import Origin

    origin = Origin(mirror, fetcher)
    path = folder / _FILE
    with scratch_folder() as scratch:
        parts = collect(origin, path, scratch, progress, only, without)
        date = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        build_store(path, parts, claims=origin.claims(), origin=origin.name, date=date)
    with AdvisoryStore.open(path) as store:
        return store.database()


def advisories_folder() -> Path:
    """Where this machine's databases of advisories are kept: a folder of the cache."""
    return default_store() / "advisories"


def current(folder: Path, progress: Progress = silent) -> AdvisoryStore:
    """The store in use: the one that `update` made in `folder`, else the snapshot that comes with barehull.

    InputError when there is an updated one that is damaged or of another version: the snapshot does not take its place
    unasked.
    """
    path = folder / _FILE
    return AdvisoryStore.open(path) if path.exists() else open_snapshot(folder, progress)


def open_store(path: Path | None, folder: Path, progress: Progress = silent) -> AdvisoryStore:
    """The store at `path` where one is named, else the one in use in `folder`."""
    return AdvisoryStore.open(path) if path else current(folder, progress)
