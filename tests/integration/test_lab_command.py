"""`python -m lab`: what `make lab` runs. Interrupted, taken up again, used, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.registry import Registry

NAME = "gcr.io/distroless/static-debian13:nonroot"
ROOT = Path(__file__).parents[2]


def command(cache: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lab", *words], cwd=ROOT, env=os.environ | {"BAREHULL_CACHE": str(cache)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_filling_is_taken_up_where_it_was_interrupted(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "lab" / "registry", tmp_path / "lab" / "run")
    try:
        first = command(tmp_path, "up", NAME)
        assert first.stderr is not None
        assert "making the stand-in" in first.stderr.readline()
        first.send_signal(signal.SIGINT)
        assert "interrupted: what is finished is not made again" in first.communicate(timeout=60)[1]
        assert first.returncode == 1
        assert not (tmp_path / "lab" / "made").exists()

        out, said = command(tmp_path, "up", NAME).communicate(timeout=200)
        assert f"export CONTAINERS_REGISTRIES_CONF={tmp_path}/lab/run/registries.conf\n" in out, said
        assert "making the stand-in" not in command(tmp_path, "up", NAME).communicate(timeout=60)[1]
        out, said = command(tmp_path, "run", "--", "buildah", "pull", "--quiet", NAME).communicate(timeout=60)
        assert len(out.strip()) == 64, said
    finally:
        code = command(tmp_path, "down").wait(60)
        subprocess.run(["rm", "-rf", str(tmp_path / "lab" / "storage")], check=False)
    assert code == 0
    assert registry.address == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("up", "ubuntu:24.04"), 2, "the lab has no stand-in for docker.io/library/ubuntu:24.04"),
        (("run", "true"), 2, "the lab does not run"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    process = command(tmp_path, *words)
    try:
        assert said in process.communicate(timeout=60)[1]
        assert process.returncode == code
    finally:
        command(tmp_path, "down").wait(60)
