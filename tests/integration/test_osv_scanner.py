"""osv-scanner on the same images and SBOMs, with the same advisories: it finds nothing that we miss."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from barehull.files import Store
from barehull.oci.layer import write_layer
from barehull.oci.layout import write_layout
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry

from .conftest import Bench
from .osv import mirror, osv_scanner
from .osv_generated import generated

SCRIPT = Path(__file__).parents[2] / "scripts" / "compare_scanners.py"
SYFT = Path(sys.executable).parent / "syft"
SITE = "usr/local/lib/python3.12/site-packages"
WHEELS = {"flask": "0.12", "jinja2": "2.10", "urllib3": "1.24", "requests": "2.19.0", "pyyaml": "5.3", "django": "2.2"}
PACKAGES = {"lodash": "4.17.4", "minimist": "0.0.8", "express": "4.15.2", "handlebars": "4.0.11", "@hapi/hoek": "5.0.0"}
MODULES = {
    "golang.org/x/net": "v0.1.0",
    "golang.org/x/text": "v0.3.5",
    "gopkg.in/yaml.v2": "v2.2.1",
    "github.com/dgrijalva/jwt-go": "v3.2.0+incompatible",
    "stdlib": "1.21.0",
}


@pytest.fixture(scope="session")
def program() -> Path:
    return osv_scanner()


@pytest.fixture(scope="session")
def advisories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mirror(tmp_path_factory.mktemp("mirror"))


@pytest.fixture
def image(tmp_path: Path) -> Callable[..., str]:
    """Makes an image of files, and names it."""

    def make(name: str, contents: dict[str, bytes]) -> str:
        store = Store(tmp_path / "store")
        folders = {str(parent) for path in contents for parent in Path(path).parents} - {"."}
        entries = [Entry(path, "directory", 0o755) for path in sorted(folders)]
        entries += [Entry(path, "file", 0o755, content=content) for path, content in sorted(contents.items())]
        made = make_image(Config(working_dir="/app"), [write_layer(entries, store, created_by="a test")], store)
        write_layout(made, tmp_path / name, "latest")
        return f"oci:{tmp_path / name}"

    return make


def wheels() -> dict[str, bytes]:
    return {
        f"{SITE}/{name}-{version}.dist-info/{file}": content.encode()
        for name, version in WHEELS.items()
        for file, content in {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "RECORD": f"{name}-{version}.dist-info/METADATA,,\n{name}-{version}.dist-info/RECORD,,\n",
            "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }.items()
    }


def node_modules() -> dict[str, bytes]:
    said = {f"node_modules/{name}": {"version": version} for name, version in PACKAGES.items()}
    lock = {"name": "app", "lockfileVersion": 3, "requires": True, "packages": said}
    return {"app/node_modules/.package-lock.json": json.dumps(lock).encode()} | {
        f"app/node_modules/{name}/package.json": json.dumps({"name": name, "version": version}).encode()
        for name, version in PACKAGES.items()
    }


def jar(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / "x.jar", "w") as archive:
        coordinates = "groupId=org.apache.logging.log4j\nartifactId=log4j-core\nversion=2.14.1\n"
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
        archive.writestr("META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties", coordinates)
    return {"app/log4j-core-2.14.1.jar": (folder / "x.jar").read_bytes()}


def go_sbom(folder: Path) -> str:
    path = folder / "go.cdx.json"
    components = [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:golang/{name}@{version}"}
        for name, version in MODULES.items()
    ]
    path.write_text(
        json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components})
    )
    return f"sbom:{path}"


def sbom_of(reference: str, form: str, path: Path) -> str:
    """Syft's SBOM of an image."""
    archive = path.with_suffix(".tar")
    subprocess.run(["skopeo", "copy", "-q", reference, f"oci-archive:{archive}"], check=True)
    settings = os.environ | {"SYFT_CHECK_FOR_APP_UPDATE": "false"}
    subprocess.run([SYFT, "scan", "-q", f"oci-archive:{archive}", "-o", f"{form}={path}"], check=True, env=settings)
    return f"sbom:{path}"


def compared(program: Path, advisories: Path, *subjects: str) -> dict[str, tuple[int, int, int]]:
    """By subject how many findings are ours, theirs and both; every difference must have its rule."""
    command = [sys.executable, SCRIPT, "--mirror", advisories, "--osv-scanner", program, *subjects]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every difference has its rule" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()[1:-1] if not line.startswith("    ")]
    assert len(rows) == len(subjects)
    return {subject: tuple(map(int, row[1:4])) for subject, row in zip(subjects, rows, strict=True)}  # type: ignore[misc]


def test_it_finds_nothing_that_we_miss(
    program: Path, advisories: Path, image: Callable[..., str], tmp_path: Path, old: str, rebuilt: str, new: str
) -> None:
    python, node = image("python", wheels()), image("node", node_modules())
    go = image("go", {"app/scanner": program.read_bytes()})
    subjects = [old, rebuilt, new, python, node, go, image("jars", jar(tmp_path)), go_sbom(tmp_path)]
    subjects.append(sbom_of(rebuilt, "cyclonedx-json", tmp_path / "rebuilt.cdx.json"))
    subjects.append(sbom_of(python, "spdx-json", tmp_path / "python.spdx.json"))
    found = compared(program, advisories, *subjects)
    for subject in (old, python, node, go_sbom(tmp_path)):
        ours, theirs, both = found[subject]
        assert 0 < both == ours <= theirs, f"{subject}: {found[subject]}"
    assert found[python][0] == found[python][1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_reads_no_range_of_versions_in_another_way(program: Path, tmp_path: Path, seed: int) -> None:
    advisories, sbom = generated(tmp_path, seed)
    ours, theirs, both = compared(program, advisories, f"sbom:{sbom}")[f"sbom:{sbom}"]
    assert 500 < both == theirs <= ours


def test_the_script_fails_where_we_miss_something(program: Path, advisories: Path, tmp_path: Path) -> None:
    """An SBOM that changes between our look at it and theirs."""
    text = go_sbom(tmp_path).removeprefix("sbom:")
    liar = tmp_path / "osv-scanner"
    liar.write_text(f"#!/bin/sh\nsed -i 's,golang.org/x/text,golang.org/x/crypto,g' {text}\nexec {program} \"$@\"\n")
    liar.chmod(0o755)
    command = [sys.executable, SCRIPT, "--mirror", advisories, "--osv-scanner", liar, f"sbom:{text}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "NO RULE, a package only theirs: Go golang.org/x/crypto" in done.stdout


def test_it_judges_instead_of_us(
    program: Path, advisories: Path, bench: Bench, old: str, new: str, tmp_path: Path
) -> None:
    """Run on both images, with one database, which the report names."""
    shutil.copytree(advisories, tmp_path / "db" / "osv-scalibr")
    settings = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY": str(tmp_path / "db"),
    }
    arguments = ("compare", old, new, "--scanner", "osv-scanner", "--format", "json", "-q")
    settled = [bench_run(bench, *arguments, **settings) for _ in range(2)]
    assert settled[0]["database"] == settled[1]["database"]
    assert "osv-scanner" in settled[0]["database"]["origin"]
    assert settled[0]["comparison"]["fixed"]
    # Without data of Debian its zero is no zero.
    shutil.rmtree(tmp_path / "db" / "osv-scalibr" / "Debian")
    blind = bench_run(bench, "scan", new, "--scanner", "osv-scanner", "--format", "json", "-q", **settings)
    assert blind["verdict"]["state"] == "undecided"


def bench_run(bench: Bench, *arguments: str, **settings: str) -> dict[str, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "barehull", *arguments],
        cwd=bench.folder,
        env=os.environ | {"BAREHULL_CACHE": str(bench.folder / "cache")} | settings,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.stdout, done.stderr
    said: dict[str, dict[str, object]] = json.loads(done.stdout)
    return said
