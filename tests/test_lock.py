from __future__ import annotations

import contextlib
import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.lock import (
    SCHEMA,
    Change,
    Difference,
    Lock,
    LockedBase,
    LockedDeb,
    LockedSuite,
    LockedWheel,
    difference,
    from_json,
    to_json,
)

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
    wheels=st.lists(st.builds(LockedWheel, *[texts] * 4), max_size=3).map(tuple),
    inputs=texts,
    tools=st.lists(debs, max_size=2).map(tuple),
    base=st.none() | st.builds(LockedBase, *[texts] * 4),
)


@given(st.lists(locks, max_size=3, unique_by=lambda lock: lock.platform))
def test_locks_survive_being_written(several: list[Lock]) -> None:
    assert set(from_json(to_json(*several), "lock")) == set(several)
    assert to_json(*several) == to_json(*reversed(several))


VERSION_2 = """{"schema": "barehull/lock/2", "locks": [
     {"tool_version": "0.1.0", "platform": "linux/amd64", "recipe": "python3", "debian": 13, "inputs": "x",
      "suites": [{"archive": "debian", "suite": "trixie", "date": "2026-11-21T09:15:44Z", "sha256": "00"}],
      "debs": [{"name": "libc6", "version": "2.41-12", "architecture": "amd64", "source": "glibc",
        "source_version": "2.41-12", "archive": "debian", "suite": "trixie", "path": "pool/libc6.deb",
        "sha256": "11", "size": 5}],
      "wheels": [{"name": "flask", "version": "3.1.2", "file": "flask-3.1.2-py3-none-any.whl", "sha256": "22"}]}]}"""


def test_a_lock_of_version_2_can_be_read() -> None:
    (lock,) = from_json(VERSION_2, "lock")
    assert (lock.debs[0].name, lock.wheels[0].sha256, lock.suites[0].suite) == ("libc6", "22", "trixie")


@pytest.mark.parametrize("place", ["tool_version", "platform", "name", "locks", "size"])
def test_a_key_that_is_not_known_is_not_passed_over(place: str) -> None:
    with pytest.raises(InputError, match="has a key 'strange'"):
        from_json(VERSION_2.replace(f'"{place}"', f'"strange": {{}}, "{place}"', 1), "lock")


def test_two_locks_for_one_platform_are_refused() -> None:
    (lock,) = from_json(VERSION_2, "lock")
    with pytest.raises(InputError, match="two locks for one platform"):
        from_json(to_json(lock, dataclasses.replace(lock, debian=12)), "lock")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "barehull/lock/1"}', f'{{"schema": "{SCHEMA}"}}'])
def test_what_is_no_lock_of_this_version_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        from_json(text, "barehull.lock")
    assert "barehull.lock" in caught.value.what
    assert "--update" in caught.value.advice


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_is_edited_the_answer_is_a_lock_or_words(data: st.DataObject) -> None:
    text = VERSION_2
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        put = data.draw(st.sampled_from(["", "{", "[", "]", '"', ",", "null", "-1", '"x": 1,', "\ud800", "\0"]))
        text = text[:start] + put + text[start + data.draw(st.integers(0, 20)) :]
    with contextlib.suppress(InputError):
        assert all(isinstance(lock, Lock) for lock in from_json(text, "lock"))


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(InputError, match="is not a lock"):
        from_json('{"schema": ' + "[" * 100_000, "barehull.lock")


def test_a_package_is_a_line() -> None:
    one = LockedDeb("a", "1", "amd64", "a", "1", "debian", "trixie", "p", "s", 1)
    lock = Lock("0", "linux/amd64", "static", 13, (), (one, dataclasses.replace(one, name="b")), (), "")
    assert sum('"name"' in line for line in to_json(lock).splitlines()) == 2


def test_another_format_is_told_by_name_with_what_to_do() -> None:
    with pytest.raises(InputError) as caught:
        from_json('{"schema": "barehull/lock/1", "debs": {}}', "barehull.lock")
    assert "'barehull/lock/1'" in caught.value.what
    assert SCHEMA in caught.value.what
    assert "`barehull lock --update`" in caught.value.advice


def deb(name: str, version: str, sha256: str = "s", architecture: str = "amd64") -> LockedDeb:
    return LockedDeb(name, version, architecture, name, version, "debian", "trixie", "p", sha256, 1)


OLD = Lock(
    "0", "linux/amd64", "python3", 13, (), (deb("gone", "1"), deb("newer", "1"), deb("same", "1"), deb("rebuilt", "1")),
    (LockedWheel("flask", "3.0", "f", "a"), LockedWheel("left", "1", "l", "b")), "",
)  # fmt: skip
NEW = dataclasses.replace(
    OLD,
    debs=(deb("came", "1", architecture="all"), deb("newer", "2"), deb("same", "1"), deb("rebuilt", "1", "t")),
    wheels=(LockedWheel("flask", "3.1", "f", "c"),),
)


def test_the_difference_of_two_locks() -> None:
    assert difference(OLD, NEW) == Difference(
        added=(Change("package", "came", "all", "", "1"),),
        removed=(Change("package", "gone", "amd64", "1", ""), Change("wheel", "left", "amd64", "1", "")),
        changed=(
            Change("package", "newer", "amd64", "1", "2"),
            Change("package", "rebuilt", "amd64", "1", "1"),
            Change("wheel", "flask", "amd64", "3.0", "3.1"),
        ),
    )


def test_equal_locks_do_not_differ_whatever_made_them() -> None:
    assert not difference(OLD, dataclasses.replace(OLD, tool_version="9", inputs="other"))
    assert difference(OLD, NEW)


def test_everything_is_added_to_no_lock() -> None:
    assert len(difference(None, OLD).added) == 6
    assert difference(None, OLD).removed == difference(None, OLD).changed == ()


def test_locks_of_two_platforms_have_nothing_in_common() -> None:
    changes = difference(OLD, dataclasses.replace(OLD, platform="linux/arm64"))
    assert (len(changes.added), len(changes.removed), changes.changed) == (6, 6, ())


def test_a_base_changes_by_its_digest() -> None:
    name = "gcr.io/distroless/python3-debian13:latest"
    old = dataclasses.replace(OLD, base=LockedBase(name, "sha256:1", "sha256:11", "x"))
    new = dataclasses.replace(OLD, base=LockedBase(name, "sha256:2", "sha256:22", "x"))
    assert difference(old, new).changed == (Change("base", name, "amd64", "sha256:1", "sha256:2"),)
    assert difference(OLD, new).added == (Change("base", name, "amd64", "", "sha256:2"),)
    assert not difference(new, dataclasses.replace(new))
