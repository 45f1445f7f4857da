"""Lists of what refers to an image, from registries that lie, each a folder of answers on loopback."""

from __future__ import annotations

import json
from typing import Any

import pytest

from barehull.core.errors import BarehullError, InputError, IntegrityError
from barehull.files import Store
from barehull.net import NotFoundError
from barehull.oci.model import INDEX, MANIFEST
from barehull.oci.referrers import MAX_REFERRERS, fallback_tag
from barehull.oci.registry import fetch_document, list_referrers, pinned
from barehull.oci.registry_answer import Patience

from .conftest import helpful
from .test_registry_hostile import Registry, registry

__all__ = ["registry"]  # the fixture
HURRY = Patience(attempts=2, pause=0.0, timeout=2.0)
SUBJECT = "sha256:" + "a" * 64
ABSENT = (404, {}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
API, TAG = f"referrers/{SUBJECT}", f"manifests/{fallback_tag(SUBJECT)}"


def index(*manifests: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
    body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).encode()
    return 200, {"Content-Type": INDEX, **headers}, body


def listed(registry: Registry, store: Store) -> list[str]:
    return [it["digest"] for it in list_referrers(registry.app, SUBJECT, store, patience=HURRY)]


def refused(registry: Registry, store: Store) -> BarehullError:
    with pytest.raises(BarehullError) as caught:
        listed(registry, store)
    assert helpful(caught.value)
    return caught.value


@pytest.fixture
def three(registry: Registry) -> list[dict[str, Any]]:
    return [registry.json({"subject": {"digest": SUBJECT}, "number": number}, f"t{number}") for number in range(3)]


def test_pages_are_joined_and_equal_entries_are_one(registry: Registry, store: Store, three: list[Any]) -> None:
    registry.answers[API] = index(*three[:2], Link=f'</v2/app/{API}?page=2>; rel="next"')
    registry.answers[f"{API}?page=2"] = index(three[1], three[2], Link='<x>; rel="previous"')
    assert listed(registry, store) == [it["digest"] for it in three]


@pytest.mark.parametrize("status", [400, 404, 406])
def test_without_the_api_the_tag_counts(registry: Registry, store: Store, three: list[Any], status: int) -> None:
    registry.answers[API] = (status, {}, b"")
    registry.answers[TAG] = index(*three)
    assert len(listed(registry, store)) == 3
    registry.answers[API] = (200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>")
    assert len(listed(registry, store)) == 3


def test_with_the_api_the_tag_does_not_count(registry: Registry, store: Store, three: list[Any]) -> None:
    registry.answers[API] = index(three[0])
    registry.answers[TAG] = index(*three)
    assert listed(registry, store) == [three[0]["digest"]]


def test_nothing_is_only_believed_when_it_is_said_twice(registry: Registry, store: Store) -> None:
    registry.answers[TAG] = ABSENT
    assert listed(registry, store) == []
    assert registry.requests == [API, TAG, API]


def test_a_tag_that_is_only_said_to_be_missing_by_a_stranger_is_an_error(registry: Registry, store: Store) -> None:
    assert isinstance(refused(registry, store), NotFoundError)
    with pytest.raises(NotFoundError):
        pinned(registry.app, patience=HURRY)
    registry.answers["manifests/latest"] = ABSENT
    assert pinned(registry.app, patience=HURRY) == ""


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"manifests": 7}', b'{"manifests": [{}]}', b"\xff", b"[" * 9999])
@pytest.mark.parametrize("place", [API, TAG])
def test_what_is_no_list_is_refused(registry: Registry, store: Store, place: str, body: bytes) -> None:
    registry.answers[place] = (200, {}, body)
    assert isinstance(refused(registry, store), InputError)


def test_pages_without_end(registry: Registry, store: Store, three: list[Any]) -> None:
    registry.answers[API] = index(three[0], Link=f'</v2/app/{API}>; rel="next"')
    assert "has no end" in refused(registry, store).what


def test_more_than_anybody_attaches(registry: Registry, store: Store, three: list[Any]) -> None:
    registry.answers[API] = index(*three * MAX_REFERRERS)
    assert "has no end" in refused(registry, store).what


@pytest.mark.parametrize("link", ["http://registry.example/x", "file:///etc/passwd", "https://a@b/"])
def test_a_next_page_that_leads_astray(registry: Registry, store: Store, link: str) -> None:
    registry.answers[API] = index(Link=f'<{link}>; rel="next"')
    assert "not an address over HTTPS" in refused(registry, store).what


@pytest.mark.parametrize("digest", ["sha256:../../../etc/passwd", "x", "", "sha512:" + "0" * 128, "\x1b[2J"])
def test_digests_that_cannot_be_checked_are_not_asked_for(registry: Registry, store: Store, digest: str) -> None:
    registry.answers[API] = index({"mediaType": MANIFEST, "digest": digest, "size": 2})
    assert isinstance(refused(registry, store), InputError)
    assert registry.requests == [API]


def test_a_manifest_that_is_another(registry: Registry, store: Store, three: list[Any]) -> None:
    registry.answers[API] = index(three[0])
    registry.answers[f"manifests/{three[0]['digest']}"] = (200, {}, b"{}")
    assert isinstance(refused(registry, store), IntegrityError)


def test_a_document_that_is_another(registry: Registry, store: Store) -> None:
    told = registry.blob(b"a document", "text/plain")
    fetch_document(registry.app, told["digest"], told["size"], store, patience=HURRY)
    registry.answers[f"blobs/{told['digest']}"] = (200, {}, b"other text")
    other = Store(store.root / "other")
    with pytest.raises(IntegrityError):
        fetch_document(registry.app, told["digest"], told["size"], other, patience=HURRY)
