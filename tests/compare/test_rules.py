from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.advisories.model import Database, SourceState
from barehull.advisories.severity import Level, Severity
from barehull.application.policy import RULES
from barehull.compare.compare import compare
from barehull.compare.model import Acceptance, Policy, Verdict, Waiver
from barehull.compare.policies import rules
from barehull.compare.policy import judge, judge_alone
from barehull.scan.model import Match, Scan
from barehull.vex.model import Product, Statement

from .conftest import DATABASE, match, package, scan, unknown

TODAY = date(2026, 11, 24)
TOMORROW, YESTERDAY = date(2026, 11, 25), date(2026, 11, 23)
OPENSSL = package("openssl 3")
WITH_KEV: Database = replace(DATABASE, sources=(SourceState("kev", "CISA's catalog", "read", "2026-11-24", 9),))


def bad(cve: str, level: Level, fixed: str = "") -> Match:
    return replace(match(cve, OPENSSL, fixed), severity=Severity(level))


def verdict(rule: str, old: Scan | None, new: Scan, **policy: object) -> Verdict:
    name, _, level = rule.partition("=")
    rule_ = Policy(rules=(name,), max_severity=level, **policy)
    return judge(compare(old, new), rule_, TODAY) if old else judge_alone(new, rule_, TODAY)


def test_the_configuration_knows_the_rules_that_there_are() -> None:
    assert tuple(rules()) == RULES


@pytest.mark.parametrize("old", [scan(), None])
def test_fixable_fails_with_anything_that_has_a_fix(old: Scan | None) -> None:
    assert verdict("fixable", old, scan(match("CVE-1", OPENSSL, "4"))).state == "failed"
    assert verdict("fixable", old, scan(match("CVE-1", OPENSSL, ""))).state == "passed"


def test_no_new_fails_with_anything_introduced_however_many_went() -> None:
    old = scan(*(match(f"CVE-{number}", OPENSSL) for number in range(9)))
    failed = verdict("no-new", old, scan(match("CVE-99", OPENSSL, "")))
    assert (failed.state, failed.reasons) == ("failed", ("CVE-99 introduced",))
    assert verdict("no-new", old, scan(match("CVE-1", OPENSSL))).state == "passed"


def test_no_new_cannot_tell_without_what_is_replaced() -> None:
    alone = verdict("no-new", None, scan())
    assert alone.state == "undecided"
    assert "no image to compare with" in alone.reasons[0]


@pytest.mark.parametrize(
    ("level", "allowed", "state"),
    [
        ("critical", "high", "failed"),
        ("high", "high", "passed"),
        ("high", "medium", "failed"),
        ("low", "none", "failed"),
        ("none", "none", "passed"),
        ("unknown", "high", "undecided"),
    ],
)
def test_max_severity(level: Level, allowed: str, state: str) -> None:
    assert verdict(f"max-severity={allowed}", None, scan(bad("CVE-1", level))).state == state


def test_a_vulnerability_is_as_bad_as_the_worst_that_is_said_of_it() -> None:
    other = replace(match("CVE-1", package("libssl 3")), severity=Severity("critical"))
    assert verdict("max-severity=high", None, scan(bad("CVE-1", "unknown"), other)).state == "failed"
    assert verdict("max-severity=high", None, scan(bad("CVE-1", "low"), bad("CVE-1", "unknown"))).state == "passed"


@pytest.mark.parametrize("subject", ["CVE-1", "unknown-severity"])
def test_an_unknown_severity_can_be_accepted_by_name(subject: str) -> None:
    acceptance = Acceptance(subject, "looked at", TOMORROW)
    passed = verdict("max-severity=high", None, scan(bad("CVE-1", "unknown")), acceptances=(acceptance,))
    assert (passed.state, passed.used) == ("passed", (f"{subject} until 2026-11-25: looked at",))


def test_the_acceptance_of_an_ecosystems_limits_accepts_no_unknown_severity() -> None:
    acceptance = Acceptance("Debian:13", "fixable only is fine", TOMORROW)
    assert (
        verdict("max-severity=high", None, scan(bad("CVE-1", "unknown")), acceptances=(acceptance,)).state
        == "undecided"
    )


def test_a_known_exploited_one_fails() -> None:
    exploited = replace(match("CVE-1", OPENSSL, ""), known_exploited=True)
    failed = verdict("no-known-exploited", None, scan(exploited, database=WITH_KEV))
    assert (failed.state, failed.reasons) == ("failed", ("CVE-1 known to be exploited",))
    assert verdict("no-known-exploited", None, scan(match("CVE-1", OPENSSL), database=WITH_KEV)).state == "passed"


@pytest.mark.parametrize("state", ["absent", "left-out", None])
def test_without_the_list_of_exploited_ones_nothing_is_known_of_them(state: str | None) -> None:
    sources = (SourceState("kev", "CISA's catalog", state),) if state else ()
    undecided = verdict("no-known-exploited", None, scan(database=replace(DATABASE, sources=sources)))
    assert undecided.state == "undecided"
    assert "barehull db update" in undecided.reasons[0]


@pytest.mark.parametrize("rule", ["fixable", "max-severity=high", "no-known-exploited"])
def test_what_is_unknown_on_both_sides_cancels_only_for_rules_that_compare(rule: str) -> None:
    one = scan(undecided=[unknown("x")], database=WITH_KEV)
    assert verdict("guideline", one, one).state == verdict("no-new", one, one).state == "passed"
    assert verdict(rule, one, one).state == "undecided"


@pytest.mark.parametrize(
    ("new", "state"),
    [
        (scan(bad("CVE-1", "low")), "passed"),
        (scan(bad("CVE-1", "critical")), "failed"),
        (scan(bad("CVE-1", "unknown")), "undecided"),
        (scan(bad("CVE-1", "low", fixed="4")), "failed"),
        (scan(bad("CVE-1", "unknown", fixed="4")), "failed"),
    ],
)
def test_all_rules_must_pass_and_a_failure_stands_beside_a_question(new: Scan, state: str) -> None:
    both = Policy(rules=("fixable", "max-severity"), max_severity="high")
    judged = judge_alone(new, both, TODAY)
    assert judged.state == state
    assert judged.policy == "fixable, max-severity=high"
    assert [reason.split()[0] for reason in judged.reasons[:2]] == ["fixable", "max-severity=high"]


@given(
    st.lists(st.sampled_from(RULES), min_size=1, unique=True),
    st.sampled_from(["", "4"]),
    st.sampled_from(["low", "critical", "unknown"]),
)
def test_a_combination_is_as_good_as_its_worst_rule(names: list[str], fixed: str, level: Level) -> None:
    policy = Policy(rules=tuple(names), max_severity="high")
    old, new = scan(database=WITH_KEV), scan(bad("CVE-1", level, fixed), database=WITH_KEV)
    comparison = compare(old, new)
    alone = {judge(comparison, replace(policy, rules=(name,)), TODAY).state for name in names}
    worst = next(state for state in ("failed", "undecided", "passed") if state in alone)
    assert judge(comparison, policy, TODAY).state == worst


def test_a_waiver_counts_for_every_rule() -> None:
    waiver = Waiver("CVE-1", "openssl", "not reachable", TOMORROW)
    policy = Policy(rules=("fixable", "max-severity", "no-new"), max_severity="high", waivers=(waiver,))
    judged = judge(compare(scan(), scan(bad("CVE-1", "critical", "4"))), policy, TODAY)
    assert judged.state == "passed"
    assert [(it.match.vulnerability.id, it.by) for it in judged.waived] == [("CVE-1", waiver)]


def test_a_waiver_that_is_over_is_named_as_the_cause_where_it_is() -> None:
    waiver = Waiver("CVE-1", "openssl", "not reachable", YESTERDAY)
    judged = verdict("fixable", None, scan(bad("CVE-1", "low", "4")), waivers=(waiver,))
    assert judged.expired == ("CVE-1 in openssl until 2026-11-23: not reachable",)
    told = "it would have passed until this was over: CVE-1 in openssl until 2026-11-23: not reachable"
    assert told in judged.reasons


@pytest.mark.parametrize("new", [scan(), scan(bad("CVE-1", "low", "4"), bad("CVE-2", "low", "4"))])
def test_a_waiver_that_is_over_and_is_not_the_cause_is_not_named_as_one(new: Scan) -> None:
    waiver = Waiver("CVE-1", "openssl", "not reachable", YESTERDAY)
    judged = verdict("fixable", None, new, waivers=(waiver,))
    assert judged.expired
    assert not any("until this was over" in reason for reason in judged.reasons)


def test_an_acceptance_that_is_over_is_named_as_the_cause() -> None:
    acceptance = Acceptance("x", "looked at", YESTERDAY)
    judged = verdict("guideline", scan(), scan(undecided=[unknown("x")]), acceptances=(acceptance,))
    assert judged.state == "undecided"
    assert "it would have passed until this was over: x until 2026-11-23: looked at" in judged.reasons


def test_an_unused_waiver_is_told() -> None:
    judged = verdict("fixable", None, scan(), waivers=(Waiver("CVE-9", "*", "old", TOMORROW),))
    assert "unused: CVE-9 in * until 2026-11-25: old" in judged.reasons


def vex(status: str = "not_affected", file: str = "a.json", **others: Any) -> Statement:
    given: dict[str, Any] = {
        "names": ("CVE-1",),
        "products": (Product(digests=("sha256:" + "a" * 64,)),),
        "why": "vulnerable_code_not_present",
        "timestamp": datetime(2026, 11, 1, tzinfo=UTC),
        "author": "Ann",
        "place": "statements[0]",
    }
    return Statement(status=status, file=file, **(given | others))


def test_a_statement_of_a_vex_document_waives_and_its_author_and_file_are_named() -> None:
    judged = verdict("fixable", None, scan(bad("CVE-1", "low", "4")), vex=(vex(),))
    assert judged.state == "passed"
    assert judged.used == ("CVE-1 in openssl: not_affected (vulnerable_code_not_present), says Ann in a.json",)


def test_a_statement_that_is_not_accepted_is_told() -> None:
    judged = verdict("fixable", None, scan(bad("CVE-1", "low", "4")), vex=(vex(problem="no justification"),))
    assert judged.state == "failed"
    told = "not accepted: CVE-1 in openssl: a.json: statements[0] is not accepted: no justification"
    assert told in judged.reasons


def test_a_vex_document_on_another_image_does_nothing_and_is_told() -> None:
    other = vex(products=(Product(digests=("sha256:" + "c" * 64,)),))
    judged = verdict("fixable", None, scan(bad("CVE-1", "low", "4")), vex=(other,))
    assert judged.state == "failed"
    assert any(reason.startswith("unused: 1 of 1 statements in a.json") for reason in judged.reasons)


def test_what_the_configuration_waives_too_is_not_put_down_to_a_vex_document() -> None:
    waiver = Waiver("CVE-1", "*", "looked at", TOMORROW)
    judged = verdict("fixable", None, scan(bad("CVE-1", "low", "4")), vex=(vex(),), waivers=(waiver,))
    assert [it.by for it in judged.waived] == [waiver]
    assert judged.used == ("CVE-1 in * until 2026-11-25: looked at",)


def test_a_vex_document_decides_no_question() -> None:
    judged = verdict("guideline", scan(), scan(undecided=[unknown("x")]), vex=(vex("fixed"),))
    assert judged.state == "undecided"
