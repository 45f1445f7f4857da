"""Feeds small enough to read, and stores made from them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from barehull.advisories.build import build_store
from barehull.advisories.coverage import Claims
from barehull.advisories.store import AdvisoryStore

Json = dict[str, Any]


def record_(id: str, ecosystem: str, package: str, *events: tuple[str, str], **more: Any) -> Json:
    ranges = [{"type": "ECOSYSTEM", "events": [{kind: version} for kind, version in events]}] if events else []
    entry = {"package": {"ecosystem": ecosystem, "name": package}, "ranges": ranges}
    return {"id": id, "modified": "2024-03-01T12:00:00Z", "affected": [entry], **more}


@pytest.fixture(scope="session")
def record() -> Callable[..., Json]:
    """record("PYSEC-1", "PyPI", "flask", ("introduced", "0"), ("fixed", "2.0"), aliases=[...])"""
    return record_


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[..., AdvisoryStore]:
    """A store from records by ecosystem."""
    made: list[AdvisoryStore] = []

    def make(feeds: Mapping[str, Iterable[Json]], claims: Claims | None = None) -> AdvisoryStore:
        path = tmp_path / f"store-{len(made)}.sqlite"
        packed = {name: [json.dumps(one).encode() for one in records] for name, records in feeds.items()}
        build_store(path, packed, claims=claims or {}, origin="a test", date="2024-05-01T00:00:00Z")
        made.append(AdvisoryStore.open(path))
        return made[-1]

    yield make
    for store in made:
        store.__exit__(None, None, None)


@pytest.fixture(scope="session")
def write_mirror() -> Callable[..., Path]:
    """A folder laid out as OSV's."""

    def write(folder: Path, feeds: Mapping[str, Iterable[Json | bytes]], coverage: Json | None = None) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ecosystems.txt").write_text("".join(f"{name}\n" for name in feeds))
        if coverage is not None:
            (folder / "coverage.json").write_text(json.dumps(coverage))
        for name, records in feeds.items():
            (folder / name).mkdir(exist_ok=True)
            with zipfile.ZipFile(folder / name / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for number, one in enumerate(records):
                    archive.writestr(f"{number}.json", one if isinstance(one, bytes) else json.dumps(one))
        return folder

    return write
