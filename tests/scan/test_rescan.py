"""Many inventories at once say what each says alone."""

from __future__ import annotations

import json

import pytest

from barehull.advisories.build import build_store
from barehull.advisories.store import AdvisoryStore
from barehull.core.errors import InputError
from barehull.scan.model import Scan
from barehull.scan.rescan import rescan
from barehull.scan.scan import scan


def whole(scan: Scan) -> Scan:
    return scan


@pytest.fixture
def store(tmp_path):
    entry = {
        "package": {"ecosystem": "PyPI", "name": "flask"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "50"}]}],
    }
    record = json.dumps({"id": "PYSEC-1", "modified": "2026-01-01", "affected": [entry]}).encode()
    build_store(tmp_path / "a.sqlite", {"PyPI": [record]}, claims={}, origin="a test", date="")
    return tmp_path / "a.sqlite"


@pytest.mark.parametrize("workers", [1, 2])
def test_the_scans_are_those_of_each_alone_and_in_order(store, inventory, pypi, workers):
    inventories = [inventory(pypi("flask", str(n)), image=f"sha256:{n}") for n in range(100)]
    with AdvisoryStore.open(store) as opened:
        alone = [scan(one, opened) for one in inventories]
    assert list(rescan(iter(inventories), store, whole, workers=workers)) == alone
    assert sum(len(one.matches) for one in alone) == 50


def test_none_is_none(store):
    assert list(rescan([], store, whole, workers=2)) == []


def test_a_store_that_is_not_there_is_told(tmp_path, inventory, pypi):
    with pytest.raises(InputError, match="no store of advisories"):
        list(rescan([inventory(pypi("flask", "1"))], tmp_path / "none", whole, workers=2))
