from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.compare.compare import compare
from barehull.core.errors import InputError
from barehull.scan.model import Scan

from .conftest import FIXED_ONLY, match, package, scan, unknown


def test_what_went_by_a_newer_version_names_its_successor() -> None:
    old = scan(match("CVE-1", package("libssl3=openssl 3.0", "Debian:12")))
    new = scan(others=[package("libssl3t64=openssl 3.5")])
    (fixed,) = compare(old, new).fixed
    assert fixed.why == "newer-version"
    assert fixed.successor == package("libssl3t64=openssl 3.5")


def test_what_went_with_its_package_was_left_out() -> None:
    (fixed,) = compare(scan(match("CVE-1", package("bash 5.2"))), scan()).fixed
    assert (fixed.why, fixed.successor) == ("left-out", None)


def test_a_package_of_another_ecosystem_is_no_successor() -> None:
    old = scan(match("CVE-1", package("yaml 1", "PyPI")))
    (fixed,) = compare(old, scan(others=[package("yaml 2")])).fixed
    assert fixed.why == "left-out"


def test_what_came_with_a_new_component() -> None:
    new = scan(match("CVE-1", package("urllib3 1.26", "PyPI")))
    (introduced,) = compare(scan(), new).introduced
    assert (introduced.why, introduced.predecessor) == ("new-component", None)


def test_what_came_with_another_version() -> None:
    old = scan(others=[package("openssl 3.0", "Debian:12")])
    (introduced,) = compare(old, scan(match("CVE-1", package("openssl 3.5")))).introduced
    assert introduced.why == "other-version"
    assert introduced.predecessor == package("openssl 3.0", "Debian:12")


def test_a_vulnerability_that_moves_to_another_package_remains() -> None:
    comparison = compare(scan(match("CVE-1", package("a 1"))), scan(match("CVE-1", package("b 1"))))
    assert [each.component.name for each in comparison.remaining] == ["b"]
    assert comparison.fixed == comparison.introduced == ()


def test_the_same_question_on_both_sides_cancels() -> None:
    old = scan(undecided=[unknown("pkg:generic/x@1"), unknown("pkg:generic/gone@1")])
    new = scan(undecided=[unknown("pkg:generic/x@1"), unknown("pkg:generic/come@1")])
    comparison = compare(old, new)
    assert [each.subject for each in comparison.cancelled] == ["pkg:generic/x@1"]
    assert [each.subject for each in comparison.undecided] == ["pkg:generic/come@1"]
    assert [each.subject for each in comparison.left_behind] == ["pkg:generic/gone@1"]


def test_another_version_of_an_unknown_component_does_not_cancel() -> None:
    comparison = compare(scan(undecided=[unknown("pkg:generic/x@1")]), scan(undecided=[unknown("pkg:generic/x@2")]))
    assert comparison.cancelled == ()


def test_another_reason_does_not_cancel() -> None:
    old = scan(undecided=[unknown("pkg:generic/x@1", "vendored")])
    assert len(compare(old, scan(undecided=[unknown("pkg:generic/x@1", "no-coverage")])).undecided) == 1


def test_scans_by_two_databases_are_not_compared() -> None:
    with pytest.raises(InputError, match="different databases"):
        compare(scan(), scan(database=FIXED_ONLY))


def test_images_of_two_platforms_are_not_compared() -> None:
    new = scan()
    other = replace(new, inventory=replace(new.inventory, platform="linux/arm64"))
    with pytest.raises(InputError, match="linux/arm64"):
        compare(new, other)


names = st.sampled_from(["a 1", "a 2", "b 1", "c=b 3"])
scans = st.lists(st.tuples(st.sampled_from(["CVE-1", "CVE-2", "CVE-3", "CVE-4"]), names), max_size=8).map(
    lambda pairs: scan(*{match(cve, package(name)) for cve, name in pairs})
)


@given(scans)
def test_an_image_compared_with_itself_changes_nothing(one: Scan) -> None:
    comparison = compare(one, one)
    assert comparison.fixed == comparison.introduced == ()
    assert set(comparison.remaining) == set(one.matches)


@given(scans, scans)
def test_old_less_fixed_and_introduced_more_is_new(old: Scan, new: Scan) -> None:
    comparison = compare(old, new)
    fixed = {each.vulnerability.id for each in comparison.fixed}
    introduced = {each.match.vulnerability.id for each in comparison.introduced}
    assert len(old.vulnerabilities) - len(fixed) + len(introduced) == len(new.vulnerabilities)


@given(scans, scans)
def test_the_other_way_round_what_was_fixed_is_introduced(old: Scan, new: Scan) -> None:
    there, back = compare(old, new), compare(new, old)
    assert {each.vulnerability.id for each in there.fixed} == {each.match.vulnerability.id for each in back.introduced}
