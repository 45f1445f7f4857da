"""Killed at any moment, on a full disk, without a network: nothing half-written, and the next run makes it whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from barehull.files import PREFIX
from barehull.lock import from_json
from barehull.oci.reference import open_image

from .conftest import Bench


@pytest.mark.parametrize("seconds", [0.4, 0.9, 1.6, 2.5])
def test_a_build_killed_at_any_moment_leaves_nothing_half_written(
    seconds: float, fresh: Callable[[], Bench], tmp_path: Path, new: str
) -> None:
    killed = fresh()
    environment = os.environ | {"BAREHULL_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "barehull", "build", "app", "--output", "oci:new", "-q"]
    process = subprocess.Popen(command, cwd=killed.folder, env=environment, start_new_session=True)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    index = killed.folder / "new" / "index.json"
    if index.exists():
        open_image(f"oci:{killed.folder}/new")
    killed.run("build", "app", "--output", "oci:new", "-q", BAREHULL_CACHE=str(tmp_path / "cache"))
    assert open_image(f"oci:{killed.folder}/new").digest == open_image(new).digest


@pytest.mark.parametrize(
    ("step", "later"),
    [
        ("reading", 0.1),
        ("resolving", 0.5),
        ("fetching", 0.1),
        ("composing", 0.1),
        ("compiling", 0.5),
        ("installing", 0.2),
        ("proving", 0.0),
        ("proving", 0.2),
    ],
)
def test_a_build_killed_in_any_step_leaves_nothing_half_written(
    step: str, later: float, fresh: Callable[[], Bench], tmp_path: Path, new: str
) -> None:
    """Killed when the step is told, or a little into it; the last one is followed by the writing of the layout."""
    killed = fresh()
    cache = tmp_path / "cache"
    command = [sys.executable, "-m", "barehull", "build", "app", "--output", "oci:new"]
    process = subprocess.Popen(
        command, cwd=killed.folder, env=os.environ | {"BAREHULL_CACHE": str(cache)}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    told = next((line for line in process.stderr if f"  {step} " in line), "")
    time.sleep(later)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert told
    if (lock := killed.app / "barehull.lock").exists():
        from_json(lock.read_text(), "lock")[0]
    if (killed.folder / "new" / "index.json").exists():
        assert open_image(f"oci:{killed.folder}/new").digest == open_image(new).digest
    for left in cache.rglob(f"{PREFIX}*"):
        os.utime(left, (1, 1))
    killed.run("build", "app", "--output", "oci:new", "-q", BAREHULL_CACHE=str(cache))
    assert open_image(f"oci:{killed.folder}/new").digest == open_image(new).digest
    killed.run("cache", "prune", BAREHULL_CACHE=str(cache))
    assert list(cache.rglob(f"{PREFIX}*")) == []
    said = killed.run("build", "app", "--output", "oci:new", BAREHULL_CACHE=str(cache)).stderr
    assert "fetching" not in said
    assert "compiling" not in said


@pytest.mark.parametrize("later", [0.0, 0.2, 0.5])
def test_an_update_of_the_advisories_that_is_killed_leaves_those_of_before(later: float, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "osv" / "PyPI").mkdir(parents=True)
    (tmp_path / "osv" / "ecosystems.txt").write_text("PyPI\n")
    advisories(tmp_path / "osv", 3)
    bench.run("db", "update", "--mirror", "osv", "-q")
    before = bench.run("db", "status").stdout
    advisories(tmp_path / "osv", 60_000)
    command = [sys.executable, "-m", "barehull", "db", "update", "--mirror", "osv"]
    environment = os.environ | {"BAREHULL_CACHE": str(tmp_path / "cache")}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any("reading OSV's advisories of PyPI" in line for line in process.stderr)
    time.sleep(later)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert bench.run("db", "status").stdout == before
    bench.run("db", "update", "--mirror", "osv", "-q")
    assert "60,000 records" in bench.run("db", "status").stdout


def advisories(folder: Path, count: int) -> None:
    """Facts about `count` vulnerabilities of Flask, as OSV lays them out."""
    events = [{"introduced": "0"}, {"fixed": "2.0"}]
    entry = {"package": {"ecosystem": "PyPI", "name": "flask"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    with zipfile.ZipFile(folder / "PyPI" / "all.zip", "w") as archive:
        for number in range(count):
            record = {"id": f"PYSEC-{number}", "modified": "2024-01-01T00:00:00Z", "affected": [entry]}
            archive.writestr(f"{number}.json", json.dumps(record))


def test_ctrl_c_is_told_in_words(fresh: Callable[[], Bench], tmp_path: Path) -> None:
    stopped = fresh()
    environment = os.environ | {"BAREHULL_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "barehull", "build", "app", "--output", "oci:new"]
    process = subprocess.Popen(command, cwd=stopped.folder, env=environment, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert "Traceback" not in said
    assert process.returncode == 130
    assert "interrupted" in said


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)], check=False)
    if made.returncode != 0:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_in_words(small_disk: Path, fresh: Callable[[], Bench]) -> None:
    full = fresh()
    said = full.run("build", "app", "--output", "oci:new", code=3, BAREHULL_CACHE=str(small_disk))
    assert "space" in said.stderr
    assert not (full.folder / "new").exists()


def test_a_full_disk_under_the_output_leaves_no_image(small_disk: Path, fresh: Callable[[], Bench]) -> None:
    full = fresh()
    said = full.run("build", "app", "--output", f"oci:{small_disk}/new", code=3)
    assert "space" in said.stderr
    assert not (small_disk / "new" / "index.json").exists()


def test_a_full_disk_for_temporary_files_is_told_as_that(small_disk: Path, fresh: Callable[[], Bench]) -> None:
    full = fresh()
    full.run("build", "app", "--output", "oci:new", "-q")
    remembered = list((Path(full.environment["BAREHULL_CACHE"]) / "dependencies").rglob("*"))
    for path in remembered:
        if path.is_file():
            path.unlink()
    (small_disk / "filler").write_bytes(bytes((24 << 20) - (200 << 10)))
    said = full.run("build", "app", "--output", "oci:other", "-q", code=3, TMPDIR=str(small_disk))
    assert "space" in said.stderr
    assert "what to do: Free space" in said.stderr
    assert not (full.folder / "other").exists()


def test_a_full_disk_under_the_reports_is_told_and_leaves_no_half_of_one(
    small_disk: Path, fresh: Callable[[], Bench]
) -> None:
    full = fresh()
    (small_disk / "filler").write_bytes(bytes((24 << 20) - (8 << 10)))
    said = full.run("release", "app", "--output", "oci:new", "--report", f"{small_disk}/out", "-q", code=3)
    assert "no space is left to write" in said.stderr
    assert f"{small_disk}/out/report" in said.stderr
    for path in (small_disk / "out").iterdir():
        assert path.read_text().endswith("\n"), path


def test_no_network(fresh: Callable[[], Bench], tmp_path: Path) -> None:
    said = fresh().run("build", "app", "--mirror", "http://127.0.0.1:9", "--output", "oci:new", code=3)
    assert "127.0.0.1:9" in said.stderr
    assert "--mirror" in said.stderr


def test_a_dependency_without_a_wheel_is_named_with_its_line(fresh: Callable[[], Bench]) -> None:
    planted = fresh()
    with (planted.app / "requirements.txt").open("a") as file:
        file.write("docopt==0.6.2\n")
    said = planted.run("build", "app", "--output", "oci:new", "-q", code=2)
    assert "requirements.txt:3" in said.stderr
    assert "docopt" in said.stderr
    assert "wheel" in said.stderr


def test_a_dependency_that_does_not_exist_is_named(fresh: Callable[[], Bench]) -> None:
    planted = fresh()
    (planted.app / "requirements.txt").write_text("flask==99.0\n")
    said = planted.run("build", "app", "--output", "oci:new", "-q", code=2)
    assert "flask==99.0" in said.stderr


def test_an_index_that_is_not_there_is_not_completed(fresh: Callable[[], Bench], tmp_path: Path) -> None:
    said = fresh().run(
        "build", "app", "--output", "oci:new", "-q", code=3, UV_DEFAULT_INDEX="http://127.0.0.1:9/simple",
        BAREHULL_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert "index" in said.stderr
