"""One registries.conf for barehull and the engines: names of others, mirrors in turn, what is blocked."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from barehull.files import Store
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry, Image
from barehull.oci.reference import open_image, save_image

from .conftest import Bench
from .registries import docker_registry
from .test_engines import SETTINGS

CONF = """
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "registry.example.com"
location = "{there}/example"
insecure = true
[[registry.mirror]]
location = "{empty}/mirror"
insecure = true
[[registry]]
prefix = "docker.io"
location = "{there}/hub"
insecure = true
[[registry]]
prefix = "docker.io/library/evil"
blocked = true
location = "docker.io/library/evil"
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    store = Store(tmp_path_factory.mktemp("store"))
    layer = write_layer(with_parents([Entry("hello", "file", content=b"hello")]), store, created_by="test")
    return make_image(Config(), [layer], store)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry(tmp_path_factory.mktemp("there")) as address:
        yield address


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory, there: str) -> Iterator[Path]:
    with docker_registry(tmp_path_factory.mktemp("empty")) as empty:
        path = tmp_path_factory.mktemp("conf") / "registries.conf"
        path.write_text(CONF.format(there=there, empty=empty))
        yield path


@pytest.fixture
def here(tmp_path: Path, conf: Path, image: Image) -> Bench:
    save_image(image, f"oci:{tmp_path}/it:v1")
    return Bench(tmp_path, {"CONTAINERS_REGISTRIES_CONF": str(conf)})


def test_what_barehull_pushes_engines_pull_by_the_same_name(
    here: Bench, conf: Path, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(conf))
    save_image(image, "docker://debian:lab")
    assert open_image("docker://debian:lab").digest == image.digest
    here.app.mkdir()
    (here.app / "Dockerfile").write_text("FROM debian:lab\nCOPY Dockerfile /\n")
    for engine in ("buildah", "podman"):
        here.run("build", "app", "--engine", engine, "--conventional", "--output", f"oci:{engine}", "-q", **SETTINGS)
        assert open_image(f"oci:{here.folder}/{engine}").layers[0].diff_id == image.layers[0].diff_id
        subprocess.run([engine, "rmi", "-f", "docker.io/library/debian:lab"], env=os.environ | SETTINGS, check=True)


def test_a_mirror_that_has_nothing_is_passed_over(here: Bench, there: str, image: Image) -> None:
    save_image(image, f"docker://{there}/example/team/app:v1")
    said = here.run("scan", "docker://registry.example.com/team/app:v1")
    assert "the mirror 127.0.0.1:" in said.stderr
    assert image.digest in said.stdout + said.stderr


def test_what_is_blocked_is_not_asked_for(here: Bench, conf: Path) -> None:
    said = here.run("scan", "docker://evil", code=3)
    assert f"docker.io/library/evil is blocked: {conf} forbids docker.io/library/evil" in said.stderr


def test_a_file_that_is_wrong_is_named(here: Bench, tmp_path: Path) -> None:
    (tmp_path / "wrong.conf").write_text("[[registry]]\nlocation = 7\n")
    said = here.run("scan", "docker://debian", code=2, CONTAINERS_REGISTRIES_CONF=str(tmp_path / "wrong.conf"))
    assert "wrong.conf: 7 cannot be `location`" in said.stderr
