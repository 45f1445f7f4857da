"""`barehull lock` without a network: what it does with the locks that are there."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from barehull.application.detect import read_application
from barehull.application.platform import for_platform
from barehull.lock import Lock, LockedDeb, LockedWheel, from_json, to_json
from barehull.release import _inputs, keep_lock

DEB = LockedDeb("zlib1g", "1:1.3", "amd64", "zlib", "1:1.3", "debian", "trixie", "pool/z.deb", "0" * 64, 1)


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    nowhere = {"BAREHULL_CACHE": str(folder / "cache"), "BAREHULL_MIRROR": "http://127.0.0.1:9"}
    nowhere |= {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
    result = subprocess.run(
        [sys.executable, "-m", "barehull", "lock", "app", *arguments],
        cwd=folder, capture_output=True, text=True, env=os.environ | nowhere, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in result.stderr
    assert result.returncode == code, result.stderr
    return result


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock that fits the application beside it."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "requirements.txt").write_text("flask==3.1.2\n")
    (app / "Dockerfile").write_text('FROM python:3.13\nCMD ["gunicorn", "app:app"]\n')
    (app / "app.py").write_text("app = None\n")
    application = read_application(app, None)
    inputs = _inputs(application)
    kept = Lock("0", "linux/amd64", "python3", 13, (), (DEB,), (LockedWheel("flask", "3.1.2", "", ""),), inputs)
    application.lock.write_text(to_json(kept))
    return application.lock


def test_with_a_lock_that_fits_there_is_nothing_to_do_and_nobody_is_asked(lock: Path, tmp_path: Path) -> None:
    before = lock.read_bytes()
    said = run(tmp_path).stdout
    assert "fits: 1 package and 1 wheel for linux/amd64. There is nothing to do" in said
    assert lock.read_bytes() == before


def test_check_is_0_for_a_lock_that_fits_and_1_for_one_that_does_not(lock: Path, tmp_path: Path) -> None:
    assert "fits the configuration" in run(tmp_path, "--check").stdout
    (lock.parent / "requirements.txt").write_text("flask==3.1.1\n")
    before = lock.read_bytes()
    assert "does not fit" in run(tmp_path, "--check", code=1).stdout
    assert lock.read_bytes() == before
    lock.unlink()
    assert json.loads(run(tmp_path, "--check", "--format", "json", code=1).stdout)["fits"] is False
    assert not lock.exists()


def test_each_platform_has_its_own_lock_in_the_file(lock: Path, tmp_path: Path) -> None:
    application = read_application(lock.parent, None)
    run(tmp_path, "--check", "--platform", "linux/arm64", code=1)
    there = for_platform(application, "linux/arm64")
    keep_lock(there, Lock("0", "linux/arm64", "python3", 13, (), (DEB,), (), _inputs(there)))
    run(tmp_path, "--check", "--platform", "linux/arm64")
    run(tmp_path, "--check")
    (first,) = (kept for kept in from_json(lock.read_text(), "lock") if kept.platform == "linux/amd64")
    keep_lock(application, dataclasses.replace(first, tool_version="1"))
    assert [kept.tool_version for kept in from_json(lock.read_text(), "lock")] == ["1", "0"]
    lock.write_text("garbage")  # which --update replaces
    keep_lock(application, first)
    assert from_json(lock.read_text(), "lock") == (first,)


def test_a_lock_that_cannot_be_read_is_told(lock: Path, tmp_path: Path) -> None:
    lock.write_bytes(b"\xff\xfe{")
    assert "is not a lock" in run(tmp_path, "--check", code=2).stderr
    lock.unlink()
    lock.mkdir()
    assert "does not fit" in run(tmp_path, "--check", code=1).stdout


def test_json_names_the_database_and_what_is_unknown(lock: Path, tmp_path: Path) -> None:
    value = json.loads(run(tmp_path, "--format", "json").stdout)
    assert value["kept"] is True
    assert value["added"] == value["removed"] == value["changed"] == []
    assert value["database"]["digest"].startswith("sha256:")
    assert {reach["ecosystem"] for reach in value["database"]["coverage"]} == {"Debian:13", "PyPI"}
    assert any(it["reason"].startswith("fixed-only") for it in value["unknown"])


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_a_lock_of_another_format_is_told_with_what_to_do(
    lock: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    lock.write_text('{"schema": "barehull/lock/9"}')
    said = run(tmp_path, *arguments, code=2).stderr
    assert "barehull/lock/9" in said
    assert "barehull lock --update" in said


def test_an_update_without_a_network_keeps_the_lock(lock: Path, tmp_path: Path) -> None:
    before = lock.read_bytes()
    assert "cannot be fetched" in run(tmp_path, "--update", "-q", code=3).stderr
    assert lock.read_bytes() == before


def test_check_and_update_exclude_each_other(lock: Path, tmp_path: Path) -> None:
    assert "--check" in run(tmp_path, "--check", "--update", code=2).stderr
