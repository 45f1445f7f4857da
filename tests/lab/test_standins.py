from __future__ import annotations

from pathlib import Path

import pytest

from barehull.core.errors import UsageError
from barehull.debian.mirror import Mirror
from barehull.oci.registry_name import parse_name
from lab import Lab, all_standins, find_standin
from lab.machine import Machine
from lab.page import page

MACHINE = Machine("amd64", Mirror("http://mirror.example.com/debian", "http://mirror.example.com/debian-security"))
PAGE = Path(__file__).parents[2] / "docs" / "lab.md"


def test_the_page_is_what_the_kinds_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: make docs"


def test_every_stand_in_says_how_it_differs_and_is_on_the_page() -> None:
    text = page()
    for standin in all_standins():
        assert standin.differs
        for name in standin.names:
            assert f"`{name.removeprefix('docker.io/library/')}`" in text


def test_no_name_is_given_twice_and_all_are_whole() -> None:
    names = [name for standin in all_standins() for name in standin.names]
    assert len(names) == len(set(names))
    assert [str(parse_name(name)) for name in names] == names
    assert {parse_name(name).registry for name in names} == {"docker.io", "gcr.io"}


def test_bases_come_first() -> None:
    seen: set[str] = set()
    for standin in all_standins():
        assert not standin.base or standin.base in seen
        seen.update(standin.names)


@pytest.mark.parametrize(
    ("name", "standin"),
    [
        ("golang:1.25", "docker.io/library/golang:1.25"),
        ("golang", "docker.io/library/golang:1.27"),
        ("docker.io/library/debian", "docker.io/library/debian:trixie"),
        ("gcr.io/distroless/static:nonroot", "gcr.io/distroless/static-debian13:nonroot"),
    ],
)
def test_stand_ins_are_found_by_short_names(name: str, standin: str) -> None:
    assert find_standin(name).name == standin


def test_what_the_lab_has_not_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"no stand-in for docker\.io/library/ubuntu:24\.04"):
        find_standin("ubuntu:24.04")


def test_a_key_changes_with_the_base_and_the_machine() -> None:
    from dataclasses import replace

    other = replace(MACHINE, npm_registry="https://npm.example.com/")
    keys = [find_standin(name).key(MACHINE) for name in ("debian:trixie", "debian:bookworm", "python:3.13")]
    assert len({*keys, find_standin("python:3.13").key(other)}) == 4
    assert find_standin("python:3.13").key(MACHINE) == keys[2]


def test_nothing_of_a_lab_that_does_not_run_is_told(tmp_path: Path) -> None:
    lab = Lab(tmp_path, run=tmp_path / "run")
    assert lab.address == ""
    with pytest.raises(UsageError, match="does not run"):
        lab.environment  # noqa: B018
    lab.stop()
