"""The Python Software Foundation's own advisories of CPython, in OSV's format, from its repository.

OSV files them under commits, among a million others; they name no package, only the repository. In the store it is the
package "cpython" of the ecosystem "PSF".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from barehull.advisories.feed import Feed, zipped_records


def read(path: Path, what: str) -> Iterator[bytes]:
    """The records: the repository's JSON files, which are nothing else."""
    return zipped_records(path, what)


FEEDS = (
    Feed(
        "PSF",
        "the Python Software Foundation's advisories of CPython",
        "PSF/all.zip",
        "https://github.com/psf/advisory-database/archive/refs/heads/main.zip",
        read,
        limit=64 << 20,
        listed=True,
    ),
)
