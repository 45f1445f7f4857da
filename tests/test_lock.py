from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.lock import SCHEMA, Lock, LockedDeb, LockedSuite, LockedWheel, from_json, to_json

texts = st.text(max_size=10)
debs = st.builds(LockedDeb, *[texts] * 9, st.integers(0, 2**40))
locks = st.builds(
    Lock,
    tool_version=texts,
    platform=texts,
    recipe=texts,
    debian=st.integers(1, 99),
    suites=st.lists(st.builds(LockedSuite, *[texts] * 4), max_size=3).map(tuple),
    debs=st.lists(debs, max_size=3).map(tuple),
    wheels=st.lists(st.builds(LockedWheel, texts, texts, st.lists(texts, max_size=2).map(tuple)), max_size=3).map(
        tuple
    ),
    inputs=texts,
)


@given(locks)
def test_a_lock_survives_being_written(lock: Lock) -> None:
    assert from_json(to_json(lock), "lock") == lock


def test_a_lock_of_version_1_can_still_be_read() -> None:
    text = """{"schema": "barehull/lock/1", "tool_version": "0.1.0", "platform": "linux/amd64", "recipe": "python3",
      "debian": 13, "inputs": "x",
      "suites": [{"archive": "debian", "suite": "trixie", "date": "2026-11-21T09:15:44Z", "sha256": "00"}],
      "debs": [{"name": "libc6", "version": "2.41-12", "architecture": "amd64", "source": "glibc",
        "source_version": "2.41-12", "archive": "debian", "suite": "trixie", "path": "pool/libc6.deb",
        "sha256": "11", "size": 5}],
      "wheels": [{"name": "flask", "version": "3.1.2", "sha256s": ["22"]}]}"""
    lock = from_json(text, "lock")
    assert (lock.debs[0].name, lock.wheels[0].sha256s, lock.suites[0].suite) == ("libc6", ("22",), "trixie")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "barehull/lock/2"}', f'{{"schema": "{SCHEMA}"}}'])
def test_what_is_no_lock_of_this_version_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        from_json(text, "barehull.lock")
    assert "barehull.lock" in caught.value.what
    assert "--update" in caught.value.advice


def test_a_package_is_a_line() -> None:
    one = LockedDeb("a", "1", "amd64", "a", "1", "debian", "trixie", "p", "s", 1)
    lock = Lock("0", "linux/amd64", "static", 13, (), (one, dataclasses.replace(one, name="b")), (), "")
    assert sum('"name"' in line for line in to_json(lock).splitlines()) == 2
