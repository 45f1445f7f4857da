"""The store that the user keeps up to date, and the one in use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from barehull.advisories.build import build_store
from barehull.advisories.feed import Origin
from barehull.advisories.model import Database
from barehull.advisories.snapshot import open_snapshot
from barehull.advisories.store import AdvisoryStore
from barehull.core.errors import InputError
from barehull.core.progress import Progress, silent
from barehull.files import default_store
from barehull.net import Fetcher, shown

OSV = "https://osv-vulnerabilities.storage.googleapis.com"
ECOSYSTEMS = ("Debian", "PyPI")  # what there are matchers for
_FILE = "advisories.sqlite"


def update(
    origin: str | None,
    folder: Path,
    progress: Progress,
    fetcher: Fetcher,
    *,
    now: datetime | None = None,
    ecosystems: Sequence[str] = ECOSYSTEMS,
) -> Database:
    """Make the store in `folder` anew from `origin`: a URL or a folder in OSV's layout; None is OSV itself.

    Ecosystems that the origin does not list are left out, and so is their coverage. The store of before stays until the
    new one is complete. Errors: InputError when the origin is not what it should be, IncompleteError without network or
    space.
    """
    source = Origin(origin or OSV, fetcher)
    listed = [name for name in ecosystems if name in source.ecosystems()]
    if not listed:
        raise InputError(
            f"{shown(source.address)} lists none of {', '.join(ecosystems)}",
            advice="Name an origin whose ecosystems.txt has at least one of them.",
        )

    def records(ecosystem: str) -> Iterator[bytes]:
        progress(f"reading the advisories of {ecosystem}")
        yield from source.records(ecosystem)

    feeds = {ecosystem: records(ecosystem) for ecosystem in listed}
    date = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = folder / _FILE
    build_store(path, feeds, claims=source.claims(), origin=shown(source.address), date=date)
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
