"""Documents beside an image: written as the specifications say, read back with distrust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from barehull.core.errors import InputError, IntegrityError, UsageError
from barehull.files import Store
from barehull.oci.attached import attach, attachable, attached, document
from barehull.oci.layout import TAG, put_blob, put_entry, read_layout, write_layout
from barehull.oci.manifest import make_image
from barehull.oci.model import INDEX, MANIFEST, Config, Image
from barehull.oci.reference import check_output, open_image
from barehull.oci.referrers import CREATED, VENDOR, Artifact, fallback_tag

ONE = Artifact("application/one+json", b'{"one": 1}')
TWO = Artifact("application/two+json", b'{"two": 2}', (("about", "two"),))


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BAREHULL_CACHE", str(tmp_path / "cache"))


def read(place: Path | str) -> set[Artifact]:
    """What is attached to the image at a place, as it was attached."""
    text = place if isinstance(place, str) else f"oci:{place}:v1"
    found = attached(text)
    assert found.others == 0
    return {
        Artifact(it.media_type, document(text, it), tuple(pair for pair in it.notes if pair != (VENDOR, "barehull")))
        for it in found.referrers
    }


def put(image: Image, artifacts: list[Artifact], layout: Path) -> list[str]:
    return attach(image, artifacts, f"oci:{layout}:v1")


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
    assert read(layout) == set()
    put(image, [ONE, TWO], layout)
    assert read(layout) == {ONE, TWO}


def test_manifests_and_index_are_as_the_specifications_want_them(layout: Path, image: Image) -> None:
    (digest,) = put(image, [TWO], layout)
    manifest = blob(layout, digest)
    assert manifest["mediaType"] == MANIFEST
    assert manifest["artifactType"] == TWO.media_type
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
    assert entry["annotations"] == manifest["annotations"] == {"about": "two", VENDOR: "barehull"}


def test_a_newer_document_takes_the_place_of_an_older_and_others_stay(layout: Path, image: Image) -> None:
    put(image, [ONE, TWO], layout)
    newer = Artifact(ONE.media_type, b'{"one": 2}', ((CREATED, "2026-11-24T12:00:00Z"),))
    put(image, [newer], layout)
    assert read(layout) == {newer, TWO}


def test_the_same_documents_make_the_same_layout(layout: Path, image: Image, tmp_path: Path) -> None:
    put(image, [ONE, TWO], layout)
    before = (layout / "index.json").read_bytes()
    put(image, [TWO, ONE], layout)
    assert (layout / "index.json").read_bytes() == before


def test_the_image_is_still_found_without_its_tag(layout: Path, image: Image) -> None:
    put(image, [ONE], layout)
    assert read_layout(layout).digest == read_layout(layout, "v1").digest == image.digest


def test_writing_the_image_again_keeps_its_documents(layout: Path, image: Image) -> None:
    put(image, [ONE], layout)
    write_layout(image, layout, "v1")
    assert read(layout) == {ONE}


def test_a_document_that_is_too_large_is_refused(layout: Path, image: Image) -> None:
    before = (layout / "index.json").read_bytes()
    with pytest.raises(InputError, match="too large"):
        put(image, [Artifact("x/y", bytes((4 << 20) + 1))], layout)
    assert (layout / "index.json").read_bytes() == before


def lie(layout: Path, image: Image, **lies: Any) -> None:
    """Replace fields of the manifest that is attached."""
    (digest,) = put(image, [ONE], layout)
    manifest = put_blob(layout, json.dumps(blob(layout, digest) | lies).encode(), MANIFEST)
    index = put_blob(layout, json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode(), INDEX)
    tag = fallback_tag(image.digest)
    put_entry(layout, tag, lambda old: {**index, "annotations": {TAG: tag}})


@pytest.mark.parametrize(
    ("lies", "error"),
    [
        ({"subject": {"digest": "sha256:" + "0" * 64}}, IntegrityError),
        ({"subject": None}, IntegrityError),
        ({"layers": [{"mediaType": "x"}]}, InputError),
        ({"layers": [{"digest": "sha256:" + "0" * 64, "mediaType": "x", "size": -1}]}, InputError),
        ({"layers": [{"digest": "sha256:" + "0" * 64, "mediaType": "x", "size": (4 << 20) + 1}]}, InputError),
        ({"layers": [{"digest": "../../etc/passwd", "mediaType": "x", "size": 1}]}, InputError),
        ({"layers": [{"digest": "sha256:" + "0" * 64, "mediaType": "x", "size": 1}]}, InputError),
    ],
)
def test_artifacts_that_lie_are_refused(layout: Path, image: Image, lies: dict[str, Any], error: type) -> None:
    lie(layout, image, **lies)
    with pytest.raises(error):
        read(layout)


def test_a_document_changed_on_disk_is_refused(layout: Path, image: Image) -> None:
    (digest,) = put(image, [ONE], layout)
    layer = blob(layout, digest)["layers"][0]["digest"]
    (layout / "blobs" / "sha256" / layer.removeprefix("sha256:")).write_bytes(b'{"one": 9}')
    with pytest.raises(IntegrityError):
        read(layout)


@pytest.mark.parametrize("lies", [{"layers": []}, {"layers": [7]}, {"layers": None}, {"annotations": [1]}])
def test_artifacts_of_another_shape_are_counted(layout: Path, image: Image, lies: dict[str, Any]) -> None:
    lie(layout, image, **lies)
    found = attached(f"oci:{layout}:v1")
    assert (found.referrers, found.others, found.image) == ((), 1, image.digest)


def test_another_tools_document_of_the_same_kind_stays(layout: Path, image: Image) -> None:
    (digest,) = put(image, [ONE], layout)
    theirs = put_blob(layout, json.dumps(blob(layout, digest) | {"annotations": {}}).encode(), MANIFEST)
    index = put_blob(layout, json.dumps({"manifests": [{**theirs, "artifactType": ONE.media_type}]}).encode(), INDEX)
    tag = fallback_tag(image.digest)
    put_entry(layout, tag, lambda old: {**index, "annotations": {TAG: tag}})
    put(image, [ONE], layout)
    put(image, [Artifact(ONE.media_type, b"newer")], layout)
    assert {it.digest for it in attached(f"oci:{layout}:v1").referrers} > {theirs["digest"]}
    assert len(read(layout)) == 2


def test_an_archive_is_written_with_its_documents(layout: Path, image: Image, tmp_path: Path) -> None:
    text = f"oci-archive:{tmp_path}/it.tar"
    attach(image, [ONE, TWO], text)
    assert read(text) == {ONE, TWO}
    assert open_image(text).digest == open_image(f"{text}:latest").digest == image.digest
    before = (tmp_path / "it.tar").read_bytes()
    check_output(text)  # the list of documents is no second image
    attach(open_image(text), [TWO, ONE], text)
    assert (tmp_path / "it.tar").read_bytes() == before


def test_only_some_places_take_documents(tmp_path: Path) -> None:
    assert attachable("oci:some/where") == "oci:some/where:latest"
    assert attachable("oci:some/where:v1") == "oci:some/where:v1"
    assert attachable("oci-archive:it.tar") == "oci-archive:it.tar:latest"
    assert attachable("docker://example.com/app") == "docker://example.com/app"
    with pytest.raises(UsageError, match="docker-archive"):
        attachable("docker-archive:x.tar")
    with pytest.raises(UsageError, match="docker-archive"):
        attached("docker-archive:x.tar")


def test_more_documents_than_anybody_attaches_are_not_read(layout: Path, image: Image) -> None:
    put(image, [ONE], layout)
    tag = fallback_tag(image.digest)
    (entry,) = blob(layout, tags(layout)[tag]["digest"])["manifests"]
    many = put_blob(layout, json.dumps({"schemaVersion": 2, "manifests": [entry] * 1001}).encode(), INDEX)
    put_entry(layout, tag, lambda old: {**many, "annotations": {TAG: tag}})
    with pytest.raises(InputError, match="1001 documents"):
        read(layout)
