"""Each source's file, as its publisher lays it out, and what becomes of it."""

from __future__ import annotations

import gzip
import itertools
import json
import zipfile
from pathlib import Path

import pytest

from barehull.advisories.build import Reading, build_store
from barehull.advisories.feed import all_feeds
from barehull.advisories.model import Context, SourceState
from barehull.advisories.schema import FeedState
from barehull.advisories.sources import debian_tracker, epss, kev, nodejs
from barehull.advisories.store import AdvisoryStore
from barehull.core.errors import InputError
from barehull.scan.ranges import Affected, judge
from barehull.versions import semver

FEEDS = {feed.name: feed for feed in all_feeds()}
FIXED = (("introduced", "0"), ("fixed", "2.0"))

TRACKER = {
    "openssl": {
        "CVE-2026-0001": {
            "description": "a text",
            "scope": "remote",
            "releases": {
                "bookworm": {"status": "resolved", "repositories": {}, "fixed_version": "3.0.2-1", "urgency": "medium"},
                "trixie": {"status": "open", "repositories": {}, "urgency": "not yet assigned"},
                "sid": {"status": "open", "urgency": "low"},
            },
        },
        "CVE-2026-0002": {"releases": {"trixie": {"status": "open", "urgency": "low", "nodsa": "Minor issue",
                                                  "nodsa_reason": "ignored"}}},
        "CVE-2026-0003": {"releases": {"trixie": {"status": "open", "urgency": "low", "nodsa": "Minor issue",
                                                  "nodsa_reason": "postponed"}}},
        "CVE-2026-0004": {"releases": {"trixie": {"status": "open", "urgency": "unimportant"}}},
        "CVE-2026-0005": {"releases": {"trixie": {"status": "open", "urgency": "end-of-life"}}},
        "CVE-2026-0006": {"releases": {"trixie": {"status": "undetermined", "urgency": "not yet assigned"}}},
        "CVE-2026-0007": {"releases": {"trixie": {"status": "resolved", "fixed_version": "0", "urgency": "low"}}},
        "CVE-2026-0008": {"releases": {"trixie": {"status": "open", "urgency": "low", "nodsa": "Minor issue",
                                                  "nodsa_reason": ""}}},
        "TEMP-0841856-B18BAF": {"releases": {"trixie": {"status": "open", "urgency": "low"}}},
    }
}  # fmt: skip
KEV = {"catalogVersion": "1", "dateReleased": "2026-11-20T15:00:00.1Z", "count": 1,
       "vulnerabilities": [{"cveID": "CVE-2026-0001", "vendorProject": "x"}]}  # fmt: skip
EPSS = "#model_version:v2025.03.14,score_date:2026-11-23T12:55:00Z\ncve,epss,percentile\nCVE-2026-0001,0.93,0.99\n"


INDEX = {
    "1": {"cve": ["CVE-2026-1"], "vulnerable": "8.x || 9.x || 10.x", "patched": "^8.11.2 || ^9.11.2"},
    "2": {"cve": [], "vulnerable": ">= 10.9.0 <12.2.0", "patched": "", "severity": "high"},
    "3": {"cve": [], "vulnerable": "4.x", "patched": "^4.1.0", "affectedEnvironments": ["win32"]},
    "4": {"cve": [], "vulnerable": "everything", "patched": ""},
}


def write(folder: Path, name: str, content: object) -> Path:
    """The feed's file, at its place in a mirror."""
    path = folder / FEEDS[name].path
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(content.encode() if isinstance(content, str) else content))
    else:
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


@pytest.fixture
def store_of(tmp_path):
    """A store from the files of feeds, by name."""
    number = itertools.count()

    def make(**contents: object) -> AdvisoryStore:
        parts = {}
        for name, content in contents.items():
            feed = FEEDS[name.replace("_", "-")]
            path = write(tmp_path / str(next(number)), feed.name, content)
            state = FeedState(SourceState(feed.name, feed.title, "read"))
            facts = feed.read(path, feed.name)
            parts[feed.name] = Reading(facts, feed.speaks_for or feed.name, state, bool(feed.speaks_for))
        return made(parts)

    def made(parts) -> AdvisoryStore:
        path = tmp_path / f"store-{next(number)}.sqlite"
        build_store(path, parts, claims={}, origin="a test", date="2026-11-24T00:00:00Z")
        return AdvisoryStore.open(path)

    make.parts = made
    return make


class TestDebiansTracker:
    def test_what_has_no_fix_is_told_with_what_debian_does_about_it(self, store_of):
        said = {one.id: one for one in store_of(debian_tracker=TRACKER).query("Debian:13", "openssl")}
        assert {id: one.status for id, one in said.items()} == {
            "DEBIAN-CVE-2026-0001": "unfixed",
            "DEBIAN-CVE-2026-0002": "ignored",
            "DEBIAN-CVE-2026-0003": "postponed",
            "DEBIAN-CVE-2026-0004": "unimportant",
            "DEBIAN-CVE-2026-0005": "end-of-life",
            "DEBIAN-CVE-2026-0006": "",
            "DEBIAN-CVE-2026-0008": "unfixed",
            "TEMP-0841856-B18BAF": "unfixed",
        }
        assert said["DEBIAN-CVE-2026-0001"].vulnerabilities == (("CVE-2026-0001",),)
        assert said["TEMP-0841856-B18BAF"].vulnerabilities == (("TEMP-0841856-B18BAF",),)
        assert said["DEBIAN-CVE-2026-0004"].severity == "unimportant"

    def test_undetermined_is_no_answer(self, store_of):
        said = {one.id: one for one in store_of(debian_tracker=TRACKER).query("Debian:13", "openssl")}
        answer = judge("1.0", said["DEBIAN-CVE-2026-0006"], str)
        assert answer.reason.startswith("no-versions")

    def test_a_fix_is_told(self, store_of):
        (one,) = store_of(debian_tracker=TRACKER).query("Debian:12", "openssl")
        assert one.ranges[0].events == (("introduced", "0"), ("fixed", "3.0.2-1"))
        assert one.status == ""

    def test_debians_data_is_then_full(self, store_of):
        coverage = {one.ecosystem: one.kind for one in store_of(debian_tracker=TRACKER).database().coverage}
        assert coverage["Debian:13"] == "full"

    def test_it_speaks_in_place_of_osvs_copy_for_the_releases_that_it_tells_of(self, store_of, tmp_path, record):
        feed = FEEDS["debian-tracker"]
        path = write(tmp_path, feed.name, TRACKER)
        state = FeedState(SourceState(feed.name, feed.title, "read"))
        osv = [
            record("DEBIAN-CVE-2026-0009", "Debian:13", "openssl", *FIXED),
            record("DEBIAN-CVE-2026-0001", "Debian:13", "openssl", *FIXED),
            record("DEBIAN-CVE-2026-0009", "Debian:10", "openssl", *FIXED) | {"id": "DSA-1-1"},
        ]
        store = store_of.parts(
            {
                "Debian": [json.dumps(one).encode() for one in osv],
                feed.name: Reading(feed.read(path, ""), "Debian", state, preferred=True),
            }
        )
        assert "DEBIAN-CVE-2026-0009" not in [one.id for one in store.query("Debian:13", "openssl")]
        assert store.query("Debian:13", "openssl")[0].status == "unfixed"
        assert [one.id for one in store.query("Debian:10", "openssl")] == ["DSA-1-1"]

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b'{"a": []}', b'{"a": {"CVE-1": {}}}', b"\xff", b"[" * 10000,
                    b'{"a": {"CVE-1": {"releases": {"trixie": {"status": "new word"}}}}}']
    )  # fmt: skip
    def test_another_layout_is_refused(self, tmp_path, content):
        with pytest.raises(InputError, match="a test is damaged"):
            list(debian_tracker.read(write(tmp_path, "debian-tracker", content), "a test"))


class TestExploitation:
    def test_what_is_exploited_and_what_will_be(self, store_of):
        store = store_of(kev=KEV, epss=EPSS, debian_tracker=TRACKER)
        assert store.contexts(["CVE-2026-0001", "CVE-2026-0002"]) == {
            "CVE-2026-0001": Context("medium", "DEBIAN-CVE-2026-0001", True, 0.93),
            "CVE-2026-0002": Context("low", "DEBIAN-CVE-2026-0002", False, None),
        }
        sources = {one.name: (one.as_of, one.facts) for one in store.database().sources}
        assert (sources["kev"], sources["epss"]) == (("2026-11-20", 1), ("2026-11-23", 1))

    @pytest.mark.parametrize("content", [b"", b"{}", b"<html>", b'{"dateReleased": 1, "vulnerabilities": []}'])
    def test_a_broken_catalog_is_refused(self, tmp_path, content):
        with pytest.raises(InputError, match="a test is damaged"):
            list(kev.read(write(tmp_path, "kev", content), "a test"))

    @pytest.mark.parametrize(
        "content", ["", "cve,epss\n", EPSS + "CVE-1", EPSS + "CVE-1,x,1", EPSS + "CVE-1,2,1", EPSS + "CVE-1,nan,1", "é"]
    )
    def test_broken_probabilities_are_refused(self, tmp_path, content):
        with pytest.raises(InputError, match="a test is damaged"):
            list(epss.read(write(tmp_path, "epss", content), "a test"))

    def test_half_of_them_is_refused(self, tmp_path):
        path = write(tmp_path, "epss", EPSS * 50)
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(InputError, match="a test is damaged"):
            list(epss.read(path, "a test"))


class TestNodejs:
    @pytest.mark.parametrize(
        ("version", "affected"),
        [("8.0.0", {"1"}), ("8.11.2", set()), ("9.11.1", {"1"}), ("10.8.0", {"1"}), ("10.9.0", {"1", "2"}),
         ("11.0.0", {"2"}), ("12.2.0", set()), ("4.0.0", set()), ("7.9.9", set())],
    )  # fmt: skip
    def test_a_version_is_affected_when_vulnerable_and_not_patched(self, tmp_path, store_of, version, affected):
        path = write(tmp_path, "Node.js", INDEX)
        store = store_of.parts({"Node.js": list(nodejs.read(path, ""))})
        answers = {one.id: judge(version, one, semver.key) for one in store.query("Node.js", "node")}
        assert {id.rpartition("-")[2] for id, it in answers.items() if isinstance(it, Affected)} == affected
        assert answers["NODE-CORE-4"].reason.startswith("no-versions")
        assert "NODE-CORE-3" not in answers

    def test_the_fix_is_named_and_the_next_major_version_is_none(self, tmp_path, store_of):
        store = store_of.parts({"Node.js": list(nodejs.read(write(tmp_path, "Node.js", INDEX), ""))})
        one = store.query("Node.js", "node")[0]
        assert judge("8.0.0", one, semver.key) == Affected("8.11.2")
        assert judge("10.0.0", one, semver.key) == Affected("")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("4.x", [((4, 0, 0), (5, 0, 0))]),
            ("9.7.x", [((9, 7, 0), (9, 8, 0))]),
            ("4.4.2", [((4, 4, 2), (4, 4, 3))]),
            ("^0.2.3", [((0, 2, 3), (0, 3, 0))]),
            ("^0.0.3", [((0, 0, 3), (0, 0, 4))]),
            ("~1.2.3", [((1, 2, 3), (1, 3, 0))]),
            (">=6.0.0 <6.2.0 || 5.x", [((6, 0, 0), (6, 2, 0)), ((5, 0, 0), (6, 0, 0))]),
            ("<= 4.1.2", [((0, 0, 0), (4, 1, 3))]),
            ("> 4", [((5, 0, 0), nodejs._END)]),
            ("*", [((0, 0, 0), nodejs._END)]),
        ],
    )
    def test_ranges_are_npms(self, text, expected):
        assert nodejs.intervals(text) == expected

    @pytest.mark.parametrize("text", ["", "x y", "1.2.3-beta", "1.2.3.4", "||", "=>1"])
    def test_what_is_not_understood_is_no_range(self, text):
        with pytest.raises(ValueError, match="not a range"):
            nodejs.intervals(text)


def test_cpythons_records_name_a_repository(tmp_path):
    def of(id: str, repository: str) -> dict[str, object]:
        ranges = [{"type": "GIT", "repo": repository, "events": [{"introduced": "0"}]}]
        return {"id": id, "modified": "2024-01-01", "affected": [{"ranges": ranges}]}

    records = [of("PSF-2024-1", "https://github.com/python/cpython"), of("PSF-2024-2", "https://github.com/pypa/pip")]
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("advisory-database-main/README.md", "not a record")
        for record in records:
            archive.writestr(f"advisory-database-main/{record['id']}.json", json.dumps(record))
    build_store(tmp_path / "a", {"PSF": FEEDS["PSF"].read(path, "")}, claims={}, origin="", date="")
    with AdvisoryStore.open(tmp_path / "a") as store:
        (one,) = store.query("PSF", "cpython")
    assert one.id == "PSF-2024-1"
    assert [it.type for it in one.ranges] == ["GIT"]
