"""VEX documents, whole but for what a test is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from barehull.inventory.model import Component
from barehull.scan.model import Match, Vulnerability
from barehull.vex.model import Product, Statement

DIGEST = "sha256:" + "a" * 64
OCI = f"pkg:oci/app@sha256%3A{'a' * 64}?repository_url=example.org/team/app"


def openvex(*statements: dict[str, Any], **others: Any) -> bytes:
    said = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex/1",
        "author": "Ann",
        "timestamp": "2026-11-01T00:00:00Z",
        "version": 1,
        "statements": list(statements),
    }
    return json.dumps(said | others).encode()


def stated(**others: Any) -> dict[str, Any]:
    said = {
        "vulnerability": {"name": "CVE-1"},
        "products": [{"@id": OCI}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
    }
    return {key: value for key, value in (said | others).items() if value is not None}


def cyclonedx(*vulnerabilities: dict[str, Any], **others: Any) -> bytes:
    said = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {
            "timestamp": "2026-11-01T00:00:00Z",
            "authors": [{"name": "Ann"}],
            "component": {"type": "container", "name": "app", "bom-ref": "image", "purl": OCI},
        },
        "components": [{"type": "library", "name": "x", "bom-ref": "ref-x", "purl": "pkg:pypi/x@1"}],
        "vulnerabilities": list(vulnerabilities),
    }
    return json.dumps(said | others).encode()


def analysed(state: str = "not_affected", ref: str = "ref-x", **others: Any) -> dict[str, Any]:
    analysis = {"state": state, "justification": "code_not_reachable"}
    return {"id": "CVE-1", "affects": [{"ref": ref}], "analysis": analysis} | others


def component(purl: str = "pkg:pypi/x@1", source: str = "", vendored_in: str = "") -> Component:
    name, _, version = purl.partition("?")[0].rpartition("/")[2].partition("@")
    return Component(purl, name, version, "", source or name, version, vendored_in=vendored_in)


def found(name: str = "CVE-1", purl: str = "pkg:pypi/x@1", aliases: tuple[str, ...] = (), **others: str) -> Match:
    return Match(Vulnerability(name, aliases), component(purl, **others), "ADV-1", "2")


def said(status: str = "not_affected", day: int = 1, *products: Product, **others: Any) -> Statement:
    given: dict[str, Any] = {
        "names": ("CVE-1",),
        "status": status,
        "products": products or (Product(digests=(DIGEST,)),),
        "why": "component_not_present",
        "timestamp": datetime(2026, 11, day, tzinfo=UTC),
        "author": "Ann",
        "file": "a.json",
        "place": f"statements[{day}]",
    }
    return Statement(**(given | others))
