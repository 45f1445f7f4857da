"""A good image passes every proof; for each proof there is a flaw that it alone catches."""

from __future__ import annotations

import pytest

from barehull.core.outcome import NotApplicable, Passed, Unknown
from barehull.oci.model import Config

LIBC = "usr/lib/x86_64-linux-gnu/libc.so.6"
NAMES = ["elf-closure", "entrypoint", "no-shell", "non-root", "python-imports"]


def test_a_good_image_passes_every_proof(good):
    outcomes = good.outcomes()
    assert list(outcomes) == NAMES
    assert {name: outcome for name, outcome in outcomes.items() if not isinstance(outcome, Passed)} == {}


def flaws(good, made_elf):
    return {
        "elf-closure": good.lacking(LIBC),
        "entrypoint": good.running(entrypoint=("python3", "-m", "shoop")),
        "no-shell": good.having({"usr/bin/sh": made_elf(program=True)}),
        "non-root": good.running(user="0"),
        "python-imports": good.having({"app/later.py": b"import missing\n"}),
    }


@pytest.mark.parametrize("name", NAMES)
def test_each_proof_alone_catches_its_flaw(good, made_elf, name):
    assert list(flaws(good, made_elf)[name].failed()) == [name]


def test_an_image_without_anything_proves_nothing(good):
    empty = type(good)({}, Config(entrypoint=("/app",), user="65532"))
    outcomes = empty.outcomes()
    assert outcomes["elf-closure"] == NotApplicable("the image has no ELF file")
    assert outcomes["python-imports"] == NotApplicable("there is no Python in the image")
    assert list(empty.failed()) == ["entrypoint"]


def test_a_file_that_cannot_be_read_is_unknown_not_passed(good):
    broken = good.having(
        {"usr/local/lib/python3.13/dist-packages/bad-1.dist-info/METADATA": b"Name: bad\nVersion: ?\n\n"}
    )
    assert list(broken.unknown()) == ["python-imports"]
    assert "bad-1.dist-info/METADATA cannot be read" in broken.unknown()["python-imports"]


def test_an_architecture_that_is_not_known_leaves_undecided_what_depends_on_it(good):
    outcomes = good.running(architecture="m68k").outcomes()
    undecided = {name for name, outcome in outcomes.items() if isinstance(outcome, Unknown)}
    assert undecided == {"elf-closure", "entrypoint", "python-imports"}
    assert good.running(architecture="m68k").failed() == {}
