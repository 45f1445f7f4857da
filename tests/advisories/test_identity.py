"""What is one vulnerability?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from barehull.advisories.identity import Statement, identify


def says(id, *aliases, upstream=()):
    return Statement(id, tuple(aliases), tuple(upstream))


def test_aliases_join_and_the_cve_comes_first():
    answer = identify([says("PYSEC-2024-1", "CVE-2024-0001", "GHSA-aaaa"), says("GHSA-aaaa", "CVE-2024-0001")])
    one = (("CVE-2024-0001", "GHSA-aaaa", "PYSEC-2024-1"),)
    assert answer == {"PYSEC-2024-1": one, "GHSA-aaaa": one}


def test_records_join_through_an_alias_that_is_no_record():
    answer = identify([says("GO-2024-1", "CVE-2024-0001"), says("GHSA-aaaa", "CVE-2024-0001")])
    assert answer["GO-2024-1"] == answer["GHSA-aaaa"] == (("CVE-2024-0001", "GHSA-aaaa", "GO-2024-1"),)


def test_without_a_cve_the_ghsa_is_preferred():
    assert identify([says("GO-2024-1", "GHSA-aaaa")]) == {"GO-2024-1": (("GHSA-aaaa", "GO-2024-1"),)}


def test_a_record_without_aliases_stands_alone():
    assert identify([says("PYSEC-2024-1")]) == {"PYSEC-2024-1": (("PYSEC-2024-1",),)}


def test_cyclic_aliases_are_one():
    answer = identify([says("A-1", "B-1"), says("B-1", "C-1"), says("C-1", "A-1"), says("A-2", "A-2")])
    assert answer["A-1"] == answer["B-1"] == answer["C-1"] == (("A-1", "B-1", "C-1"),)
    assert answer["A-2"] == (("A-2",),)


def test_two_cves_are_never_merged_a_record_of_both_is_about_each():
    answer = identify([says("GHSA-both", "CVE-2024-0001", "CVE-2024-0002"), says("PYSEC-1", "CVE-2024-0001")])
    assert answer["GHSA-both"] == (("CVE-2024-0001", "PYSEC-1"), ("CVE-2024-0002",))
    assert answer["PYSEC-1"] == (("CVE-2024-0001", "PYSEC-1"),)


def test_an_identifier_belongs_to_the_cve_it_is_nearest_to():
    chain = [says("PYSEC-1", "CVE-2024-0001", "GHSA-between"), says("PYSEC-2", "CVE-2024-0002", "GHSA-between")]
    near = [says("PYSEC-3", "GHSA-near"), says("GHSA-near", "CVE-2024-0001")]
    answer = identify(chain + near)
    assert answer["PYSEC-1"] == (("CVE-2024-0001", "GHSA-near", "PYSEC-1", "PYSEC-3"),)
    assert answer["PYSEC-2"] == (("CVE-2024-0002", "PYSEC-2"),)
    assert answer["PYSEC-3"] == answer["PYSEC-1"]


def test_cves_that_call_each_other_aliases_stay_two():
    answer = identify([says("CVE-2024-0001", "CVE-2024-0002"), says("CVE-2024-0002")])
    assert answer == {"CVE-2024-0001": (("CVE-2024-0001",),), "CVE-2024-0002": (("CVE-2024-0002",),)}


def test_a_distributions_record_is_about_each_cve_it_names_and_joins_none():
    answer = identify(
        [says("DSA-5000-1", upstream=["CVE-2024-0001", "CVE-2024-0002"]), says("PYSEC-1", "CVE-2024-0001", "GHSA-aaaa")]
    )
    assert answer["DSA-5000-1"] == (("CVE-2024-0001", "GHSA-aaaa", "PYSEC-1"), ("CVE-2024-0002",))
    assert answer["PYSEC-1"] == (("CVE-2024-0001", "GHSA-aaaa", "PYSEC-1"),)


def test_the_cve_in_a_distributions_own_identifier_counts_where_upstream_is_missing():
    answer = identify(
        [says("DEBIAN-CVE-2024-0001"), says("UBUNTU-CVE-2024-0002", upstream=["CVE-2024-0002"]), says("DSA-1-1")]
    )
    assert answer == {
        "DEBIAN-CVE-2024-0001": (("CVE-2024-0001",),),
        "UBUNTU-CVE-2024-0002": (("CVE-2024-0002",),),
        "DSA-1-1": (("DSA-1-1",),),
    }


def test_aliases_of_an_old_dsa_do_not_join_its_cves():
    answer = identify([says("DSA-1-1", "CVE-2024-0001", "CVE-2024-0002")])
    assert answer == {"DSA-1-1": (("CVE-2024-0001",), ("CVE-2024-0002",))}


names = st.sampled_from(
    [f"CVE-2024-000{n}" for n in range(4)] + [f"GHSA-{n}" for n in range(4)] + [f"PYSEC-{n}" for n in range(4)]
)
statements = st.lists(
    st.builds(Statement, names, st.lists(names, max_size=3).map(tuple)), max_size=8, unique_by=lambda one: one.id
)


@given(statements, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(known, random):
    shuffled = list(known)
    random.shuffle(shuffled)
    assert identify(shuffled) == identify(known)


@given(statements)
def test_every_record_is_about_something_and_no_vulnerability_has_two_cves(known):
    answer = identify(known)
    assert answer.keys() == {one.id for one in known}
    for groups in answer.values():
        assert groups
        for group in groups:
            assert sum(name.startswith("CVE-") for name in group) <= 1
            assert not any(name.startswith("CVE-") for name in group[1:])


@given(statements)
def test_an_identifier_is_in_one_vulnerability_only(known):
    groups = {group for of in identify(known).values() for group in of}
    every = [name for group in groups for name in group]
    assert len(every) == len(set(every))


@given(statements)
def test_every_cve_that_a_record_names_itself_is_counted(known):
    answer = identify(known)
    for one in known:
        direct = {name for name in (one.id,) if name.startswith("CVE-")} or {
            n for n in one.aliases if n.startswith("CVE-")
        }
        assert direct <= {group[0] for group in answer[one.id]}
