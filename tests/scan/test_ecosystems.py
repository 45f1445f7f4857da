"""The matchers beyond Debian and PyPI: who has which ecosystem, and what their advisories look like."""

from __future__ import annotations

from typing import Any

import pytest

from barehull.advisories.model import Advisory, Range
from barehull.core.outcome import Unknown
from barehull.inventory.model import Component
from barehull.scan.ranges import Affected, Answer, NotAffected
from barehull.scan.scan import matchers


def judged(ecosystem: str, name: str, version: str, *events: tuple[str, str], **more: Any) -> Answer:
    component = Component(f"pkg:x/{name}@{version}", name, version, ecosystem, name, version)
    ranges = (Range(more.get("type", "SEMVER"), events),) if events or "type" in more else ()
    names = more.get("names", (("CVE-2024-1",),))
    advisory = Advisory("X-1", ecosystem, name, ranges, more.get("versions", ()), names)
    (matcher,) = (matcher for matcher in matchers() if matcher.handles(ecosystem))
    return matcher.match(component, advisory)


ZERO = ("introduced", "0")


HANDLED = """
    Go npm crates.io Maven PSF Node.js Alpine:v3.20 Alpine:edge Wolfi Chainguard
    Debian:13 PyPI Ubuntu:24.04:LTS Ubuntu:25.04 Ubuntu:Pro:18.04:LTS
""".split()
OTHERS = ["", "Alpine", "Ubuntu", "Go:1", "Maven:https://maven.google.com", "Rocky Linux:9"]


@pytest.mark.parametrize("ecosystem", HANDLED)
def test_each_ecosystem_has_one_matcher(ecosystem):
    assert sum(matcher.handles(ecosystem) for matcher in matchers()) == 1


@pytest.mark.parametrize(
    "ecosystem", ["", "Alpine", "Ubuntu", "Go:1", "Maven:https://maven.google.com", "Rocky Linux:9"]
)
def test_others_have_none(ecosystem):
    assert not any(matcher.handles(ecosystem) for matcher in matchers())


@pytest.mark.parametrize(
    ("ecosystem", "name", "version", "fix", "affected"),
    [
        ("Go", "golang.org/x/net", "v0.22.0", "0.23.0", True),
        ("Go", "golang.org/x/net", "v0.23.0", "0.23.0", False),
        ("Go", "golang.org/x/crypto", "v0.0.0-20211117183948-ae814b36b871", "0.0.0-20211202192323-5770296d904e", True),
        ("Go", "golang.org/x/crypto", "v0.0.0-20220112180741-5e0467b6c7ce", "0.0.0-20211202192323-5770296d904e", False),
        ("Go", "github.com/docker/docker", "v24.0.6+incompatible", "24.0.7", True),
        ("Go", "github.com/docker/docker", "v24.0.7+incompatible", "24.0.7", False),
        ("Go", "stdlib", "go1.21.12", "1.21.13", True),
        ("Go", "stdlib", "1.21.13", "1.21.13", False),
        ("Go", "stdlib", "go1.22rc1", "1.22.0-rc.2", True),
        ("Go", "stdlib", "go1.22rc2", "1.22.0-rc.2", False),
        ("Go", "toolchain", "go1.22.4 X:boringcrypto", "1.22.5", True),
        ("npm", "@babel/traverse", "7.23.1", "7.23.2", True),
        ("npm", "@babel/traverse", "8.0.0-alpha.3", "8.0.0-alpha.4", True),
        ("npm", "@babel/traverse", "8.0.0-alpha.10", "8.0.0-alpha.4", False),
        ("crates.io", "time", "0.2.22", "0.2.23", True),
        ("crates.io", "time", "0.2.23+build.1", "0.2.23", False),
        ("Maven", "org.apache.logging.log4j:log4j-core", "2.15.0-rc1", "2.15.0", True),
        ("Maven", "org.springframework:spring-beans", "5.2.20.RELEASE", "5.2.20", False),
        ("Maven", "com.google.guava:guava", "r09", "24.1.1", True),
        ("Maven", "com.google.guava:guava", "32.0.0-android", "32.0.0-jre", True),
        ("Alpine:v3.20", "openssl", "3.3.1-r0", "3.3.1-r1", True),
        ("Alpine:v3.20", "openssl", "3.3.1-r10", "3.3.1-r9", False),
        ("Alpine:v3.20", "busybox", "1.36.1_git20230601-r0", "1.36.1_git20230101-r0", False),
        ("Wolfi", "curl", "8.7.1-r3", "8.8.0-r0", True),
        ("Ubuntu:24.04:LTS", "openssl", "3.0.13-0ubuntu3.1", "3.0.13-0ubuntu3.2", True),
        ("Ubuntu:24.04:LTS", "openssl", "3.0.13-0ubuntu3.2", "3.0.13-0ubuntu3.2", False),
        ("Ubuntu:Pro:18.04:LTS", "openssl", "1.1.1-1ubuntu2.1~18.04.23+esm1", "1.1.1-1ubuntu2.1~18.04.23+esm4", True),
        ("Node.js", "node", "24.14.0", "24.14.1", True),
        ("Node.js", "node", "v24.14.1", "24.14.1", False),
    ],
)
def test_affected_until_it_is_fixed(ecosystem, name, version, fix, affected):
    answer = judged(ecosystem, name, version, ZERO, ("fixed", fix))
    assert answer == (Affected(fix) if affected else NotAffected())


@pytest.mark.parametrize(
    ("ecosystem", "name", "version"),
    [
        ("Go", "example.com/own", "(devel)"),
        ("Go", "example.com/own", ""),
        ("Go", "stdlib", "devel go1.24-2b1c0d4"),
        ("npm", "own", "workspace:*"),
        ("crates.io", "own", "git"),
        ("Maven", "own:own", "${revision}"),
        ("Alpine:v3.20", "own", "1.0bc"),
        ("Ubuntu:24.04:LTS", "own", "1_0"),
        ("PSF", "cpython", "main"),
        ("Node.js", "node", "nightly"),
    ],
)
def test_a_version_without_a_place_is_undecided_and_never_none(ecosystem, name, version):
    answer = judged(ecosystem, name, version, ZERO, ("fixed", "1.0.0"))
    assert isinstance(answer, Unknown)
    assert answer.reason.startswith("version-unparsable: ")
    assert judged(ecosystem, name, version, ZERO) == Affected()  # where all versions are


def test_an_advisory_whose_version_has_no_place_is_undecided():
    answer = judged("Alpine:v3.20", "openssl", "3.3.1-r0", ZERO, ("fixed", "soon"))
    assert isinstance(answer, Unknown)


def test_fixed_in_0_is_alpines_word_for_never_affected():
    assert judged("Alpine:v3.20", "openssl", "3.3.1-r0", ZERO, ("fixed", "0")) == NotAffected()


def test_lists_hold_versions_however_they_are_spelled():
    assert judged("Maven", "a:b", "1.0.0", versions=("1.0",)) == Affected()
    assert judged("npm", "a", "1.0.0", versions=("v1.0.0",)) == Affected()
    assert judged("npm", "a", "latest", versions=("latest",)) == Affected()
    assert judged("npm", "a", "1.0.0", versions=("2.0.0",)) == NotAffected()


def test_the_foundations_records_name_commits_or_tags():
    commits = judged("PSF", "cpython", "3.12.4", type="GIT")
    assert isinstance(commits, Unknown)
    assert commits.reason.startswith("only-git-ranges: ")
    tags = ("v3.12.0", "v3.12.4", "v3.13.0rc1")
    assert judged("PSF", "cpython", "3.12.4", type="GIT", versions=tags) == Affected()
    assert judged("PSF", "cpython", "3.13.0rc1", type="GIT", versions=tags) == Affected()
    assert judged("PSF", "cpython", "3.12.5", type="GIT", versions=tags) == NotAffected()


class TestLinesOfNode:
    """Node.js 18 had its end in April 2025."""

    LATER = (("introduced", "20.0.0"), ("fixed", "20.20.2"), ("introduced", "22.0.0"), ("fixed", "22.22.2"))

    def test_a_line_that_had_its_end_was_not_looked_at(self):
        answer = judged("Node.js", "node", "18.20.8", *self.LATER, names=(("CVE-2026-21715",),))
        assert isinstance(answer, Unknown)
        assert answer.reason.startswith("end-of-life: Node.js 18 had its end on 2025-04-30")

    def test_an_older_advisory_that_does_not_name_it_means_it(self):
        assert judged("Node.js", "node", "18.20.8", *self.LATER, names=(("CVE-2023-1",),)) == NotAffected()

    def test_one_without_a_year_may_be_younger_where_it_names_younger_lines_only(self):
        names = (("NODE-CORE-1",),)
        assert isinstance(judged("Node.js", "node", "18.20.8", *self.LATER, names=names), Unknown)
        assert judged("Node.js", "node", "24.1.0", *self.LATER, names=names) == NotAffected()

    def test_one_that_names_the_line_speaks_of_it(self):
        events = (("introduced", "18.0.0"), ("fixed", "18.20.8"))
        assert judged("Node.js", "node", "18.20.8", *events, names=(("CVE-2026-1",),)) == NotAffected()

    def test_a_line_that_is_maintained_is_not_affected_by_what_does_not_name_it(self):
        assert judged("Node.js", "node", "24.1.0", *self.LATER, names=(("CVE-2026-1",),)) == NotAffected()

    def test_the_limit_of_the_line_before_does_not_name_it(self):
        events = (("introduced", "17.0.0"), ("limit", "18.0.0"))
        answer = judged("Node.js", "node", "18.20.8", *events, names=(("CVE-2026-1",),))
        assert isinstance(answer, Unknown)


def test_packages_of_alpine_are_found_by_their_origin(known, inventory, expecting):
    library = Component("pkg:apk/alpine/libssl3@3.3.1-r0", "libssl3", "3.3.1-r0", "Alpine:v3.20", "openssl", "3.3.1-r0")
    older = Component("pkg:apk/alpine/musl@1.2.5-r0", "musl", "1.2.5-r0", "Alpine:v3.19", "musl", "1.2.5-r0")
    known.covers("Alpine:v3.20")
    known.says("ALPINE-CVE-2024-5535", "Alpine:v3.20", "openssl", fixed="3.3.1-r1", upstream=["CVE-2024-5535"])
    known.says("ALPINE-CVE-2024-1", "Alpine:v3.20", "libssl3", fixed="9")
    with expecting(known.scan(inventory(library, older))) as found:
        found.match("CVE-2024-5535", "libssl3", fixed="3.3.1-r1")
        found.unknown("no-coverage", older.purl)
