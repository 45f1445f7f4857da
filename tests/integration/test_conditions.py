"""The same lock under other conditions, under another Python too, and without a network: the same image.

The other Python is the one of a runtime that barehull composes, started through its own loader.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from uv import find_uv_bin

from barehull.oci.reference import open_image
from barehull.oci.rootfs import Rootfs
from barehull.oci.unpack import unpack

from .conftest import Bench

PROJECT = Path(__file__).parents[2]
OTHER, VERSION = (12, "3.11") if sys.version_info >= (3, 13) else (13, "3.13")
NOWHERE = "http://127.0.0.1:9"
OFFLINE = dict.fromkeys(("BAREHULL_MIRROR", "BAREHULL_SNAPSHOT", "http_proxy", "https_proxy", "all_proxy"), NOWHERE)
OFFLINE |= dict.fromkeys(("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"), f"{NOWHERE}/simple")


@dataclass(frozen=True)
class Python:
    """How a Python is started, and where it finds barehull and what that needs."""

    command: tuple[str, ...]
    path: str = ""


OWN = Python((sys.executable,))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory, bench: Bench) -> Python:
    """Another Python than this one, with barehull's dependencies in the versions of its lock."""
    if platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("no Python can be composed for this machine")
    folder = tmp_path_factory.mktemp("other")
    root = folder / "root"
    _compose(bench, root)
    libraries = [it for it in (root / "usr/lib", root / "lib") for it in it.glob("*-linux-gnu") if it.is_dir()]
    loader = next(path for it in libraries for path in it.glob("ld-linux-*.so.*"))
    program = root / "usr/bin/python"  # which it takes itself for: uv asks it what it is
    program.unlink(missing_ok=True)
    path = ":".join(map(str, libraries))
    start = f'exec "{loader}" --argv0 "$0" --library-path "{path}" "{root}/usr/bin/python{VERSION}" "$@"'
    program.write_text(f"#!/bin/sh\n{start}\n")
    program.chmod(0o755)
    wheels = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    (folder / "wanted.txt").write_text("\n".join(wheels))
    uv = [find_uv_bin(), "pip", "install", "-q", "--target", str(folder / "packages"), "--only-binary", ":all:"]
    uv += ["--python-version", VERSION, "-c", str(PROJECT / "requirements.lock"), "-r", str(folder / "wanted.txt")]
    subprocess.run(uv, check=True, timeout=300)
    return Python((str(program),), f"{folder / 'packages'}:{PROJECT / 'src'}")


def _compose(bench: Bench, root: Path) -> None:
    """Unpack the runtime of an application that does nothing."""
    application = bench.folder / "nothing"
    application.mkdir()
    (application / "main.py").write_text("")
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    (application / "barehull.toml").write_text(
        f"[application]\nlanguage = 'python'\nentrypoint = ['/usr/bin/python3', 'main.py']\nrequirements = []\n"
        f"[runtime]\ndebian = {OTHER}\nplatform = 'linux/{machine}'\n"
    )
    bench.run("build", "nothing", "--output", "oci:other", "-q")
    with Rootfs.of(open_image(f"oci:{bench.folder}/other")) as rootfs:
        unpack(rootfs, root)


@dataclass(frozen=True)
class Conditions:
    """Of a build: the Python, what is put before its command, its environment and umask, how the sources lie."""

    python: Python
    before: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    umask: int = 0o022
    folder: str = "app"
    mtime: int = 1_700_000_000
    mode: int = 0o644
    backwards: bool = False


def build(bench: Bench, folder: Path, conditions: Conditions, *more: str, cache: str = "cache") -> dict[str, str]:
    """Build the example with the bench's lock; the files of the layout with their SHA-256s."""
    application = folder / conditions.folder
    if not application.exists():
        _copy(bench.app, application, conditions)
    environment = os.environ | {"BAREHULL_CACHE": str(folder / cache), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= dict(conditions.environment)
    if conditions.python.path:
        environment["PYTHONPATH"] = conditions.python.path
    output = folder / f"image{'-'.join(more)}"
    shutil.rmtree(output, ignore_errors=True)
    command = (*conditions.before, *conditions.python.command, "-m", "barehull", "build", str(application), "-q", *more)
    ran = subprocess.run(
        [*command, "--output", f"oci:{output}"],
        cwd=folder, env=environment, umask=conditions.umask, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    files = (path for path in output.rglob("*") if path.is_file())
    return {str(path.relative_to(output)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _copy(source: Path, target: Path, conditions: Conditions) -> None:
    """The same files: made in another order, with other times, other modes but for the right to execute."""
    paths: Sequence[Path] = sorted(source.rglob("*"), reverse=conditions.backwards)
    for path in paths:
        if path.is_file() and "__pycache__" not in path.parts:
            to = target / path.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(path.read_bytes())
            to.chmod(conditions.mode)
            os.utime(to, (conditions.mtime, conditions.mtime))


PLAIN = Conditions(OWN, (), (("TZ", "UTC"), ("LC_ALL", "C.UTF-8"), ("PYTHONHASHSEED", "1")))


def strange(python: Python, folder: Path) -> Conditions:
    home = folder / "a home"
    home.mkdir(parents=True)
    core = min(os.sched_getaffinity(0))
    environment = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "4711"}
    environment |= {"HOME": str(home), "COLUMNS": "17", "SOURCE_DATE_EPOCH": "12345", "PYTHONUTF8": "0"}
    return Conditions(
        python,
        ("taskset", "-c", str(core)),
        tuple(environment.items()),
        umask=0o077,
        folder="sub folder/of an äpp",
        mtime=86_400,
        mode=0o600,
        backwards=True,
    )


@pytest.fixture(scope="module")
def plain(bench: Bench, new: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder of a cold build under usual conditions, and its layout. `new` has made the lock."""
    folder = tmp_path_factory.mktemp("plain")
    layout = build(bench, folder, PLAIN)
    assert open_image(f"oci:{folder}/image").digest == open_image(new).digest
    return folder, layout


def test_under_this_python_on_one_core(bench: Bench, plain: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    assert build(bench, tmp_path, strange(OWN, tmp_path)) == plain[1]


def test_under_another_python_on_one_core(
    bench: Bench, plain: tuple[Path, dict[str, str]], tmp_path: Path, other: Python
) -> None:
    conditions = strange(other, tmp_path)
    said = subprocess.run(
        [*other.command, "-c", "import sys; print(sys.version.split()[0])"], capture_output=True, text=True, check=True
    ).stdout
    assert said.startswith(f"{VERSION}.")
    assert not said.startswith(f"3.{sys.version_info.minor}.")
    assert build(bench, tmp_path, conditions) == plain[1]
    diff_ids = [layer.diff_id for layer in open_image(f"oci:{tmp_path}/image").layers]
    assert diff_ids == [layer.diff_id for layer in open_image(f"oci:{plain[0]}/image").layers]


def test_compressed_by_zstd(bench: Bench, plain: tuple[Path, dict[str, str]], tmp_path: Path, other: Python) -> None:
    """Each from its own cache, which the compressor has not seen."""
    one = build(bench, plain[0], PLAIN, "--compression", "zstd")
    shutil.copytree(plain[0] / "cache", tmp_path / "cache")
    shutil.rmtree(tmp_path / "cache" / "recompressed", ignore_errors=True)
    assert build(bench, tmp_path, strange(other, tmp_path), "--compression", "zstd") == one
    assert one != plain[1]


@pytest.fixture
def cut_off() -> tuple[str, ...]:
    """What takes the network away from a process, where this machine lets us."""
    without = ("unshare", "--user", "--map-root-user", "--net")
    possible = subprocess.run([*without, "true"], capture_output=True, check=False).returncode == 0
    return without if possible else ()


def test_without_a_network(
    bench: Bench, plain: tuple[Path, dict[str, str]], tmp_path: Path, cut_off: tuple[str, ...]
) -> None:
    """From lock and cache, whose layers, bytecode and interpreter are taken away: all of it is made anew."""
    shutil.copytree(plain[0] / "cache", tmp_path / "cache")
    made = [it for it in (tmp_path / "cache").iterdir() if it.name not in ("sha256", "advisories")]
    assert {"pieces", "dependencies", "bytecode", "interpreters"} <= {it.name for it in made}
    for folder in made:
        shutil.rmtree(folder)
    offline = Conditions(OWN, cut_off, tuple(OFFLINE.items()))
    assert build(bench, tmp_path, offline) == plain[1]


def test_it_can_fail(bench: Bench, plain: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """Another byte in a source is another image, and without cache and network there is none."""
    shutil.copytree(plain[0] / "app", tmp_path / "app")
    with (tmp_path / "app" / "volumes" / "app.py").open("a") as file:
        file.write("\n")
    shutil.copytree(plain[0] / "cache", tmp_path / "cache")
    assert build(bench, tmp_path, PLAIN) != plain[1]
    with pytest.raises(AssertionError, match=r"127\.0\.0\.1:9"):
        build(bench, tmp_path, Conditions(OWN, (), tuple(OFFLINE.items())), cache="empty")
