"""Where work is done, and when."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from barehull.core.progress import Progress, silent
from barehull.debian.mirror import Mirror, mirror_from
from barehull.files import Store, default_store


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where work is done: the cache, the mirror, the time that signatures must hold at, and who hears of progress."""

    store: Store
    mirror: Mirror
    now: datetime
    progress: Progress = silent


def open_workshop(mirror: str | None = None, progress: Progress = silent) -> Workshop:
    """The workshop of this machine and this moment. `mirror` as `mirror_from` takes it."""
    return Workshop(Store(default_store()), mirror_from(mirror, os.environ), datetime.now(UTC), progress)
