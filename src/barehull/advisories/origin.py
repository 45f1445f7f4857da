"""Where feeds are fetched from: their publishers, or a mirror in OSV's layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from barehull.advisories.coverage import Claims, read_claims
from barehull.advisories.feed import KEPT, Feed
from barehull.advisories.sources.osv import ADDRESS
from barehull.core.errors import InputError
from barehull.net import Edition, Fetcher, NotFoundError, join, shown

_SMALL = 1 << 20
_ADVICE = f"An origin is laid out as OSV's: ecosystems.txt and <Ecosystem>/all.zip. {KEPT}"


@dataclass(frozen=True, slots=True)
class Origin:
    """A mirror, by URL or folder; None: each feed's own publisher."""

    mirror: str | None
    fetcher: Fetcher

    @property
    def name(self) -> str:
        """As it may be printed."""
        return shown(self.mirror or ADDRESS)

    def listed(self) -> frozenset[str]:
        """What it lists in ecosystems.txt. InputError when it has no such file."""
        try:
            text = self.fetcher.fetch(join(self.mirror or ADDRESS, "ecosystems.txt"), limit=_SMALL)
        except NotFoundError as error:
            raise InputError(f"{self.name} has no ecosystems.txt", advice=_ADVICE) from error
        return frozenset(text.decode(errors="replace").split("\n"))

    def claims(self) -> Claims:
        """What a mirror says of its own coverage: its coverage.json, which OSV itself does not have."""
        if self.mirror is None:
            return {}
        try:
            data = self.fetcher.fetch(join(self.mirror, "coverage.json"), limit=_SMALL)
        except NotFoundError:
            return {}
        return read_claims(data, f"{self.name}: coverage.json")

    def address(self, feed: Feed) -> str:
        """Where it has the feed."""
        return join(self.mirror, feed.path) if self.mirror else feed.address

    def fetch(self, feed: Feed, path: Path, known: Edition | None = None) -> Edition | None:
        """Bring the feed's file to `path`; None when it is still the `known` edition.

        Errors: NotFoundError where a mirror has no such feed; InputError where it lists it all the same, or a publisher
        has it no more; IncompleteError without network.
        """
        try:
            return self.fetcher.renew(self.address(feed), path, limit=feed.limit, known=known)
        except NotFoundError as error:
            if self.mirror and not feed.listed:
                raise
            raise InputError(f"{self.name} has no {feed.path}, and lists it", advice=_ADVICE) from error
