"""A source that fails half-way leaves the database of before: each is broken in turn, new ones too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from barehull.advisories.facts import Fact
from barehull.advisories.feed import Feed, all_feeds
from barehull.advisories.update import update
from barehull.core.errors import InputError
from barehull.core.progress import silent
from barehull.net import Fetcher

EACH = all_feeds()


def updated(mirror: Path, folder: Path) -> None:
    with Fetcher(attempts=1) as fetcher:
        update(str(mirror), folder, silent, fetcher)


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 2000, b"\xff\xfe", b"<html>"], ids=repr)
@pytest.mark.parametrize("feed", EACH, ids=lambda feed: feed.name)
def test_a_source_whose_file_is_another_is_refused_by_name(feed: Feed, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match="this source") as refused:
        list(feed.read(path, "this source"))
    assert refused.value.advice


@pytest.mark.parametrize("error", [KeyError("half-way"), InputError("half-way", advice="")], ids=["defect", "input"])
@pytest.mark.parametrize("feed", EACH, ids=lambda feed: feed.name)
def test_a_source_that_fails_half_way_leaves_the_database_of_before(
    feed: Feed, error: Exception, tmp_path: Path, write_mirror: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flask = record("PYSEC-1", "PyPI", "flask", ("introduced", "0"), ("fixed", "2.0"))
    mirror = write_mirror(tmp_path / "mirror", {"PyPI": [flask], feed.name: [flask]})
    file = mirror / feed.path
    file.parent.mkdir(parents=True, exist_ok=True)
    cache = tmp_path / "cache"
    pypi = next(each for each in EACH if each.name == "PyPI")
    monkeypatch.setattr("barehull.advisories.collect.all_feeds", lambda: (pypi,))
    updated(mirror, cache)
    (store,) = cache.iterdir()
    before = store.read_bytes()

    def half(path: Path, what: str) -> Iterator[Fact]:
        yield json.dumps(flask).encode()
        raise error

    file.write_bytes(file.read_bytes() + b" " if file.exists() else b"anything")
    monkeypatch.setattr("barehull.advisories.collect.all_feeds", lambda: (replace(feed, read=half, speaks_for=""),))
    with pytest.raises(type(error), match="half-way"):
        updated(mirror, cache)
    assert store.read_bytes() == before
    assert list(cache.iterdir()) == [store]
