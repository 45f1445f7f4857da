"""OSV's layout: `ecosystems.txt`, and for each ecosystem `<Ecosystem>/all.zip` with one record a file."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from barehull.advisories.coverage import Claims, read_claims
from barehull.advisories.osv import MAX_RECORD
from barehull.core.errors import InputError
from barehull.net import Fetcher, NotFoundError, join, shown

MAX_ZIP = 1 << 30  # bytes; OSV's largest, for Linux distributions, are below 200 MB
MAX_CONTENT = 16 << 30  # bytes, of all records together
MAX_RATIO = 200  # content to zip, beyond the first 64 MiB; real feeds have 4 to 20
MAX_RECORDS = 2_000_000
_SMALL = 1 << 20

_ADVICE = (
    "An origin is laid out as OSV's: ecosystems.txt and <Ecosystem>/all.zip. The advisories of before are still in use."
)
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Origin:
    """A place that serves OSV's layout: a URL or a folder."""

    address: str
    fetcher: Fetcher

    def ecosystems(self) -> frozenset[str]:
        """What it lists in ecosystems.txt. InputError when it has no such file."""
        try:
            text = self._fetch("ecosystems.txt", _SMALL)
        except NotFoundError as error:
            raise InputError(f"{shown(self.address)} has no ecosystems.txt", advice=_ADVICE) from error
        return frozenset(text.decode(errors="replace").split("\n"))

    def claims(self) -> Claims:
        """What it says of its own coverage: its coverage.json, which OSV itself does not have."""
        try:
            data = self._fetch("coverage.json", _SMALL)
        except NotFoundError:
            return {}
        return read_claims(data, f"{shown(self.address)}: coverage.json")

    def records(self, ecosystem: str) -> Iterator[bytes]:
        """The records of one ecosystem, each as JSON. InputError when its zip is missing, damaged or too big."""
        try:
            data = self._fetch(f"{ecosystem}/all.zip", MAX_ZIP)
        except NotFoundError as error:
            raise InputError(
                f"{shown(self.address)} lists {ecosystem} and has no {ecosystem}/all.zip", advice=_ADVICE
            ) from error
        yield from read_zip(data, f"{shown(self.address)}: {ecosystem}/all.zip")

    def _fetch(self, path: str, limit: int) -> bytes:
        return self.fetcher.fetch(join(self.address, path), limit=limit)


def read_zip(data: bytes, what: str) -> Iterator[bytes]:
    """The contents of the files of a zip, in order; names are not used. InputError when it is damaged or too big."""
    allowed = min(MAX_CONTENT, max(64 << 20, MAX_RATIO * len(data)))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_RECORDS:
                raise InputError(f"{what} holds {len(members)} files", advice=_ADVICE)
            for member in members:
                if member.is_dir():
                    continue
                with archive.open(member) as file:
                    content = file.read(MAX_RECORD + 1)  # what the zip declares as sizes is not believed
                allowed -= len(content)
                if allowed < 0 or len(content) > MAX_RECORD:
                    raise InputError(f"{what} holds more than a feed can: it looks like a zip bomb", advice=_ADVICE)
                yield content
    except _UNREADABLE as error:
        raise InputError(f"{what} is damaged: {error}", advice=f"Download it again. {_ADVICE}") from error
