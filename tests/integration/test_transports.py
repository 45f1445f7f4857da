"""Images go by every transport to podman and skopeo, and come back: they load, run, and are the same image."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from barehull.oci.model import LAYER_ZSTD, Image
from barehull.oci.reference import open_image, save_image

from .conftest import Bench
from .registries import docker_registry
from .test_run import LIMITS, podman

SCRIPT = "import flask, sys; print(sys.version_info[:2] >= (3, 11), flask.Flask('x').name)"


def skopeo(*arguments: str) -> str:
    result = subprocess.run(["skopeo", *arguments], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout


def same(one: Image, two: Image) -> bool:
    """Whether they run the same and have the same layers; others write a configuration's JSON in their own way."""
    return one.config == two.config and [it.diff_id for it in one.layers] == [it.diff_id for it in two.layers]


def image_id(image: Image) -> str:
    manifest = json.loads(image.blobs.path(image.digest).read_bytes())
    return str(manifest["config"]["digest"])


def load(path: Path) -> str:
    """Load an archive, and the id of what came of it."""
    return podman("load", "-q", "-i", str(path)).splitlines()[-1].removeprefix("Loaded image: ").removeprefix("sha256:")


def runs(name: str) -> bool:
    said = podman("run", "--rm", *LIMITS, "--entrypoint", "/usr/bin/python3", name, "-c", SCRIPT)
    return said.split() == ["True", "x"]


@pytest.mark.parametrize(
    "output", ["docker-archive:it.tar", "docker-archive:it.tar:barehull.test/app:v1", "oci-archive:it.tar:v1"]
)
def test_an_archive_loads_and_runs(bench: Bench, fresh: Callable[[], Bench], new: str, output: str) -> None:
    here = fresh()
    here.run("build", "app", "--output", output, "-q")
    name = load(here.folder / "it.tar")
    try:
        assert runs(name)
        assert podman("image", "inspect", "-f", "{{.Id}}", name) == image_id(open_image(new)).removeprefix("sha256:")
    finally:
        podman("rmi", "-f", name)


@pytest.mark.parametrize("archive", ["docker-archive", "oci-archive"])
def test_skopeo_reads_an_archive_and_writes_it_again(new: str, tmp_path: Path, archive: str) -> None:
    image = open_image(new)
    ours, theirs = f"{archive}:{tmp_path}/ours.tar:barehull.test/app:v1", f"{archive}:{tmp_path}/theirs.tar:other:v2"
    save_image(image, ours)
    skopeo("copy", "-q", ours, f"oci:{tmp_path}/layout:x")
    assert same(open_image(f"oci:{tmp_path}/layout:x"), image)
    skopeo("copy", "-q", ours, theirs)
    assert same(open_image(theirs), image)
    assert same(open_image(theirs, "linux/amd64"), image)
    subprocess.run(["gzip", "-1", str(tmp_path / "theirs.tar")], check=True)
    assert same(open_image(f"{archive}:{tmp_path}/theirs.tar.gz"), image)


def test_both_of_podmans_archives_are_read(new: str, tmp_path: Path) -> None:
    image = open_image(new)
    save_image(image, f"docker-archive:{tmp_path}/it.tar:barehull.test/saved:v1")
    name = load(tmp_path / "it.tar")
    try:
        for form in ("docker-archive", "oci-archive"):
            podman("save", "-q", "--format", form, "-o", str(tmp_path / form), name)
            assert same(open_image(f"{form}:{tmp_path}/{form}"), image)
    finally:
        podman("rmi", "-f", name)


def test_layers_that_are_equal_are_kept_by_skopeo(tmp_path: Path, new: str) -> None:
    """A step without a change makes the same layer twice, and readers of the format know that."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY a /\nCOPY a /\n")
    (tmp_path / "a").write_text("a")
    built = subprocess.run(
        ["buildah", "--storage-driver", "overlay", "bud", "--isolation", "chroot", "--layers", "--timestamp", "0", "-q",
         "-t", f"oci-archive:{tmp_path}/built.tar", str(tmp_path)],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    image = open_image(f"oci-archive:{tmp_path}/built.tar")
    assert len({layer.diff_id for layer in image.layers}) < len(image.layers)
    save_image(image, f"docker-archive:{tmp_path}/it.tar")
    skopeo("copy", "-q", f"docker-archive:{tmp_path}/it.tar", f"oci:{tmp_path}/layout:x")
    assert [it.diff_id for it in open_image(f"oci:{tmp_path}/layout:x").layers] == [it.diff_id for it in image.layers]


def test_zstd_changes_the_compression_only(bench: Bench, fresh: Callable[[], Bench], new: str) -> None:
    image = open_image(new)
    digests = set()
    for _ in range(2):
        here = fresh()
        here.run("build", "app", "--output", "oci:it", "--compression", "zstd", "-q")
        zstd = open_image(f"oci:{here.folder}/it")
        digests.add(zstd.digest)
        assert same(zstd, image)
        assert {layer.media_type for layer in zstd.layers} == {LAYER_ZSTD}
        assert zstd.compressed_size < image.compressed_size
    assert len(digests) == 1
    assert runs(f"oci:{here.folder}/it")
    skopeo("copy", "-q", f"oci:{here.folder}/it", f"oci-archive:{here.folder}/it.tar")
    assert open_image(f"oci-archive:{here.folder}/it.tar").layers == zstd.layers
    here.run("build", "app", "--output", "docker-archive:own.tar", "--compression", "zstd", "-q")
    with tarfile.open(here.folder / "own.tar") as archive:
        assert {layer.diff_id for layer in image.layers} <= {f"sha256:{it.name[-64:]}" for it in archive}


def test_reports_are_the_same_by_every_transport(bench: Bench, new: str, old: str, tmp_path: Path) -> None:
    def seen(reference: str) -> object:
        document = json.loads(bench.run("scan", reference, "--format", "json", "-q", code=3).stdout)
        return document["new"]["components"], document["verdict"]

    image = open_image(new)
    for place in (f"oci-archive:{tmp_path}/oci.tar", f"docker-archive:{tmp_path}/docker.tar"):
        save_image(image, place)
        assert seen(place) == seen(new)


def test_a_release_goes_from_archive_to_archive(fresh: Callable[[], Bench], old: str) -> None:
    here = fresh()
    save_image(open_image(old), f"docker-archive:{here.folder}/old.tar:app:old")
    command = (
        "release",
        "app",
        "--replaces",
        "docker-archive:old.tar:app:old",
        "--output",
        "oci-archive:new.tar",
        "-q",
    )
    said = here.run(*command).stdout
    assert "run it   podman run --rm -p 5000:5000 oci-archive:new.tar" in said
    assert runs(f"oci-archive:{here.folder}/new.tar")


def test_a_registry_and_back(bench: Bench, fresh: Callable[[], Bench], tmp_path: Path) -> None:
    with docker_registry(tmp_path / "registry") as address:
        here = fresh()
        here.run("build", "app", "--output", f"docker://{address}/team/app:v1", "-q")
        seen = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{address}/team/app:v1"))
        image = open_image(f"docker://{address}/team/app@{seen['Digest']}")
        assert image.digest == seen["Digest"]
        save_image(image, f"docker-archive:{tmp_path}/it.tar")
        assert same(open_image(f"docker-archive:{tmp_path}/it.tar"), image)
