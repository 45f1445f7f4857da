"""The example for arm64, composed on another machine, and run as the processor's instructions are: by qemu."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from barehull.lock import from_json
from barehull.oci.reference import open_image
from barehull.oci.rootfs import Rootfs
from barehull.oci.unpack import unpack

from .conftest import Bench

RELEASES = {12: "3.11", 13: "3.13"}
SERVES = """
import platform, sys
from volumes.app import create_app
app = create_app()
print(platform.machine(), sys.version.split()[0], app.test_client().get("/healthz").status_code)
"""

pytestmark = pytest.mark.skipif(platform.machine() == "aarch64", reason="nothing is foreign here")


def build(bench: Bench, debian: int) -> str:
    configuration = bench.app / "barehull.toml"
    text = configuration.read_text()
    assert "debian = 13" in text
    configuration.write_text(text.replace("debian = 13", f"debian = {debian}"))
    said = bench.run("build", "app", "--platform", "linux/arm64", "--output", "oci:arm", "-q").stdout
    assert said.count("  holds  ") == 5
    return f"oci:{bench.folder}/arm"


@pytest.mark.parametrize("debian", sorted(RELEASES))
def test_the_example_runs_on_arm64_from_its_bytecode(debian: int, fresh: Callable[[], Bench], tmp_path: Path) -> None:
    if not shutil.which("qemu-aarch64"):
        pytest.skip("qemu-user is not installed")
    image = open_image(build(fresh(), debian))
    assert image.config.platform == "linux/arm64"
    root, version = tmp_path / "root", RELEASES[debian]
    with Rootfs.of(image) as rootfs:
        unpack(rootfs, root)
    python = [f"{root}/usr/bin/python{version}", "-B", "-v", "-c", SERVES]
    environment = {"PYTHONPATH": "/app:" + f"/usr/local/lib/python{version}/dist-packages", "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(
        ["qemu-aarch64", "-L", str(root), "-0", f"/usr/bin/python{version}", *python],
        cwd=root / "app", env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    machine, said, status = ran.stdout.split()
    assert (machine, status) == ("aarch64", "200")
    assert said.startswith(f"{version}.")
    for module in ("flask/__pycache__/__init__", "json/__pycache__/__init__", "volumes/__pycache__/app"):
        loaded = [line for line in ran.stderr.splitlines() if "code object from" in line and module in line]
        assert loaded, module
        assert loaded[0].rstrip("'").endswith(".pyc"), loaded


def test_bytecode_is_the_same_as_on_amd64_and_the_compiler_is_locked(
    bench: Bench, new: str, fresh: Callable[[], Bench]
) -> None:
    foreign = fresh()
    contents = []
    for reference in (build(foreign, 13), new):
        with Rootfs.of(open_image(reference)) as rootfs:
            paths = [it.path for it in rootfs.walk() if it.path.endswith(".pyc") and "sysconfigdata" not in it.path]
            contents.append({path: rootfs.read(path) for path in paths})
    assert len(contents[0]) > 500
    assert contents[0] == contents[1]
    ((lock,), (native,)) = (from_json((it.app / "barehull.lock").read_text(), "lock") for it in (foreign, bench))
    versions = {deb.name: deb.version for deb in lock.debs}
    pythons = [deb for deb in lock.tools if "python" in deb.name]
    assert len(pythons) == 3
    assert all(deb.architecture == "amd64" and versions[deb.name] == deb.version for deb in pythons)
    assert native.tools == ()


def test_without_the_network_it_is_built_from_lock_and_cache(fresh: Callable[[], Bench]) -> None:
    foreign = fresh()
    first = open_image(build(foreign, 13)).digest
    offline = ("--mirror", "http://127.0.0.1:9")
    foreign.run("build", "app", "--platform", "linux/arm64", "--output", "oci:again", "-q", *offline)
    assert open_image(f"oci:{foreign.folder}/again").digest == first


def test_it_is_scanned_and_compared_as_any_other(fresh: Callable[[], Bench]) -> None:
    foreign = fresh()
    reference = build(foreign, 13)
    scanned = json.loads(foreign.run("scan", reference, "--config", "app/barehull.toml", "--format", "json").stdout)
    found = {it["purl"] for it in scanned["new"]["components"]}
    assert any("arch=arm64" in purl for purl in found)
    old = ("--config", "app/replaces/never-rebuilt.toml", "--platform", "linux/arm64", "--output", "oci:old")
    foreign.run("build", "app", *old, "-q")
    compared = foreign.run("compare", "oci:old", reference, "--config", "app/barehull.toml")
    assert "PASSED" in compared.stdout
    assert "fixed: 7" in compared.stdout


def test_a_platform_that_is_none_is_refused(fresh: Callable[[], Bench]) -> None:
    said = fresh().run("build", "app", "--platform", "linux/vax", "--output", "oci:new", code=2)
    assert "linux/vax" in said.stderr
    assert "linux/arm64" in said.stderr
