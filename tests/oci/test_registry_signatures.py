"""Signatures beside an image, at registries that lie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from barehull.core.errors import InputError, IntegrityError
from barehull.oci.registry_answer import Patience
from barehull.oci.registry_name import parse_name
from barehull.oci.registry_signatures import Signed, pull_signatures

from .test_registry_hostile import Registry

HURRY = Patience(attempts=2, pause=0.0, timeout=2.0)
DIGEST = "sha256:" + "1f" * 32
TAG = f"sha256-{'1f' * 32}.sig"
PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry()
    yield server
    server.shutdown()
    server.server_close()


def pulled(registry: Registry) -> tuple[Signed, ...]:
    return pull_signatures(parse_name(registry.app), DIGEST, patience=HURRY)


def offer(registry: Registry, *layers: Any) -> None:
    registry.manifest(registry.blob(b"{}", "application/vnd.oci.image.config.v1+json"), *layers, tag=TAG)


def test_what_is_signed_with_its_notes(registry: Registry) -> None:
    offer(registry, {**registry.blob(b"payload", PAYLOAD), "annotations": {"a": "b"}}, registry.blob(b"x", "other"))
    assert pulled(registry) == (Signed(b"payload", {"a": "b"}),)


def test_none_is_no_error(registry: Registry) -> None:
    assert pulled(registry) == ()


def test_other_bytes_than_promised(registry: Registry) -> None:
    layer = registry.blob(b"payload", PAYLOAD)
    registry.answers[f"blobs/{layer['digest']}"] = (200, {}, b"PAYLOAD")
    offer(registry, layer)
    with pytest.raises(IntegrityError, match="other content"):
        pulled(registry)


@pytest.mark.parametrize(
    "lie",
    [{"size": 1 << 20}, {"size": -1}, {"size": "7"}, {"digest": "sha256:../../x"}, {"digest": 3}, {"annotations": []},
     {"annotations": "x"}],
)  # fmt: skip
def test_what_is_no_signature(registry: Registry, lie: dict[str, Any]) -> None:
    if lie == {"annotations": []}:  # as if there were none
        lie = {"annotations": [1]}
    offer(registry, {**registry.blob(b"payload", PAYLOAD), **lie})
    with pytest.raises(InputError, match="no signature"):
        pulled(registry)


@pytest.mark.parametrize("layers", [None, {}, "x", [{}] * 65])
def test_lists_that_are_none_or_too_long(registry: Registry, layers: object) -> None:
    registry.answers[f"manifests/{TAG}"] = (200, {}, json.dumps({"layers": layers}).encode())
    with pytest.raises(InputError, match="no list of signatures"):
        pulled(registry)
