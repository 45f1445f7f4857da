"""Literals of Bazel's files, read and never evaluated."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.catalog.starlark import literals
from barehull.core.errors import InputError


def test_only_the_names_wanted_are_read() -> None:
    text = 'load("//a:b.bzl", "C")\nA = ["x", "y"]\nB = A + [call()]\nD = {k: 1 for k in A}\ndef f():\n    pass\n'
    found = literals(text, "x.bzl", ["A"])
    assert (found["A"].words(), found["A"].where) == (("x", "y"), "x.bzl, line 2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nA = __import__('os').system('true')\n", "x.bzl, line 2: A is not a plain value"),
        ("\n\nA = B + ['x']\n", "x.bzl, line 3: A is not a plain value"),
        ("A = ['x']\nA += ['y']\n", "x.bzl, line 2: A is not a plain value"),
        ("A = [x for x in 'y']\n", "x.bzl, line 1: A is not a plain value"),
        ("A = [\n", "x.bzl, line 1: "),
        ("def f():\n    A = 1\n", "x.bzl does not set A"),
        ("", "x.bzl does not set A"),
        ("A = " + "[" * 50_000, "x.bzl, line 1: "),
        ("A = " + "-" * 50_000 + "1", "x.bzl"),
        ("A = " + "1+" * 50_000 + "1", "x.bzl"),
        ("\0", "x.bzl, line 1: "),
        ("#" * (2 << 20), "x.bzl has 2097152 characters"),
    ],
    ids=lambda it: it[:20],
)
def test_what_is_not_understood_is_named_by_file_and_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        literals(text, "x.bzl", ["A"])
    assert caught.value.what.startswith(said)


@pytest.mark.parametrize(
    "value", ["'x'", "[1]", "['x', ['y']]", "['x y']", "['']", "['x\\n']", "['é']", "{'a': ['x']}"]
)
def test_a_list_of_names_is_nothing_else(value: str) -> None:
    with pytest.raises(InputError, match="line 1: A is not a list of names"):
        literals(f"A = {value}\n", "x.bzl", ["A"])["A"].words()


@pytest.mark.parametrize("value", ["[]", "{'a': 'x'}", "{1: ['x']}", "{'a': [1]}", "{'a': {'b': ['x']}}"])
def test_a_table_of_lists_is_nothing_else(value: str) -> None:
    with pytest.raises(InputError, match="line 1: A is not a table of lists of names"):
        literals(f"A = {value}\n", "x.bzl", ["A"])["A"].table()


@given(st.one_of(st.text(), st.text(alphabet="A=[]{}()'\"#:,\n 1-").map(lambda it: f"A = {it}")))
def test_no_text_crashes_it(text: str) -> None:
    with contextlib.suppress(InputError):
        assert list(literals(text, "x.bzl", ["A"])) == ["A"]
