"""A cataloguer that fails half-way never counts as having found nothing: each is broken in turn, new ones too."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

import pytest

from barehull.core.errors import BarehullError, IncompleteError, InputError, IntegrityError
from barehull.inventory.model import Inventory
from barehull.inventory.reading import strings
from barehull.inventory.take import cataloguers
from barehull.oci.facts import Content, Fact

from .conftest import ELF, file, openssl, wheel

Take = Callable[..., Inventory]
EACH = [cast(ModuleType, cataloguer) for cataloguer in cataloguers()]
GOOD = [*openssl(), *wheel(), file("opt/tool", ELF)]


def name_of(cataloguer: ModuleType) -> str:
    return cataloguer.__name__.rpartition(".")[2]


def test_there_are_cataloguers_to_break() -> None:
    assert {"dpkg", "python", "vendored"} <= set(map(name_of, EACH))


@pytest.mark.parametrize("cataloguer", EACH, ids=name_of)
@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        RecursionError("too deep"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"),
        InputError("told", advice=""),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_cataloguer_that_fails_is_a_gap_that_names_it(
    cataloguer: ModuleType, error: Exception, inventory: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = inventory(GOOD)

    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(cataloguer, "catalogue", fails)
    found = inventory(GOOD)
    (gap,) = found.gaps
    assert gap.subject == f"cataloguer {name_of(cataloguer)}"
    assert "it failed, and what it would have found is not known" in gap.reason
    assert (error.what if isinstance(error, BarehullError) else type(error).__name__) in gap.reason
    # What the others find is there, and what this one vouched for is suspect.
    assert set(found.components) <= set(whole.components)
    assert len(found.files.suspect) >= len(whole.files.suspect)


@pytest.mark.parametrize("cataloguer", EACH, ids=name_of)
@pytest.mark.parametrize(
    "error", [IncompleteError("disk", advice=""), IntegrityError("layer", advice=""), OSError(5, "disk")], ids=repr
)
def test_what_the_disk_or_the_image_cannot_give_ends_the_inventory(
    cataloguer: ModuleType, error: Exception, inventory: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(cataloguer, "catalogue", fails)
    with pytest.raises(type(error)):
        inventory(GOOD)


def test_machine_code_that_cannot_be_looked_into_is_a_gap(inventory: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(content: Content) -> tuple[strings.Said, ...]:
        raise KeyError("x")

    monkeypatch.setattr("barehull.inventory.identify.SAYS", Fact("broken", tuple[strings.Said, ...], fails, ()))
    found = inventory(GOOD)
    assert [gap.subject for gap in found.gaps] == ["opt/tool"]
    assert "could not be looked into" in found.gaps[0].reason
    assert [it.path for it in found.files.suspect] == ["opt/tool"]
