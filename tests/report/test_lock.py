from __future__ import annotations

import dataclasses
import json

import pytest

from barehull.advisories.update import open_store
from barehull.compare.compare import compare
from barehull.inventory.locked import locked_inventory
from barehull.lock import Lock, LockedDeb, LockedWheel, difference
from barehull.relock import Relocked
from barehull.report.lock import render
from barehull.scan.scan import scan


def locked(openssl: str, *wheels: LockedWheel) -> Lock:
    deb = LockedDeb("libssl3t64", openssl, "amd64", "openssl", openssl, "debian", "trixie", "p", openssl, 1)
    return Lock("0", "linux/amd64", "python3", 13, (), (deb,), wheels, "")


@pytest.fixture(scope="module")
def relocked(tmp_path_factory: pytest.TempPathFactory) -> Relocked:
    old = locked("3.5.1-1", LockedWheel("flask", "3.1.2", "", ""))
    new = locked("9.9-1", LockedWheel("flask", "3.1.2", "", ""), LockedWheel("urllib3", "1.26.5", "", ""))
    with open_store(None, tmp_path_factory.mktemp("advisories"), lambda _: None) as store:
        comparison = compare(scan(locked_inventory(old), store), scan(locked_inventory(new), store))
    return Relocked(new, False, difference(old, new), comparison)


def test_text_says_what_changed_and_what_that_closes_and_brings(relocked: Relocked) -> None:
    text = render(relocked, "barehull.lock", "text")
    assert "package libssl3t64 (amd64) 3.5.1-1 -> 9.9-1" in text
    assert "wheel urllib3 (amd64) 1.26.5" in text
    closed, _, rest = text.partition("\nbrought: ")
    assert "openssl 3.5.1-1 -> 9.9-1\n    CVE-" in closed
    assert "by urllib3 1.26.5 (fixed in " in rest
    assert "Debian 13: fixable only" in text
    assert "Debian:13: fixed-only" in text
    assert "Debian 12" not in text
    assert relocked.comparison.new.database.digest in text


def test_json_says_the_same(relocked: Relocked) -> None:
    value = json.loads(render(relocked, "barehull.lock", "json"))
    assert [(it["name"], it["old"], it["new"]) for it in value["changed"]] == [("libssl3t64", "3.5.1-1", "9.9-1")]
    assert [it["name"] for it in value["added"]] == ["urllib3"]
    assert {it["why"] for it in value["closed"]} == {"newer-version"}
    assert {it["purl"] for it in value["brought"]} == {"pkg:pypi/urllib3@1.26.5"}
    assert value["unknown"]


def test_what_a_lock_names_cannot_write_to_the_terminal(relocked: Relocked) -> None:
    hostile = LockedWheel("flask\x1b[2J", "1", "", "")
    new = dataclasses.replace(relocked.lock, wheels=(hostile,))
    changed = dataclasses.replace(relocked, lock=new, difference=difference(relocked.lock, new))
    assert "\x1b" not in render(changed, "barehull.lock", "text")
