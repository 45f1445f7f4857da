"""The program with a registry that wants a password, as a user meets it: what it says, and its exit codes."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from barehull.files import Store
from barehull.oci.layer import write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry
from barehull.oci.reference import open_image
from barehull.oci.registry import push_image

from .conftest import Bench
from .registries import PASSWORD, USER, Proxy, docker_registry
from .test_registry import put_index


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry(tmp_path_factory.mktemp("registry"), login=True) as address:
        yield address


def logged_in(bench: Bench, folder: Path, registry: str, password: str = PASSWORD) -> Bench:
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    file = folder / f"auth-{password}.json"
    file.write_text(json.dumps({"auths": {registry: {"auth": auth}}}))
    return replace(bench, environment={"REGISTRY_AUTH_FILE": str(file), "HOME": str(folder)})


def test_a_release_replaces_what_is_under_its_tag(bench: Bench, tmp_path: Path, registry: str) -> None:
    user = logged_in(bench, tmp_path, registry)
    output = f"docker://{registry}/team/app:v1"
    release = ("release", "app", "--replaces", "auto", "--output", output, "--attest", "--report", "auto")
    first = user.run(*release)
    assert "replaces nothing: this is a first release" in first.stdout
    report = json.loads((bench.folder / "auto" / "report.json").read_text())
    assert report["old"] is None
    again = user.run(*release)
    assert "first release" not in again.stdout
    report = json.loads((bench.folder / "auto" / "report.json").read_text())
    assert report["old"]["reference"] == f"{output}@{report['old']['digest']}"
    assert report["old"]["digest"] == report["new"]["digest"]

    listed = json.loads(user.run("attestations", output, "--format", "json", "-q").stdout)
    assert listed["image"] == report["new"]["digest"]
    assert sorted(it["type"] for it in listed["documents"]) == ["cyclonedx", "provenance", "scan", "spdx"]
    shown = json.loads(user.run("attestations", output, "--type", "scan", "--show", "-q").stdout)
    assert shown["predicate"]["replaces"] == report["old"]["digest"]
    assert (
        user.run("attestations", output, "--type", "spdx", "--show", "-q").stdout.encode()
        == (bench.folder / "auto" / "sbom.spdx.json").read_bytes()
    )
    assert "no document 'vex'" in user.run("attestations", output, "--type", "vex", "--show", code=2).stderr


@pytest.mark.parametrize("transport", ["oci:auto-it", "oci-archive:auto-it.tar"])
def test_a_release_replaces_what_is_in_its_layout_or_archive(bench: Bench, transport: str) -> None:
    release = ("release", "app", "--replaces", "auto", "--output", f"{transport}:v1", "--report", "auto-it-report")
    assert "this is a first release" in bench.run(*release).stdout
    assert "first release" not in bench.run(*release).stdout
    report = json.loads((bench.folder / "auto-it-report" / "report.json").read_text())
    assert report["old"]["digest"] == report["new"]["digest"]


def test_who_may_not_ask_is_told_to_log_in_and_nothing_is_called_a_first_release(
    bench: Bench, tmp_path: Path, registry: str
) -> None:
    nobody = replace(bench, environment={"HOME": str(tmp_path), "REGISTRY_AUTH_FILE": str(tmp_path / "none.json")})
    (tmp_path / "none.json").write_text("{}")
    wrong = logged_in(bench, tmp_path, registry, "wrong")
    name = f"docker://{registry}/team/other:v1"
    for user, why in ((nobody, "none are known"), (wrong, "does not accept the credentials")):
        for command in (
            ("scan", name),
            ("compare", name, name),
            ("attestations", name),
            ("release", "app", "--replaces", "auto", "--output", name),
            ("release", "app", "--replaces", name, "--output", "oci:nowhere"),
        ):
            said = user.run(*command, code=3)
            assert why in said.stderr
            assert f"docker login {registry}" in said.stderr
            assert said.stdout == ""
    gone = f"docker://{registry}/team/app:gone"
    said = logged_in(bench, tmp_path, registry).run("scan", gone, code=3)
    assert "MANIFEST_UNKNOWN" in said.stderr
    assert "Check the image's name and tag" in said.stderr
    said = bench.run("release", "app", "--replaces", "auto", "--output", "docker://127.0.0.1:9/app:v1", code=3)
    assert "cannot be reached" in said.stderr


def test_a_token_that_runs_out_is_renewed_and_a_refusal_is_told(bench: Bench, tmp_path: Path, new: str) -> None:
    with docker_registry(tmp_path / "open") as upstream:
        proxy = Proxy(upstream)
        try:
            proxy.tokens = 3  # requests
            name = f"docker://{proxy.address}/team/app:v1"
            push_image(open_image(new), f"{upstream}/team/app:v1")
            cache = {"BAREHULL_CACHE": str(tmp_path / "cache")}
            logged_in(bench, tmp_path, proxy.address).run(
                "scan", name, code=3, **cache
            )  # its data is not accepted here
            assert proxy.given > 1
            said = logged_in(bench, tmp_path, proxy.address, "expired").run("scan", name, "--db", "none", code=3)
            assert "the token server answered 401" in said.stderr
            assert f"docker login {proxy.address}" in said.stderr
        finally:
            proxy.shutdown()
            proxy.server_close()


def test_layers_of_the_replaced_image_are_not_sent_again(bench: Bench, tmp_path: Path, new: str) -> None:
    with docker_registry(tmp_path / "open") as upstream:
        proxy = Proxy(upstream)
        try:
            old, output = f"docker://{proxy.address}/team/old:v1", f"docker://{proxy.address}/team/new:v1"
            push_image(open_image(new), f"{upstream}/team/old:v1")
            bench.run("release", "app", "--replaces", old, "--output", output, "-q")
            assert [path for _, path, _ in proxy.seen if "mount=" in path and "from=team%2Fold" in path]
            assert "PATCH" not in {method for method, _, _ in proxy.seen}
            assert open_image(output).digest == open_image(new).digest
        finally:
            proxy.shutdown()
            proxy.server_close()


def test_the_image_for_a_platform_is_chosen(bench: Bench, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    layer = write_layer([Entry("a", "file", content=b"a")], store, created_by="test")
    images = {it: make_image(Config(architecture=it), [layer], store) for it in ("amd64", "arm64")}
    with docker_registry(tmp_path / "open") as registry:
        name = f"{registry}/team/both:v1"
        for image in images.values():
            push_image(image, name)
        put_index(name, store, images)

        def scanned(*more: str) -> str:
            said = bench.run("scan", f"docker://{name}", "--format", "json", "-q", *more)
            return str(json.loads(said.stdout)["new"]["digest"])

        assert scanned() == images["amd64"].digest
        assert scanned("--platform", "linux/arm64") == images["arm64"].digest
        said = bench.run("compare", f"docker://{name}", f"docker://{name}", "--platform", "linux/s390x", code=2)
        assert "0 of them for linux/s390x" in said.stderr
        assert "Choose one with --platform. There are linux/amd64, linux/arm64." in said.stderr
        subprocess.run(
            ["skopeo", "copy", "-q", "--all", "--src-tls-verify=false", f"docker://{name}", f"oci:{tmp_path}/both:v1"],
            check=True, timeout=60,
        )  # fmt: skip
        said = bench.run("attestations", f"oci:{tmp_path}/both:v1", "--platform", "linux/arm64", "-q")
        assert images["arm64"].digest in said.stdout
