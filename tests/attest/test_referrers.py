"""Documents beside an image: written as the specifications say, read back with distrust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from barehull.attest.collect import layout_of, tagged
from barehull.attest.referrers import SPDX, Attestation, attach, attached, fallback_tag, of_statement
from barehull.core.errors import InputError, IntegrityError, UsageError
from barehull.files import Store
from barehull.oci.layout import TAG, put_blob, put_entry, read_layout, write_layout
from barehull.oci.manifest import make_image
from barehull.oci.model import INDEX, MANIFEST, Config, Image

ONE = Attestation(SPDX, b'{"one": 1}')
TWO = of_statement('{"two": 2}', "https://example.org/two")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return make_image(Config(), (), Store(tmp_path / "store"))


@pytest.fixture
def layout(tmp_path: Path, image: Image) -> Path:
    write_layout(image, tmp_path / "layout", "v1")
    return tmp_path / "layout"


def blob(layout: Path, digest: str) -> dict[str, Any]:
    return json.loads((layout / "blobs" / "sha256" / digest.removeprefix("sha256:")).read_bytes())


def tags(layout: Path) -> dict[str, dict[str, Any]]:
    return {it["annotations"][TAG]: it for it in json.loads((layout / "index.json").read_bytes())["manifests"]}


def test_what_was_attached_is_read_back(layout: Path, image: Image) -> None:
    assert attached(image.digest, layout) == ()
    attach(image, [ONE, TWO], layout)
    assert set(attached(image.digest, layout)) == {ONE, TWO}


def test_manifests_and_index_are_as_the_specifications_want_them(layout: Path, image: Image) -> None:
    (digest,) = attach(image, [TWO], layout)
    manifest = blob(layout, digest)
    assert manifest["mediaType"] == MANIFEST
    assert manifest["artifactType"] == "application/vnd.in-toto+json"
    assert manifest["config"] == {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "size": 2,
        "data": "e30=",
    }
    there = tags(layout)
    assert manifest["subject"] == {name: there["v1"][name] for name in ("mediaType", "digest", "size")}
    assert set(there) == {"v1", "sha256-" + image.digest.removeprefix("sha256:")}
    index = blob(layout, there[fallback_tag(image.digest)]["digest"])
    assert index["mediaType"] == INDEX
    (entry,) = index["manifests"]
    assert entry["digest"] == digest
    assert entry["artifactType"] == manifest["artifactType"]
    assert entry["annotations"] == manifest["annotations"] == {"in-toto.io/predicate-type": "https://example.org/two"}


def test_a_newer_document_takes_the_place_of_an_older_and_others_stay(layout: Path, image: Image) -> None:
    attach(image, [ONE, TWO], layout)
    newer = Attestation(SPDX, b'{"one": 2}')
    attach(image, [newer], layout)
    assert set(attached(image.digest, layout)) == {newer, TWO}


def test_the_same_documents_make_the_same_layout(layout: Path, image: Image, tmp_path: Path) -> None:
    attach(image, [ONE, TWO], layout)
    before = (layout / "index.json").read_bytes()
    attach(image, [TWO, ONE], layout)
    assert (layout / "index.json").read_bytes() == before


def test_the_image_is_still_found_without_its_tag(layout: Path, image: Image) -> None:
    attach(image, [ONE], layout)
    assert read_layout(layout).digest == read_layout(layout, "v1").digest == image.digest


def test_writing_the_image_again_keeps_its_documents(layout: Path, image: Image) -> None:
    attach(image, [ONE], layout)
    write_layout(image, layout, "v1")
    assert attached(image.digest, layout) == (ONE,)


def test_a_document_that_is_too_large_is_refused(layout: Path, image: Image) -> None:
    before = (layout / "index.json").read_bytes()
    with pytest.raises(InputError, match="too large"):
        attach(image, [Attestation(SPDX, bytes((4 << 20) + 1))], layout)
    assert (layout / "index.json").read_bytes() == before


def lie(layout: Path, image: Image, **lies: Any) -> None:
    """Replace fields of the manifest that is attached."""
    (digest,) = attach(image, [ONE], layout)
    manifest = put_blob(layout, json.dumps(blob(layout, digest) | lies).encode(), MANIFEST)
    index = put_blob(layout, json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode(), INDEX)
    tag = fallback_tag(image.digest)
    put_entry(layout, tag, lambda old: {**index, "annotations": {TAG: tag}})


@pytest.mark.parametrize(
    ("lies", "error"),
    [
        ({"subject": {"digest": "sha256:" + "0" * 64}}, IntegrityError),
        ({"subject": None}, IntegrityError),
        ({"layers": []}, InputError),
        ({"layers": [7]}, InputError),
        ({"layers": [{"digest": "../../etc/passwd", "mediaType": "x", "size": 1}]}, InputError),
        ({"layers": [{"digest": "sha256:" + "0" * 64, "mediaType": "x", "size": 1}]}, InputError),
    ],
)
def test_artifacts_that_lie_are_refused(layout: Path, image: Image, lies: dict[str, Any], error: type) -> None:
    lie(layout, image, **lies)
    with pytest.raises(error):
        attached(image.digest, layout)


def test_a_document_changed_on_disk_is_refused(layout: Path, image: Image) -> None:
    (digest,) = attach(image, [ONE], layout)
    layer = blob(layout, digest)["layers"][0]["digest"]
    (layout / "blobs" / "sha256" / layer.removeprefix("sha256:")).write_bytes(b'{"one": 9}')
    with pytest.raises(IntegrityError):
        attached(image.digest, layout)


def test_only_layouts_take_documents() -> None:
    assert layout_of("oci:some/where:v1") == Path("some/where")
    assert tagged("oci:some/where") == "oci:some/where:latest"
    assert tagged("oci:some/where:v1") == "oci:some/where:v1"
    with pytest.raises(UsageError, match="docker"):
        layout_of("docker-archive:x.tar")


def test_more_documents_than_anybody_attaches_are_not_read(layout: Path, image: Image) -> None:
    attach(image, [ONE], layout)
    tag = fallback_tag(image.digest)
    (entry,) = blob(layout, tags(layout)[tag]["digest"])["manifests"]
    many = put_blob(layout, json.dumps({"schemaVersion": 2, "manifests": [entry] * 101}).encode(), INDEX)
    put_entry(layout, tag, lambda old: {**many, "annotations": {TAG: tag}})
    with pytest.raises(InputError, match="101 documents"):
        attached(image.digest, layout)
