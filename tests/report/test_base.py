"""What reports tell of the image that another is built on."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest

from barehull.document import Document
from barehull.lock import LockedBase

from .conftest import release

BASE = LockedBase("gcr.io/distroless/python3-debian13:latest", "sha256:" + "1" * 64, "sha256:" + "2" * 64)


def rendered(document: Document, form: str) -> str:
    return importlib.import_module(f"barehull.report.{form}").render(document)  # type: ignore[no-any-return]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_the_base_and_who_signed_it(form: str) -> None:
    signed = rendered(replace(release("passed"), base=replace(BASE, signer="me (https://issuer)")), form)
    assert BASE.digest in signed
    assert "signed by me" in signed
    assert "UNVERIFIED" in rendered(replace(release("passed"), base=BASE), form)
    assert "gcr.io" not in rendered(release("passed"), form)


def test_json_has_it_where_there_is_one() -> None:
    value = json.loads(rendered(replace(release("passed"), base=BASE), "json"))
    jsonschema.validate(value, json.loads((files("barehull.report") / "schemas/report-1.json").read_text()))
    assert value["base"] == {"name": BASE.name, "digest": BASE.digest, "manifest": BASE.manifest, "signer": ""}
    assert "base" not in json.loads(rendered(release("passed"), "json"))
