"""`barehull catalog update`: the tables of the user, made anew from distroless' published lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from barehull.catalog.lists import Read, read_lists
from barehull.catalog.published import Published, Removal, to_toml
from barehull.core.errors import InputError
from barehull.decompress import decompress
from barehull.files import reading, write_atomically
from barehull.net import Fetcher, NotFoundError, join, shown
from barehull.tar import read_tar

DISTROLESS = "https://raw.githubusercontent.com/GoogleContainerTools/distroless/main"
_MAX_FILE = 1 << 20  # bytes; the longest list has 3,000
_MAX_ARCHIVE = 64 << 20  # bytes, packed
_MAX_UNPACKED = 256 << 20  # bytes; distroless has 10 million
_MARK = "distro.bzl"  # lies at the top of the repository
_ADVICE = (
    "Name a checkout of GoogleContainerTools/distroless, an archive of it (tar.gz), or the URL above its files. The "
    "tables of before are still in use."
)


class Origin(NamedTuple):
    """Where lists are read from, and the day that they are from; None where that is today."""

    read: Read
    day: Callable[[], date | None]


def refresh(place: str, before: Published, path: Path, fetcher: Fetcher, today: date) -> Published:
    """Make the table at `path` anew from the lists at `place`: a folder, an archive, or a URL.

    What `before` has and the lists have not is put down as removed. The old file stays until the new one is complete.
    Errors: InputError, with file and line, for what is not understood; IncompleteError without network or space.
    """
    origin = _open(place, fetcher)
    lists = read_lists(origin.read, shown(place))
    day = min(origin.day() or today, today)
    there = {(it.image, it.debian) for it in lists.variants}
    # Older lists, too, may be wanted; what they lack has come since.
    had = before.variants if day >= before.as_of else ()
    gone = tuple(Removal(it.image, it.debian, day) for it in had if (it.image, it.debian) not in there)
    published = Published(day, shown(place), lists.default, lists.variants, before.removals + gone)
    write_atomically(path, to_toml(published).encode())
    return published


def _open(place: str, fetcher: Fetcher) -> Origin:
    is_url = "://" in place
    if is_url and not place.startswith("file:"):
        if place.endswith((".tar.gz", ".tgz", ".tar")):
            return _archive(fetcher.fetch(place, limit=_MAX_ARCHIVE), shown(place))
        return _folder(place, fetcher)
    if not is_url and Path(place).is_file():
        with reading(Path(place)), Path(place).open("rb") as file:
            return _archive(file.read(_MAX_ARCHIVE + 1), place)
    if not is_url and not Path(place).is_dir():
        raise InputError(f"there is no folder or archive {place}", advice=_ADVICE)
    return _folder(place, fetcher)


def _folder(place: str, fetcher: Fetcher) -> Origin:
    """A folder, or the URL of one. Its day is that of its newest file read; over HTTP, today."""
    seen: list[float] = []

    def read(path: str) -> str:
        try:
            data = fetcher.fetch(join(place, path), limit=_MAX_FILE)
        except NotFoundError as error:
            raise InputError(f"{shown(place)} has no {path}", advice=_ADVICE) from error
        if "://" not in place:
            seen.append((Path(place) / path).stat().st_mtime)
        return _decoded(data, f"{shown(place)}: {path}")

    return Origin(read, lambda: _day(max(seen)) if seen else None)


def _archive(data: bytes, what: str) -> Origin:
    """An archive, as GitHub makes them: the repository in one folder, with the time of its commit."""
    if len(data) > _MAX_ARCHIVE:
        raise InputError(f"{what} is longer than {_MAX_ARCHIVE} bytes", advice=_ADVICE)
    import io

    kind = "gz" if data[:2] == b"\x1f\x8b" else ""
    content = b"".join(decompress(io.BytesIO(data), kind, limit=_MAX_UNPACKED, what=what))
    entries = list(read_tar(lambda offset, count: content[offset : offset + count], len(content), what=what))
    files = {it.path: it for it in entries if it.kind == "file" and it.size <= _MAX_FILE}
    tops = [path.removesuffix(_MARK) for path in files if path.count("/") < 2 and f"/{path}".endswith(f"/{_MARK}")]
    if len(tops) != 1:
        raise InputError(f"{what} is no archive of distroless: {_MARK} is not at its top", advice=_ADVICE)

    def read(path: str) -> str:
        entry = files.get(tops[0] + path)
        if entry is None:
            raise InputError(f"{what} has no {path}", advice=_ADVICE)
        return _decoded(content[entry.offset : entry.offset + entry.size], f"{what}: {path}")

    return Origin(read, lambda: _day(files[tops[0] + _MARK].mtime))


def _day(seconds: float) -> date | None:
    """The day of a file's time; None for a time that says nothing, such as the epoch's start."""
    found = datetime.fromtimestamp(max(0.0, min(seconds, 4e9)), UTC).date()
    return found if found.year >= 2017 else None  # distroless' first year


def _decoded(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{what}, line {line}: it is not text in UTF-8", advice=_ADVICE) from error
