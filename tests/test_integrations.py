"""The pre-commit hook and the GitHub Action say what the command and the code say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from barehull.checking.discovery import discover, is_dockerfile
from barehull.cli.check import FORMATS, command

ROOT = Path(__file__).parents[1]
OPTIONS = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
NAMES = (
    "Dockerfile", "Dockerfile.cpu", "Dockerfile-dev", "web.Dockerfile", "web.dockerfile", "Containerfile",
    "Containerfile.gpu", "dockerfile", "Dockerfile.j2", "Dockerfile.TMPL", "Dockerfile.md", "Dockerfile~",
    "Dockerfile.dockerignore", ".dockerignore", "dockerfile.go", "MyDockerfile", ".dockerfile", "Makefile", "x.erb",
)  # fmt: skip


@pytest.fixture(scope="module")
def hook() -> dict[str, Any]:
    (it,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return it


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "action.yml").read_text())


def test_the_hook_is_one(hook: dict[str, Any], published_schema: Callable[[str], dict[str, Any]]) -> None:
    jsonschema.validate([hook], published_schema("pre-commit-hooks"))
    assert hook["id"] == "barehull-check"
    assert hook["entry"].split() == ["barehull", "check"]


@pytest.mark.parametrize("folder", ["", "a/b/"])
def test_the_hook_is_run_for_the_files_that_the_command_finds(
    hook: dict[str, Any], tmp_path: Path, folder: str
) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (tmp_path / folder / name).write_text("")
    chosen = [
        f"{folder}{name}"
        for name in NAMES
        if re.search(hook["files"], folder + name) and not re.search(hook["exclude"], folder + name)
    ]
    assert sorted(chosen) == sorted(discover(str(tmp_path)).files)
    assert any(is_dockerfile(name) and f"{folder}{name}" not in chosen for name in NAMES)


def test_the_action_is_one(action: dict[str, Any], published_schema: Callable[[str], dict[str, Any]]) -> None:
    jsonschema.validate(action, published_schema("github-action"))


def test_the_actions_of_others_are_pinned_by_commit(action: dict[str, Any]) -> None:
    used = [step["uses"] for step in action["runs"]["steps"] if "uses" in step]
    assert used
    for name in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)


def test_options_and_formats_are_real(action: dict[str, Any]) -> None:
    script = script_of(action)
    assert set(re.findall(r"(?<=[\s(])--[a-z-]+", script)) <= OPTIONS
    assert set(re.findall(r"--format (\w+)", script)) == {"github", "sarif", "markdown"} <= set(FORMATS)


def test_no_input_is_part_of_a_script(action: dict[str, Any]) -> None:
    assert not [step for step in action["runs"]["steps"] if "${{" in step.get("run", "")]


def test_the_documentation_names_what_there_is(hook: dict[str, Any], action: dict[str, Any]) -> None:
    said = (ROOT / "docs" / "integrations.md").read_text()
    assert hook["id"] in said
    assert set(re.findall(r"--format (\w+)", said)) == set(FORMATS)
    assert set(re.findall(r"`(--[a-z-]+)", said)) <= OPTIONS
    for name in (*action["inputs"], *action["outputs"]):
        assert f"`{name}`" in said


def script_of(action: dict[str, Any]) -> str:
    (script,) = (step["run"] for step in action["runs"]["steps"] if step.get("id") == "check")
    return script


BAD = "FROM debian:latest\nRUN apt-get install -y curl\n"


@pytest.mark.parametrize(
    ("paths", "code"), [("a\nb c/Dockerfile\n", 1), ("nowhere", 2), ("-x\n", 2), ("$(touch hacked)\n`touch hacked`", 2)]
)
def test_the_actions_script_runs(action: dict[str, Any], tmp_path: Path, paths: str, code: int) -> None:
    work, runner = tmp_path / "work", tmp_path / "runner"
    for folder in ("a", "b c"):
        (work / folder).mkdir(parents=True)
        (work / folder / "Dockerfile").write_text(BAD)
    (runner / "barehull").mkdir(parents=True)
    (runner / "barehull" / "bin").symlink_to(Path(sys.executable).parent)
    environment = {
        "RUNNER_TEMP": str(runner), "GITHUB_OUTPUT": str(runner / "output"), "INPUT_PATHS": paths,
        "GITHUB_STEP_SUMMARY": str(runner / "summary"), "INPUT_CONFIG": "", "INPUT_FAIL_ON": "warning",
    }  # fmt: skip
    result = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script_of(action)],
        cwd=work, env=os.environ | environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert f"exit-code={code}\n" in (runner / "output").read_text()
    assert "sarif=" in (runner / "output").read_text()
    assert (runner / "summary").read_text().startswith("## barehull check")
    assert sorted(path.name for path in work.iterdir()) == ["a", "b c"]
    if code == 1:
        assert "::error file=b c/Dockerfile,line=1" in result.stdout
