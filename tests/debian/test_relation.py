from __future__ import annotations

import pytest

from barehull.core.errors import InputError
from barehull.debian.relation import Relation, parse_relations


def test_groups_and_alternatives() -> None:
    assert parse_relations("libc6 (>= 2.38), debconf (>= 0.5) | debconf-2.0, python3:any (>=3.13)") == (
        (Relation("libc6", ">=", "2.38"),),
        (Relation("debconf", ">=", "0.5"), Relation("debconf-2.0")),
        (Relation("python3", ">=", "3.13"),),
    )


@pytest.mark.parametrize("field", ["", ", ", " \n"])
def test_nothing(field: str) -> None:
    assert parse_relations(field) == ()


@pytest.mark.parametrize("field", ["a b", "a (> 1)", "a (>= )", "a (>= 1", "(>= 1)", "a | ", "a:i386", "a,b;c"])
def test_what_is_no_relation_is_refused(field: str) -> None:
    with pytest.raises(InputError, match="not a relation"):
        parse_relations(field)


@pytest.mark.parametrize(
    ("operator", "older", "same", "newer"),
    [
        ("<<", True, False, False),
        ("<=", True, True, False),
        ("=", False, True, False),
        (">=", False, True, True),
        (">>", False, False, True),
    ],
)
def test_operators(operator: str, older: bool, same: bool, newer: bool) -> None:
    relation = Relation("x", operator, "1.10")
    assert [relation.holds(version) for version in ("1.9", "1.10", "1.11")] == [older, same, newer]
    assert not relation.holds(""), "a virtual package without a version has none that could hold"


def test_without_an_operator_any_version_holds() -> None:
    assert Relation("x").holds("1")
    assert Relation("x").holds("")
