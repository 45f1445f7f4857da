from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.compare.compare import compare
from barehull.compare.model import Acceptance, Policy, Verdict, Waiver
from barehull.compare.policy import judge, judge_alone
from barehull.scan.model import Scan

from .conftest import FIXED_ONLY, match, package, scan, unknown

TODAY = date(2026, 11, 24)
TOMORROW, YESTERDAY = date(2026, 11, 25), date(2026, 11, 23)
OPENSSL = package("openssl 3")


PLAIN = Policy()


def verdict(old: Scan, new: Scan, policy: Policy = PLAIN) -> Verdict:
    return judge(compare(old, new), policy, TODAY)


def test_a_lower_count_passes() -> None:
    old = scan(match("CVE-1", OPENSSL), match("CVE-2", OPENSSL))
    assert verdict(old, scan(match("CVE-1", OPENSSL))).state == "passed"


def test_the_same_count_with_something_fixable_left_fails() -> None:
    one = scan(match("CVE-1", OPENSSL))
    assert verdict(one, one).state == "failed"


def test_a_rebuild_that_cannot_do_better_passes() -> None:
    one = scan(match("CVE-1", OPENSSL, fixed=""))
    assert verdict(one, one).state == "passed"
    assert verdict(scan(), scan()).state == "passed"


def test_one_that_is_introduced_without_a_fix_fails_when_the_count_does_not_go_down() -> None:
    old, new = scan(match("CVE-1", OPENSSL, "")), scan(match("CVE-2", OPENSSL, ""))
    assert verdict(old, new).state == "failed"


def test_one_that_is_introduced_without_a_fix_may_come_with_a_lower_count() -> None:
    old = scan(match("CVE-1", OPENSSL), match("CVE-2", OPENSSL))
    assert verdict(old, scan(match("CVE-3", OPENSSL, ""))).state == "passed"


def test_one_that_is_introduced_although_there_is_a_fix_fails_whatever_the_count() -> None:
    old = scan(*(match(f"CVE-{number}", OPENSSL) for number in range(70)))
    failed = verdict(old, scan(match("CVE-99", package("urllib3 1", "PyPI"))))
    assert failed.state == "failed"
    assert any("CVE-99" in reason for reason in failed.reasons)


def test_a_question_about_the_new_image_alone_leaves_it_undecided() -> None:
    assert verdict(scan(), scan(undecided=[unknown("pkg:generic/x@1")])).state == "undecided"


def test_a_question_about_the_old_image_alone_does_not_matter() -> None:
    assert verdict(scan(undecided=[unknown("pkg:generic/x@1")]), scan()).state == "passed"


def test_a_certain_failure_stands_beside_a_question() -> None:
    new = scan(match("CVE-1", OPENSSL), undecided=[unknown("x")])
    assert verdict(scan(), new).state == "failed"


@pytest.mark.parametrize(
    ("subject", "of"),
    [
        ("Debian:13", unknown("Debian:13", "fixed-only", "Debian:13")),
        ("pkg:generic/x@1", unknown("pkg:generic/x@1?arch=amd64")),
        ("pkg:generic/x", unknown("pkg:generic/x@1")),
        ("/usr/lib/x.so", unknown("usr/lib/x.so", "unowned-elf")),
    ],
)
def test_what_is_accepted_by_name_passes_and_is_named(subject: str, of: object) -> None:
    policy = Policy(acceptances=(Acceptance(subject, "looked at", TODAY),))
    passed = verdict(scan(), scan(undecided=[of]), policy)
    assert passed.state == "passed"
    assert passed.used == (f"{subject} until 2026-11-24: looked at",)


def test_an_acceptance_of_something_else_does_not_count_and_is_told() -> None:
    policy = Policy(acceptances=(Acceptance("pkg:generic/y", "no", TOMORROW),))
    undecided = verdict(scan(), scan(undecided=[unknown("pkg:generic/x@1")]), policy)
    assert undecided.state == "undecided"
    assert any("unused: pkg:generic/y" in reason for reason in undecided.reasons)


def test_an_acceptance_that_is_over_does_not_count_and_is_told() -> None:
    policy = Policy(acceptances=(Acceptance("Debian:13", "was fine", YESTERDAY),))
    undecided = verdict(scan(), scan(undecided=[unknown("Debian:13", "fixed-only", "Debian:13")]), policy)
    assert undecided.state == "undecided"
    assert undecided.expired == ("Debian:13 until 2026-11-23: was fine",)


@pytest.mark.parametrize("package_name", ["openssl", "*"])
def test_a_waived_vulnerability_does_not_count(package_name: str) -> None:
    one = scan(match("CVE-1", OPENSSL))
    waiver = Waiver("CVE-1", package_name, "not reachable", TODAY)
    assert verdict(one, one, Policy(waivers=(waiver,))).state == "passed"


@pytest.mark.parametrize(
    "waiver",
    [
        Waiver("CVE-1", "openssl", "", YESTERDAY),
        Waiver("CVE-1", "curl", "", TOMORROW),
        Waiver("CVE-2", "openssl", "", TOMORROW),
    ],
)
def test_a_waiver_that_is_over_or_of_something_else_does_not_count(waiver: Waiver) -> None:
    one = scan(match("CVE-1", OPENSSL))
    assert verdict(one, one, Policy(waivers=(waiver,))).state == "failed"


def test_with_data_on_fixed_ones_only_the_verdict_speaks_of_fixable_ones() -> None:
    one = scan(others=[OPENSSL], database=FIXED_ONLY)
    assert "0 fixable vulnerabilities before" in verdict(one, one).reasons[0]


def test_a_first_release_passes_with_nothing_fixable_left() -> None:
    assert judge_alone(scan(match("CVE-1", OPENSSL, "")), Policy(), TODAY).state == "passed"
    assert judge_alone(scan(match("CVE-1", OPENSSL)), Policy(), TODAY).state == "failed"
    assert judge_alone(scan(undecided=[unknown("x")]), Policy(), TODAY).state == "undecided"


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abcd"), min_size=1))
def test_nothing_passes_with_a_question_that_only_the_new_image_raises(old: list[str], new: list[str]) -> None:
    before, after = scan(undecided=map(unknown, old)), scan(undecided=map(unknown, new))
    assert (verdict(before, after).state == "passed") == (set(new) <= set(old))


def test_a_verdict_names_its_questions_and_who_settled_which() -> None:
    path = Acceptance("/usr/lib/x", "ours", TOMORROW)
    said = verdict(scan(), scan(undecided=[unknown("usr/lib/x"), unknown("usr/lib/y")]), Policy(acceptances=(path,)))
    assert [it.subject for it in said.questions] == ["usr/lib/y"]
    assert [(it.undecided.subject, it.by) for it in said.accepted] == [("usr/lib/x", path)]
