"""What scanners are blind to: each way to hide software in an image, alone, is caught through the program.

The image is the example's, composed for real; a layer on top does the hiding. Beside the honest one, none is green.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from barehull.files import Store
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.layout import write_layout
from barehull.oci.manifest import make_image
from barehull.oci.model import Entry
from barehull.oci.reference import open_image
from barehull.oci.rootfs import Node, Rootfs

from .conftest import Bench

LIBSSL = "usr/lib/x86_64-linux-gnu/libssl.so.3"
STATUS = "var/lib/dpkg/status.d"
JAR = "META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties"
POM = "version=2.14.1\ngroupId=org.apache.logging.log4j\nartifactId=log4j-core\n"
Report = dict[str, Any]
Plant = Callable[..., str]


@pytest.fixture
def plant(new: str, tmp_path: Path) -> Plant:
    """plant({"opt/tool": content, "etc/x": None}): the honest image in one layer, with files more, or less."""

    def make(files: dict[str, bytes | None]) -> str:
        image, store = open_image(new), Store(tmp_path / "store")
        hidden = tuple(f"{path}/" for path in files)
        with Rootfs.of(image) as rootfs:
            entries = [
                entry(node, rootfs) for node in rootfs.walk() if node.path and not f"{node.path}/".startswith(hidden)
            ]
        entries += [Entry(path, "file", content=it) for path, it in files.items() if it is not None]
        layer = write_layer(with_parents(entries), store, created_by="a test")
        write_layout(make_image(image.config, (layer,), store), tmp_path / "planted")
        return f"oci:{tmp_path}/planted"

    return make


def entry(node: Node, rootfs: Rootfs) -> Entry:
    data = rootfs.read(node.path) if node.kind == "file" else b""
    return Entry(node.path, node.kind, node.mode, node.uid, node.gid, data, node.target, node.mtime)


def content(image: str, path: str) -> bytes:
    with Rootfs.of(open_image(image)) as rootfs:
        return rootfs.read(path)


def beside(bench: Bench, honest: str, image: str, code: int, **environment: str) -> Report:
    """The report of a comparison with the honest image."""
    said = bench.run(
        "compare", honest, image, "--config", "app/barehull.toml", "--format", "json", "-q", code=code, **environment
    )
    report: Report = json.loads(said.stdout)
    return report


def undecided(report: Report) -> dict[str, str]:
    """The keywords of what is undecided in the new image only, by subject."""
    return {it["subject"]: it["reason"].partition(":")[0] for it in report["comparison"]["undecided"]}


def purls(report: Report) -> dict[str, list[str]]:
    return {it["purl"]: it["evidence"] for it in report["new"]["components"]}


def test_the_honest_image_is_green(bench: Bench, new: str, plant: Plant) -> None:
    assert undecided(beside(bench, new, new, 0)) == {}
    assert undecided(beside(bench, new, plant({"usr/share/doc/more": b"text"}), 0)) == {}


def test_a_library_copied_from_another_image_has_the_vulnerabilities_of_its_package(
    bench: Bench, new: str, old: str, plant: Plant, tmp_path: Path
) -> None:
    image = plant({"opt/lib/libssl.so.3": content(old, LIBSSL)})
    report = beside(bench, new, image, 1)
    (copied,) = (purl for purl, evidence in purls(report).items() if evidence == ["opt/lib/libssl.so.3"])
    assert copied.startswith("pkg:deb/debian/libssl3@3.0.")
    assert "distro=debian-12" in copied
    assert {it["purl"] for it in report["comparison"]["introduced"]} == {copied}
    assert undecided(report)["opt/lib/libssl.so.3"] == "unowned-elf"
    # Where its package was never seen, nothing is known of it, and that is said.
    report = beside(bench, new, image, 3, BAREHULL_CACHE=str(tmp_path / "empty"))
    assert undecided(report) == {"opt/lib/libssl.so.3": "unowned-elf"}


def test_a_library_overwritten_by_an_older_one_has_the_vulnerabilities_of_the_older(
    bench: Bench, new: str, old: str, plant: Plant
) -> None:
    report = beside(bench, new, plant({LIBSSL: content(old, LIBSSL)}), 1)
    assert undecided(report)[LIBSSL] == "modified-file"
    assert {it["purl"].partition("@")[0] for it in report["comparison"]["introduced"]} == {"pkg:deb/debian/libssl3"}


def test_a_library_overwritten_in_place_by_what_nobody_knows(bench: Bench, new: str, plant: Plant) -> None:
    report = beside(bench, new, plant({LIBSSL: content(new, LIBSSL) + b"\0"}), 3)
    assert undecided(report) == {LIBSSL: "modified-file"}


def test_a_package_whose_record_was_removed(bench: Bench, new: str, plant: Plant, tmp_path: Path) -> None:
    gone = {f"{STATUS}/libssl3t64": None, f"{STATUS}/libssl3t64.md5sums": None}
    report = beside(bench, new, plant(gone), 3)
    assert undecided(report)[LIBSSL] == "unowned-elf"
    # Its vulnerabilities count all the same.
    assert any(purl.startswith("pkg:deb/debian/libssl3t64@") for purl in purls(report))
    report = beside(bench, new, plant(gone), 3, BAREHULL_CACHE=str(tmp_path / "empty"))
    assert undecided(report)[LIBSSL] == "unowned-elf"
    assert not any(purl.startswith("pkg:deb/debian/libssl3t64@") for purl in purls(report))


def test_a_package_of_whose_record_only_the_sums_are_left(bench: Bench, new: str, plant: Plant) -> None:
    report = beside(bench, new, plant({f"{STATUS}/libssl3t64": None}), 3)
    assert undecided(report)[f"{STATUS}/libssl3t64.md5sums"] == "gap"


def test_a_distribution_whose_metadata_was_removed(bench: Bench, new: str, plant: Plant) -> None:
    with Rootfs.of(open_image(new)) as rootfs:
        (info,) = (path for path in (node.path for node in rootfs.walk()) if re.search(r"/flask-[^/]*dist-info$", path))
    report = beside(bench, new, plant({info: None}), 3)
    assert undecided(report) == {f"{info.rpartition('/')[0]}/flask": "unowned-module"}
    assert not any("pypi/flask@" in purl for purl in purls(report))


def test_an_openssl_inside_a_wheel(bench: Bench, new: str, fresh: Callable[[], Bench]) -> None:
    """psycopg2-binary has it beside its module, as auditwheel puts it there; cryptography linked into it."""
    other = fresh()
    with (other.app / "requirements.txt").open("a") as file:
        file.write("psycopg2-binary==2.9.11\ncryptography==46.0.3\n")
    other.run("build", "app", "--output", "oci:new", "-q")
    report = beside(other, new, f"oci:{other.folder}/new", 3)
    inside = {it["vendored_in"].partition("@")[0] for it in report["new"]["components"] if it["name"] == "openssl"}
    assert inside == {"pkg:pypi/psycopg2-binary", "pkg:pypi/cryptography"}
    assert {key for key in undecided(report).values() if key} == {"vendored"}
    assert any(subject.startswith("pkg:generic/openssl@3.") for subject in undecided(report))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A Go program, as a release makes it."""
    folder = tmp_path_factory.mktemp("go")
    (folder / "main.go").write_text('package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n')
    (folder / "go.mod").write_text("module example.org/hello\n\ngo 1.21\n")
    build = ("go", "build", "-trimpath", "-ldflags=-s -w", "-o", "hello", ".")
    subprocess.run(build, cwd=folder, check=True, timeout=300)
    return (folder / "hello").read_bytes()


def test_a_go_program_without_its_build_info(bench: Bench, new: str, plant: Plant, program: bytes) -> None:
    stripped = program.replace(b"\xff Go buildinf:", bytes(14))
    assert stripped != program
    report = beside(bench, new, plant({"opt/hello": stripped}), 3)
    assert undecided(report) == {"opt/hello": "go-without-buildinfo"}


def test_a_jar_inside_a_jar(bench: Bench, new: str, plant: Plant) -> None:
    report = beside(bench, new, plant({"opt/app.jar": jar({"BOOT-INF/lib/x.jar": jar({JAR: POM.encode()})})}), 3)
    (found,) = (it for it in report["new"]["components"] if it["ecosystem"] == "Maven")
    assert found["name"] == "org.apache.logging.log4j:log4j-core"
    assert found["version"] == "2.14.1"
    assert found["purl"] in undecided(report)


def jar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("path", ["usr/local/bin/python3.13", "opt/hidden"])
def test_a_python_copied_out_of_its_package(path: str, bench: Bench, new: str, plant: Plant, tmp_path: Path) -> None:
    image = plant({path: content(new, "usr/bin/python3.13")})
    report = beside(bench, new, image, 3)
    (found,) = (evidence for purl, evidence in purls(report).items() if "deb/debian/python3.13-minimal@" in purl)
    assert path in found
    assert undecided(report) == {path: "unowned-elf"}
    # Where its package was never seen, it is CPython's own.
    report = beside(bench, new, image, 3, BAREHULL_CACHE=str(tmp_path / "empty"))
    assert any(purl.startswith("pkg:generic/python@3.13.") for purl in purls(report))


@pytest.mark.parametrize("cataloguer", ["dpkg", "python", "vendored"])
def test_a_scan_that_fails_half_way_is_not_green(cataloguer: str, bench: Bench, new: str) -> None:
    broken = (
        f"import barehull.inventory.cataloguers.{cataloguer} as it\n"
        "def fails(rootfs): raise KeyError('half-way')\n"
        "it.catalogue = fails\n"
        "from barehull.cli.main import main; main()\n"
    )
    command = ("scan", new, "--config", "app/barehull.toml", "--format", "json", "-q")
    assert bench.run(*command).returncode == 0
    said = subprocess.run(
        [sys.executable, "-c", broken, *command],
        cwd=bench.folder,
        env=environment(bench),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert said.returncode == 3, said.stderr
    report = json.loads(said.stdout)
    assert f"cataloguer {cataloguer}" in {it["subject"] for it in report["new"]["gaps"]}


def environment(bench: Bench) -> dict[str, str]:
    return os.environ | {"BAREHULL_CACHE": str(bench.folder / "cache")} | bench.environment
