"""The advisories that come with barehull, so that the first run works without a network.

The folder `data` has for each ecosystem the facts of OSV records (identifiers, ranges, versions), one a line,
compressed;
and `coverage.json`, which says how old and how far from whole they are. `scripts/make_snapshot.py` makes it.
"""

from __future__ import annotations

import hashlib
import lzma
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from barehull.advisories import schema
from barehull.advisories.coverage import read_claims
from barehull.advisories.store import AdvisoryStore
from barehull.core.errors import InputError
from barehull.core.progress import Progress, silent

ORIGIN = "the snapshot that comes with barehull"
SUFFIX = ".jsonl.xz"
COVERAGE = "coverage.json"


def open_snapshot(folder: Path, progress: Progress = silent, *, data: Traversable | None = None) -> AdvisoryStore:
    """The store of the snapshot; made in `folder` at its first use, and again when it was damaged.

    `data` is the folder of the snapshot, the package's own by default. IncompleteError when `folder` cannot be written.
    """
    where = data or files("barehull.advisories") / "data"
    contents = {entry.name: entry.read_bytes() for entry in sorted(where.iterdir(), key=lambda entry: entry.name)}
    path = folder / f"snapshot-{_digest(contents)[:16]}.sqlite"
    try:
        return AdvisoryStore.open(path)
    except InputError:  # there is none yet, or a damaged one; it holds nothing that cannot be made again
        progress("preparing the advisories that come with barehull")
    from barehull.advisories.build import build_store  # not for scans, which only open the store

    claims = read_claims(contents[COVERAGE], COVERAGE)
    feeds = {name.removesuffix(SUFFIX): _records(packed) for name, packed in contents.items() if name.endswith(SUFFIX)}
    date = max(claim.as_of for claim in claims.values())
    build_store(path, feeds, claims=claims, origin=ORIGIN, date=f"{date}T00:00:00Z")
    return AdvisoryStore.open(path)


def _records(packed: bytes) -> Iterator[bytes]:
    yield from lzma.decompress(packed).splitlines()


def _digest(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256(b"%d\n" % schema.VERSION)
    for name, content in contents.items():
        digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()
