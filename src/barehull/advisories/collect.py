"""What goes into the next store: of each feed what was fetched, what did not change, or that there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

from barehull.advisories.build import Kept, Part, Reading
from barehull.advisories.coverage import UNKNOWN
from barehull.advisories.facts import Fact
from barehull.advisories.feed import Feed, all_feeds, go_on_without
from barehull.advisories.model import SourceState
from barehull.advisories.origin import Origin
from barehull.advisories.schema import FeedState
from barehull.advisories.store import AdvisoryStore
from barehull.core.errors import BarehullError, InputError, UsageError
from barehull.core.progress import Progress
from barehull.net import Edition, NotFoundError


def collect(
    origin: Origin, before: Path, scratch: Path, progress: Progress, only: Collection[str], without: Collection[str]
) -> dict[str, Part]:
    """The feeds of `origin`, by name; `before` is the store of before, `scratch` a folder for files that come.

    The facts are read while the store is made. Errors: UsageError for names that no feed has; those of `Origin.fetch`,
    and InputError when the origin has nothing.
    """
    _refuse_unknown({*only, *without} - {feed.name for feed in all_feeds()})
    return _Collection(origin, _Before.of(before, origin.name), scratch, progress).parts(only, without)


def _refuse_unknown(names: Collection[str]) -> None:
    if names:
        raise UsageError(
            f"there is no source {', '.join(sorted(names))}",
            advice=f"The sources are {', '.join(sorted(feed.name for feed in all_feeds()))}.",
        )


@dataclass(frozen=True, slots=True)
class _Before:
    """The feeds of the store of before, and where each was from; none when it cannot be read, or is of elsewhere."""

    path: Path
    feeds: dict[str, FeedState]
    same_origin: bool

    @classmethod
    def of(cls, path: Path, origin: str) -> _Before:
        with suppress(InputError), AdvisoryStore.open(path) as store:
            return cls(path, store.feeds(), store.database().origin == origin)
        return cls(path, {}, False)


@dataclass(frozen=True, slots=True)
class _Collection:
    origin: Origin
    before: _Before
    scratch: Path
    progress: Progress

    def parts(self, only: Collection[str], without: Collection[str]) -> dict[str, Part]:
        """What goes into the store, by feed."""
        listed = self.origin.listed()
        parts: dict[str, Part] = {}
        for feed in all_feeds():
            if feed.name in without:
                parts[feed.name] = _none(feed, "left-out")
            elif feed.listed and feed.name not in listed:
                parts[feed.name] = _none(feed, "absent")
            else:
                parts[feed.name] = self._part(feed, asked=not only or feed.name in only)
        if all(isinstance(part, FeedState) for part in parts.values()):
            raise InputError(
                f"{self.origin.name} has none of {', '.join(parts)}",
                advice="Name an origin whose ecosystems.txt has at least one of them.",
            )
        return parts

    def _part(self, feed: Feed, *, asked: bool) -> Part:
        """What goes into the store of the feed. One that is not `asked` for is as it was."""
        old = self.before.feeds.get(feed.name)
        kept = old if old and old.tally else None
        if not asked:
            return self._kept(feed, kept) if kept else _none(feed, "left-out")
        self.progress(f"fetching {feed.title}")
        path = self.scratch / str(len(list(self.scratch.iterdir())))
        try:
            known = kept.edition if kept and self.before.same_origin else None
            edition = self.origin.fetch(feed, path, known)
        except NotFoundError:
            return _none(feed, "absent")
        except BarehullError as error:
            raise _named(feed, error) from error
        if edition is None and kept:
            return self._kept(feed, kept)
        edition = edition or Edition()
        state = FeedState(SourceState(feed.name, feed.title, "read", _day(edition)), edition)
        base = feed.speaks_for or feed.name
        return Reading(self._facts(feed, path), base, state, preferred=bool(feed.speaks_for))

    def _kept(self, feed: Feed, state: FeedState) -> Kept:
        source = replace(state.source, state="kept")
        return Kept(self.before.path, FeedState(source, state.edition, state.tally), preferred=bool(feed.speaks_for))

    def _facts(self, feed: Feed, path: Path) -> Iterator[Fact]:
        self.progress(f"reading {feed.title}")
        yield from feed.read(path, f"{self.origin.name}: {feed.path}")
        path.unlink()  # the disk need not hold them all until the end


def _none(feed: Feed, state: Literal["absent", "left-out"]) -> FeedState:
    return FeedState(SourceState(feed.name, feed.title, state))


def _named(feed: Feed, error: BarehullError) -> BarehullError:
    return type(error)(
        f"{feed.title}: {error.what}",
        advice=f"{error.advice} {go_on_without(feed.name)}",
    )


def _day(edition: Edition) -> str:
    try:
        return parsedate_to_datetime(edition.modified).date().isoformat()
    except ValueError:
        return UNKNOWN
