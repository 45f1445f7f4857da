"""The public API: its names stay what they are, whatever else is imported."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from datetime import date
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


def test_a_text_is_checked() -> None:
    text = "FROM golang:1.26 AS build\nRUN go build -o /app .\nFROM debian:latest\nCOPY --from=build /app /app\n"
    file = barehull.check(text, select=["multi-stage", "distroless-runtime"], today=date(2026, 11, 24))
    assert file.state == "failed"
    (image,) = file.images
    answers = {answer.guideline: answer for answer in image.answers}
    assert {name: answer.status for name, answer in answers.items()} == {
        "distroless-runtime": "fail",
        "multi-stage": "pass",
    }
    span = answers["distroless-runtime"].remarks[0].span
    assert text[span.start : span.end] == "debian:latest"
    assert file.lines.position(span.start) == (3, 6)


def test_a_text_that_is_no_dockerfile_is_an_error_of_the_result() -> None:
    file = barehull.check("hello\n")
    assert file.state == "bad-input"
    assert file.error is not None


def test_a_guideline_that_is_none_is_an_error_of_the_call() -> None:
    with pytest.raises(InputError, match="mutli-stage") as caught:
        barehull.check("FROM scratch\n", ignore=["mutli-stage"])
    assert "Did you mean 'multi-stage'" in caught.value.advice
