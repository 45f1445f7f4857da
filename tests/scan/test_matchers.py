"""One matcher for each ecosystem, each with its order of versions."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.advisories.model import Advisory, Range
from barehull.core.outcome import Unknown
from barehull.debian.version import compare
from barehull.scan.matchers import debian as debian_matcher
from barehull.scan.matchers import pypi as pypi_matcher
from barehull.scan.ranges import Affected
from barehull.scan.scan import matchers


def fixed_in(version, introduced="0"):
    return Advisory("X-1", "", "", (Range("ECOSYSTEM", (("introduced", introduced), ("fixed", version))),), (), ())


def listed(*versions):
    return Advisory("X-1", "", "", (), versions, ())


def test_every_matcher_is_found_by_its_file_and_ecosystems_belong_to_one():
    assert debian_matcher in matchers()
    assert pypi_matcher in matchers()
    for ecosystem, count in [
        ("Debian:12", 1),
        ("Debian:13", 1),
        ("PyPI", 1),
        ("Debian", 0),
        ("", 0),
        ("PyPI:3", 0),
        ("npm:1", 0),
    ]:
        assert sum(matcher.handles(ecosystem) for matcher in matchers()) == count, ecosystem


@pytest.mark.parametrize(
    ("version", "fix", "affected"),
    [
        ("3.0.11-1~deb12u2", "3.0.13-1~deb12u1", True),
        ("3.0.13-1~deb12u1", "3.0.13-1~deb12u1", False),
        ("3.0.9-1", "3.0.11-1", True),
        ("1:1.0-1", "2.0-1", False),
        ("2.36-9+deb12u3", "2.36-9+deb12u10", True),
        ("1.0~rc1-1", "1.0-1", True),
        ("1.0-1", "0:1.0-1", False),
        ("0~beta-1", "1", True),
    ],
)
def test_debian_by_dpkgs_order(debian, version, fix, affected):
    answer = debian_matcher.match(debian("openssl", version), fixed_in(fix))
    assert isinstance(answer, Affected) == affected


def test_debian_by_the_version_of_the_source_not_the_binary(debian):
    from dataclasses import replace

    rebuilt = replace(debian("openssl", "1.0-1"), version="9.0-1+b1")
    assert isinstance(debian_matcher.match(rebuilt, fixed_in("1.1-1")), Affected)


def test_debian_by_list(debian):
    assert isinstance(debian_matcher.match(debian("openssl", "0:1.0-1"), listed("1.0-1")), Affected)


@pytest.mark.parametrize(
    ("version", "fix", "affected"),
    [
        ("1.9", "1.10", True),
        ("2.0", "2.0.0", False),
        ("2.0rc1", "2.0", True),
        ("2.0.post1", "2.0", False),
        ("2.0.dev1", "2.0rc1", True),
        ("1!1.0", "2.0", False),
        ("v1.0", "1.1", True),
        ("0.dev0", "1.0", True),
    ],
)
def test_pypi_by_pep_440(pypi, version, fix, affected):
    assert isinstance(pypi_matcher.match(pypi("flask", version), fixed_in(fix)), Affected) == affected


def test_a_local_build_has_the_vulnerabilities_of_the_public_version(pypi):
    last = Advisory("X-1", "", "", (Range("ECOSYSTEM", (("introduced", "1.0"), ("last_affected", "1.13"))),), (), ())
    assert isinstance(pypi_matcher.match(pypi("torch", "1.13+cu117"), last), Affected)
    assert isinstance(pypi_matcher.match(pypi("torch", "1.13+cu117"), listed("1.13.0")), Affected)


@pytest.mark.parametrize(("version", "entry"), [("1.0", "1.0.0"), ("1.0-rc1", "1.0rc1"), ("2004d", "2004d")])
def test_pypi_lists_hold_versions_however_they_are_spelled(pypi, version, entry):
    assert isinstance(pypi_matcher.match(pypi("pytz", version), listed("0.1", entry)), Affected)


@pytest.mark.parametrize("version", ["", "2004d", "trunk", "1.0 ", "1\n"])
def test_a_version_outside_pep_440_is_unknown_or_what_packaging_reads(pypi, version):
    answer = pypi_matcher.match(pypi("pytz", version), fixed_in("2005.1"))
    assert isinstance(answer, (Unknown, Affected))
    if version in {"", "2004d", "trunk"}:
        assert isinstance(answer, Unknown)
        assert answer.reason.startswith("version-unparsable: ")


@pytest.mark.parametrize("version", ["", "a b", "1:", "1.0\n", "x" * 400])
def test_a_version_that_dpkg_would_not_take_is_unknown(debian, version):
    answer = debian_matcher.match(debian("openssl", version), fixed_in("1.0"))
    assert isinstance(answer, Unknown)
    assert answer.reason.startswith("version-unparsable: ")


debian_versions = st.from_regex(r"([0-2]:)?[0-9][0-9a-z.+~]{0,5}(-[0-9a-z.+~]{1,4})?", fullmatch=True)


@given(debian_versions, debian_versions)
def test_debian_a_version_is_affected_exactly_when_it_is_older_than_the_fix(version, fix):
    from barehull.inventory.model import Component

    component = Component("", "", version, "Debian:13", "", version)
    if fix != "0":  # OSV's "0" is before all versions
        assert isinstance(debian_matcher.match(component, fixed_in(fix)), Affected) == (compare(version, fix) < 0)


@given(st.lists(debian_versions, min_size=2, max_size=6))
def test_debian_sorted_versions_become_unaffected_once_and_stay_so(versions):
    from barehull.inventory.model import Component

    versions.sort(key=cmp_to_key(compare))
    fix = versions[len(versions) // 2]
    if fix == "0":
        return
    answers = [
        isinstance(debian_matcher.match(Component("", "", v, "Debian:13", "", v), fixed_in(fix)), Affected)
        for v in versions
    ]
    assert all(before or not after for before, after in pairwise(answers))
