"""Killed at any moment, on a full disk, without a network: nothing half-written, and the next run makes it whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
