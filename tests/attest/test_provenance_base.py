"""Provenance names the image that another is built on, and who signed it."""

from __future__ import annotations

import json
from dataclasses import replace

from barehull.attest.provenance import Making, to_provenance
from barehull.lock import LockedBase

from .conftest import DIGEST, LOCK

BASE = LockedBase("gcr.io/distroless/python3-debian13:latest", "sha256:" + "1" * 64, "sha256:" + "2" * 64, "me")


def named(base: LockedBase) -> dict[str, object]:
    said = json.loads(to_provenance(DIGEST, "demo", Making(lock=replace(LOCK, base=base))))
    listed = said["predicate"]["buildDefinition"]["resolvedDependencies"]
    (found,) = [it for it in listed if it["name"] == base.name]
    return dict(found)


def test_a_base_at_a_registry() -> None:
    found = named(BASE)
    assert found["digest"] == {"sha256": "1" * 64}
    assert str(found["uri"]).startswith("pkg:oci/python3-debian13@sha256")
    assert "gcr.io/distroless/python3-debian13" in str(found["uri"]).replace("%2F", "/")
    assert found["annotations"] == {"barehull:signer": "me", "barehull:manifest": "sha256:" + "2" * 64}


def test_a_base_that_nobody_vouched_for() -> None:
    found = named(replace(BASE, name="oci:../base", signer=""))
    assert "uri" not in found
    assert found["annotations"]["barehull:signer"] == "unverified"  # type: ignore[index]
