"""The pre-commit hook at work: a scratch repository uses it from this checkout, installed by pip as pre-commit does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BAD = "FROM debian:latest\nRUN apt-get install -y curl\n"
SETTINGS = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        command, cwd=cwd, env=inherited | SETTINGS | environment, capture_output=True, text=True, timeout=600
    )


def git(*arguments: str, cwd: Path) -> str:
    result = run("git", *arguments, cwd=cwd)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with this checkout as its only commit: what a tag of the project would be."""
    copy = tmp_path / "barehull"
    tracked = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in tracked:
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)
    git("init", "-q", cwd=copy)
    git("add", "-A", "-f", cwd=copy)
    git("commit", "-q", "-m", "all", cwd=copy)
    return copy


def test_a_commit_of_a_bad_dockerfile_is_stopped_and_a_good_one_is_not(checkout: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    (scratch / "app").mkdir(parents=True)
    (scratch / "ci").mkdir()
    revision = git("rev-parse", "HEAD", cwd=checkout)
    (scratch / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {checkout.as_uri()}\n    rev: {revision}\n    hooks:\n      - id: barehull-check\n"
    )
    (scratch / "barehull.toml").write_text('[check]\nout-of-scope = [{ path = "ci/**", reason = "runs in CI" }]\n')
    (scratch / "ci" / "Dockerfile").write_text(BAD)
    (scratch / "app" / "Dockerfile").write_text(BAD)
    git("init", "-q", cwd=scratch)
    python = [sys.executable, "-m", "pre_commit"]
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    installed = run(*python, "install", cwd=scratch, **home)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    git("add", "-A", cwd=scratch)

    stopped = run("git", "commit", "-m", "bad", cwd=scratch, **home)
    assert stopped.returncode != 0
    said = stopped.stdout + stopped.stderr
    assert "error[distroless-runtime]" in said, said
    assert "app/Dockerfile:1:6" in said
    assert "out of scope: ci/Dockerfile: runs in CI" in said

    git("rm", "-q", "--cached", "app/Dockerfile", cwd=scratch)
    (scratch / "app" / "Dockerfile").unlink()
    passed = run("git", "commit", "-m", "good", cwd=scratch, **home)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "Passed" in passed.stdout + passed.stderr
