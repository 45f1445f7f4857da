"""Locked packages -> the store: from the mirror, and what its pool has dropped from the archive's snapshots.

Snapshots can be asked by SHA-1 or by time and path. The lock has no SHA-1 (indexes have none any more), but the date
of the Release file that each package was chosen from, and the path: so it is by time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from barehull.core.errors import IncompleteError, InputError
from barehull.core.progress import Progress, silent
from barehull.debian.mirror import Mirror
from barehull.files import Store
from barehull.lock import Lock, LockedDeb
from barehull.net import Fetcher, NotFoundError, Want, shown

# A snapshot is taken every six hours or so and after the Release file; a superseded package stays a day or more.
_AFTER = (timedelta(days=1), timedelta(hours=8), timedelta(0), timedelta(days=3))


def fetch_debs(lock: Lock, mirror: Mirror, fetcher: Fetcher, store: Store, progress: Progress = silent) -> None:
    """Bring all locked packages into the store; what is there already is not asked for.

    Errors: IncompleteError (also when a package is nowhere any more), IntegrityError, InputError for a damaged lock.
    """
    wants = {
        deb.sha256: Want(mirror.url(deb.archive, deb.path), deb.sha256, deb.size, f"{deb.name} {deb.version}")
        for deb in (*lock.debs, *lock.tools)
    }
    try:
        fetcher.download_all(list(wants.values()), store, progress=progress)
    except NotFoundError:  # one of them; which others are gone is found out one by one
        for deb in (*lock.debs, *lock.tools):
            try:
                fetcher.download_all([wants[deb.sha256]], store)
            except NotFoundError:
                progress(f"{deb.name} {deb.version} is not in the archive any more: asking its snapshots")
                _fetch_past(deb, lock, mirror, fetcher, store)


def _fetch_past(deb: LockedDeb, lock: Lock, mirror: Mirror, fetcher: Fetcher, store: Store) -> None:
    tried = shown(mirror.snapshot)
    reason = "has it neither"
    try:
        for time in _times(deb, lock):
            try:
                url = mirror.past_url(deb.archive, deb.path, time)
                fetcher.download(url, store, sha256=deb.sha256, size=deb.size)
                return
            except NotFoundError:
                continue
    except IncompleteError as error:
        reason = f"cannot be asked: {error.what}"
    raise IncompleteError(
        f"the archive has dropped {deb.name} {deb.version} ({deb.path}), and its snapshot {tried} {reason}",
        advice="Lock the packages that the archive has now with `barehull lock --update`, or name a mirror that still "
        "has it with --mirror, or another snapshot with BAREHULL_SNAPSHOT.",
    )


def _times(deb: LockedDeb, lock: Lock) -> Iterator[datetime]:
    """When the package was surely in the archive, the likeliest first."""
    for suite in lock.suites:
        if (suite.archive, suite.suite) == (deb.archive, deb.suite):
            try:
                date = datetime.strptime(suite.date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
                times = [date + after for after in _AFTER]
            except (ValueError, OverflowError) as error:
                raise InputError(
                    f"the lock's date of {suite.suite} is none: {suite.date!r}",
                    advice="Make the lock anew with `barehull lock --update`.",
                ) from error
            yield from times
