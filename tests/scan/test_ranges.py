"""The evaluation of the OSV schema, in an order where versions are numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.advisories.model import Advisory, Range
from barehull.core.outcome import Unknown
from barehull.scan.ranges import Affected, NotAffected, judge


def advisory(*ranges, versions=(), type="ECOSYSTEM"):
    return Advisory("X-1", "E", "p", tuple(Range(type, tuple(events)) for events in ranges), tuple(versions), ())


def answer(version, *ranges, versions=()):
    return judge(str(version), advisory(*ranges, versions=versions), int)


def affected(*ranges, versions=(), among=range(1, 10)):
    return [version for version in among if isinstance(answer(version, *ranges, versions=versions), Affected)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("introduced", "0")], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ([("introduced", "3")], [3, 4, 5, 6, 7, 8, 9]),
        ([("introduced", "0"), ("fixed", "3")], [1, 2]),
        ([("introduced", "2"), ("last_affected", "3")], [2, 3]),
        ([("introduced", "3"), ("last_affected", "3")], [3]),
        ([("introduced", "2"), ("fixed", "4"), ("introduced", "6"), ("fixed", "8")], [2, 3, 6, 7]),
        ([("fixed", "8"), ("introduced", "6"), ("fixed", "4"), ("introduced", "2")], [2, 3, 6, 7]),
        ([("introduced", "2"), ("fixed", "4"), ("introduced", "4"), ("fixed", "6")], [2, 3, 4, 5]),
        ([("introduced", "2"), ("introduced", "4"), ("fixed", "4"), ("fixed", "6")], [2, 3, 4, 5]),
        ([("introduced", "4"), ("fixed", "4")], []),
        ([("introduced", "0"), ("limit", "3")], [1, 2]),
        ([("introduced", "0"), ("limit", "3"), ("limit", "5")], [1, 2, 3, 4]),
        ([("introduced", "0"), ("limit", "*")], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ([("fixed", "3")], []),
        ([], []),
    ],
)
def test_a_range(events, expected):
    assert affected(events) == expected


def test_zero_comes_before_every_version():
    assert affected([("introduced", "0"), ("fixed", "-3")], among=range(-5, 0)) == [-5, -4]


def test_ranges_and_versions_add_up():
    assert affected([("introduced", "2"), ("fixed", "3")], [("introduced", "5"), ("fixed", "6")], versions=["8"]) == [
        2,
        5,
        8,
    ]


def test_versions_alone_are_enough():
    assert affected(versions=["2", "4"]) == [2, 4]


@pytest.mark.parametrize(
    ("version", "ranges", "fixed"),
    [
        (1, [[("introduced", "0"), ("fixed", "3")]], "3"),
        (1, [[("introduced", "0"), ("fixed", "3"), ("introduced", "5"), ("fixed", "7")]], "3"),
        (5, [[("introduced", "0"), ("fixed", "3"), ("introduced", "5"), ("fixed", "7")]], "7"),
        (1, [[("introduced", "0"), ("fixed", "7")], [("introduced", "0"), ("fixed", "3")]], "3"),
        (1, [[("introduced", "0")]], ""),
        (1, [[("introduced", "0"), ("last_affected", "3")]], ""),
    ],
)
def test_the_fix_is_the_nearest_version_after(version, ranges, fixed):
    assert answer(version, *ranges) == Affected(fixed)


def test_commits_only_say_nothing_of_versions():
    assert judge("1", advisory([], type="GIT"), int) == Unknown("only-git-ranges: X-1 names commits, and no versions")
    assert judge("1", advisory(), int) == Unknown("no-versions: X-1 says nothing of versions")


def test_commits_beside_versions_are_passed_over():
    git = Advisory("X-1", "E", "p", (Range("GIT", ()),), ("1",), ())
    assert judge("1", git, int) == Affected()
    assert judge("2", git, int) == NotAffected()


def test_a_version_without_a_place_is_unknown_unless_the_answer_is_the_same_for_all():
    def keyword(**said):
        return judge("trunk", advisory(**said), int)

    some = advisory([("introduced", "0"), ("fixed", "3")])
    answer = judge("trunk", some, int)
    assert isinstance(answer, Unknown)
    assert answer.reason.startswith("version-unparsable: ")
    assert judge("trunk", advisory([("introduced", "0")]), int) == Affected()
    assert judge("trunk", advisory(versions=["trunk"]), int) == Affected()


def test_an_event_without_a_place_is_unknown():
    assert isinstance(answer(1, [("introduced", "0"), ("fixed", "soon")]), Unknown)
    assert isinstance(answer(1, [("introduced", "soon")]), Unknown)


points = st.lists(st.integers(1, 12), unique=True, max_size=6).map(sorted)


@given(points, st.randoms(use_true_random=False), st.integers(1, 14))
def test_disjoint_stretches_in_any_order_hold_what_they_hold(points, random, version):
    stretches = list(zip(points[::2], points[1::2], strict=False))
    events = [
        (kind, str(point))
        for stretch in stretches
        for kind, point in zip(("introduced", "fixed"), stretch, strict=True)
    ]
    random.shuffle(events)
    expected = any(low <= version < high for low, high in stretches)
    assert isinstance(answer(version, events), Affected) == expected


kinds = st.sampled_from(["introduced", "fixed", "last_affected", "limit"])
histories = st.lists(st.tuples(kinds, st.integers(0, 8)), max_size=6, unique_by=lambda event: event[1])


@given(histories, st.integers(1, 9))
def test_it_agrees_with_the_schemas_own_algorithm(events, version):
    """The pseudocode of the schema, step by step; it leaves events at one version open, so there are none."""
    limits = [at for kind, at in events if kind == "limit"]
    vulnerable = False
    for kind, at in sorted(events, key=lambda event: event[1]):
        if kind == "introduced" and version >= at:
            vulnerable = True
        if kind == "fixed" and version >= at:
            vulnerable = False
        if kind == "last_affected" and version > at:
            vulnerable = False
    expected = vulnerable and (not limits or any(version < at for at in limits))
    assert isinstance(answer(version, [(kind, str(at)) for kind, at in events]), Affected) == expected


def test_what_was_never_released_is_named_so() -> None:
    unknown = judge("", advisory([("introduced", "1"), ("fixed", "2")]), int)
    assert unknown == Unknown("version-unparsable: which released version it is, if any, cannot be told")
    assert judge("", advisory([("introduced", "0")]), int) == Affected()  # whichever it is
