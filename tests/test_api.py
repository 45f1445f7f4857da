"""The public API: its names stay what they are, whatever else is imported."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import barehull
from barehull.core.errors import InputError


def test_every_public_name_is_a_documented_function() -> None:
    for name in set(barehull.__all__) - {"__version__"}:
        assert inspect.isfunction(getattr(barehull, name)), name
        assert inspect.getdoc(getattr(barehull, name)), name


def test_no_room_takes_the_place_of_a_public_name() -> None:
    rooms = {module.name for module in pkgutil.iter_modules(barehull.__path__)}
    for room in rooms - {"__main__"}:
        importlib.import_module(f"barehull.{room}")
    assert not rooms & set(barehull.__all__)


def test_errors_are_values_of_one_family(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not"):
        barehull.scan_image(f"oci:{tmp_path}")
    with pytest.raises(InputError):
        barehull.compare_images(f"oci:{tmp_path}", f"oci:{tmp_path}")
    with pytest.raises(InputError):
        barehull.build_image(tmp_path, f"oci:{tmp_path / 'new'}")
    assert not (tmp_path / "new").exists()
