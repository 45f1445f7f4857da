"""The program as a user meets it: help, versions, and what happens with bad input. In a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import barehull
from barehull.oci.reference import FORMS

COMMANDS = ("build", "catalog", "check", "compare", "db", "explain", "lock", "release", "scan")


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    nowhere = {"BAREHULL_CACHE": str(cwd / "cache"), "BAREHULL_MIRROR": "http://127.0.0.1:9"}
    result = subprocess.run(
        [sys.executable, "-m", "barehull", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=os.environ | nowhere | environment,
        timeout=120,
    )
    assert "Traceback" not in result.stderr
    return result


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "requirements.txt").write_text("flask==3.1.2\n")
    (folder / "Dockerfile").write_text('FROM python:3.13\nCMD ["gunicorn", "app:app"]\n')
    (folder / "app.py").write_text("app = None\n")
    return folder


def test_the_version(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout.split()[-1] == barehull.__version__


def test_help_names_every_command(tmp_path: Path) -> None:
    text = run("--help", cwd=tmp_path).stdout
    assert all(command in text for command in COMMANDS)
    assert "Exit codes" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    result = run(command, "--help", cwd=tmp_path)
    assert result.returncode == 0
    assert "Usage: " in result.stdout


@pytest.mark.parametrize("command", ["build", "release", "scan", "compare"])
def test_help_names_every_form_of_an_image(command: str, tmp_path: Path) -> None:
    listed = [form.strip(",") for form in re.findall(r"\S+:\S+", FORMS)]
    assert len(listed) >= 3
    lines = [line.split()[0] for line in run(command, "--help", cwd=tmp_path).stdout.splitlines() if line.split()]
    assert [line for line in lines if line in listed] == listed


def test_no_command_shows_the_help(tmp_path: Path) -> None:
    result = run(cwd=tmp_path)
    assert result.returncode == 2
    assert "Commands:" in result.stdout


def refused(result: subprocess.CompletedProcess[str], *words: str, code: int = 2) -> None:
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert "what to do: " in result.stderr
    for word in words:
        assert word in result.stderr


def test_an_unknown_command(tmp_path: Path) -> None:
    refused(run("relaese", cwd=tmp_path), "relaese")


def test_an_unknown_option(application: Path, tmp_path: Path) -> None:
    refused(run("build", "app", "--ouput", "oci:x", cwd=tmp_path), "--ouput")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    refused(run("build", "nowhere", "--output", "oci:x", cwd=tmp_path), "nowhere")


def test_a_folder_without_an_application(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(run("build", "empty", "--output", "oci:x", cwd=tmp_path), "no application in empty")


def test_a_language_that_is_not_known_yet(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "go.mod").write_text("module x\n")
    refused(run("release", "app", "--output", "oci:x", cwd=tmp_path), "Go", "go.mod")


def test_an_unknown_key_in_the_configuration(application: Path, tmp_path: Path) -> None:
    (application / "barehull.toml").write_text("[runtime]\nrecepi = 'x'\n")
    refused(run("build", "app", "--output", "oci:x", cwd=tmp_path), "runtime.recepi", "Did you mean 'recipe'")


def test_reports_that_would_go_into_a_file(application: Path, tmp_path: Path) -> None:
    result = run("release", "app", "--output", "oci:x", "--report", "app/app.py", cwd=tmp_path)
    refused(result, "app/app.py is a file", "--report")
    assert not (tmp_path / "cache").exists()


def test_a_database_that_is_not_there(application: Path, tmp_path: Path) -> None:
    result = run("release", "app", "--output", "oci:x", "--db", "nofile", cwd=tmp_path)
    refused(result, "no store of advisories at nofile", "--db")


def test_a_reference_of_another_kind(application: Path, tmp_path: Path) -> None:
    refused(run("build", "app", "--output", "dir:x/y", cwd=tmp_path), "dir:x/y", "oci:DIR")


def test_an_output_folder_that_is_taken_is_left_alone(application: Path, tmp_path: Path) -> None:
    refused(run("build", "app", "--output", "oci:app", cwd=tmp_path), "app exists and is not an OCI layout")
    assert sorted(path.name for path in application.iterdir()) == ["Dockerfile", "app.py", "requirements.txt"]


def test_an_image_that_is_not_one(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    refused(run("scan", "oci:x", cwd=tmp_path), "x is not an OCI image layout")
    refused(run("compare", "oci:x", "oci:nowhere", cwd=tmp_path), "not an OCI image layout")


def test_no_network_is_not_completed(application: Path, tmp_path: Path) -> None:
    refused(run("build", "app", "--output", "oci:x", "-q", cwd=tmp_path), "127.0.0.1:9", "--mirror", code=3)
    assert not (tmp_path / "x").exists()
    assert not (application / "barehull.lock").exists()


def test_an_origin_of_advisories_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(run("db", "update", "--mirror", "nowhere", "-q", cwd=tmp_path), "nowhere has no ecosystems.txt")
    refused(run("db", "update", "--mirror", "empty", "-q", cwd=tmp_path), "empty has no ecosystems.txt")
    refused(run("db", "update", "--mirror", "ftp://x", "-q", cwd=tmp_path), "ftp://x", "http(s) URL or a folder")


def test_no_network_for_the_advisories_leaves_those_of_before(tmp_path: Path) -> None:
    before = run("db", "status", cwd=tmp_path).stdout
    refused(run("db", "update", "--mirror", "http://127.0.0.1:9", "-q", cwd=tmp_path), "127.0.0.1:9", "kept", code=3)
    assert run("db", "status", cwd=tmp_path).stdout == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[runtime]\nplatform = 'linux/s390x'\n", ("runtime.platform", "linux/arm64")),
        ("[policy]\nname = 'strict'\n", ("policy.name", "guideline")),
    ],
)
def test_a_wrong_value_is_told_before_any_work(line: str, words: tuple[str, ...], application: Path) -> None:
    (application / "barehull.toml").write_text(line)
    refused(run("release", "app", "--output", "oci:x", cwd=application.parent), *words)
    assert not (application.parent / "cache").exists()


def test_a_cache_that_cannot_be_written(application: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("db", "status", cwd=tmp_path, BAREHULL_CACHE=str(tmp_path / "file" / "x"))
    refused(result, "file", code=3)


def test_the_database_that_comes_along_says_how_far_it_reaches(tmp_path: Path) -> None:
    result = run("db", "status", cwd=tmp_path)
    assert result.returncode == 0
    assert "Debian 13: fixable only" in result.stdout
    assert "PyPI: full" in result.stdout


def test_a_database_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cache" / "advisories").mkdir(parents=True)
    (tmp_path / "cache" / "advisories" / "advisories.sqlite").write_bytes(b"not a database")
    refused(run("db", "status", cwd=tmp_path), "advisories.sqlite", "barehull db update")
