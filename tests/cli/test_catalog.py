"""`barehull catalog`, as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-m", "barehull", "catalog", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=os.environ | {"BAREHULL_CACHE": str(cwd / "cache")},
        timeout=120,
    )
    assert "Traceback" not in result.stderr
    return result


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "distroless"
    names = {"static": "STATIC", "base": "BASE", "cc": "CC", "java": "JAVA", "nodejs": "NODEJS", "python3": "PYTHON"}
    more = {
        "java": "JAVA_MAJOR_VERSIONS = {}\n",
        "nodejs": "NODEJS_MAJOR_VERSIONS = []\n",
        "python3": "PYTHON_PACKAGES = {}\n",
    }
    for name, prefix in names.items():
        (folder / name).mkdir(parents=True)
        distros = '["debian14"]' if name == "static" else "[]"
        architectures = '{"debian14": ["amd64"]}' if name == "static" else "{}"
        text = f"{prefix}_DISTROS = {distros}\n{prefix}_ARCHITECTURES = {architectures}\n{more.get(name, '')}"
        (folder / name / "config.bzl").write_text(text)
    (folder / "BUILD").write_text('DEFAULT_DISTRO = "debian14"\n')
    (folder / "distro.bzl").write_text('VERSIONS = [("debian14", "forky", "14")]\n')
    (folder / "SUPPORT_POLICY.md").write_text("| Image | Debian 14 EOL |\n|---|---|\n| static | Jun 2031 |\n")
    return folder


def test_the_tables_are_shown_with_their_dates_and_sources(tmp_path: Path) -> None:
    result = run("show", cwd=tmp_path)
    assert result.returncode == 0
    for words in (
        "gcr.io/distroless/static-debian13",
        "debian 14 release day + 1yr",
        "nodejs18 (2025-04-30)",
        "eclipse-temurin",
        "https://github.com/GoogleContainerTools/distroless",
        "https://go.dev/doc/devel/release",
        "as of 2026-08-21",
    ):
        assert words in result.stdout
    assert not [line for line in result.stdout.split("\n") if line != line.rstrip()]


def test_programs_read_them_as_json(tmp_path: Path) -> None:
    shown = json.loads(run("show", "--format", "json", cwd=tmp_path).stdout)
    assert shown["schema"] == "barehull/catalog/1"
    images = {it["name"]: it for it in shown["distroless"]["images"]}
    assert images["gcr.io/distroless/static-debian12"]["ends"] == "2026-09-30"
    assert images["gcr.io/distroless/nodejs22-debian13"]["languages"] == ["node"]
    assert shown["lifecycles"]["go"]["versions"][-1]["version"] == "1.0"
    assert "docker.io/library/golang" in [name for it in shown["official"]["images"] for name in it["names"]]
    assert shown["recommended"]["go"] == "gcr.io/distroless/static-debian13"


def test_an_update_is_what_is_shown_from_then_on(tmp_path: Path, checkout: Path) -> None:
    result = run("update", "--from", "distroless", cwd=tmp_path)
    assert (result.returncode, "1 distroless images as of" in result.stdout) == (0, True)
    assert "reading the lists at distroless" in result.stderr
    shown = json.loads(run("show", "--format", "json", cwd=tmp_path).stdout)["distroless"]
    assert [it["name"] for it in shown["images"]] == ["gcr.io/distroless/static-debian14"]
    assert shown["default_debian"] == "14"
    assert "nodejs22" in [it["image"] for it in shown["removed"]]


def test_what_is_not_understood_changes_nothing(tmp_path: Path, checkout: Path) -> None:
    (checkout / "static" / "config.bzl").write_text("\nSTATIC_DISTROS = all()\n")
    result = run("update", "-q", "--from", "distroless", cwd=tmp_path)
    assert result.returncode == 2
    assert "distroless: static/config.bzl, line 2: STATIC_DISTROS is not a plain value" in result.stderr
    assert "what to do" in result.stderr
    assert not (tmp_path / "cache" / "catalog").exists()


def test_a_damaged_table_is_told_and_made_anew(tmp_path: Path, checkout: Path) -> None:
    path = tmp_path / "cache" / "catalog" / "distroless.toml"
    path.parent.mkdir(parents=True)
    path.write_text("as_of = [")
    result = run("show", cwd=tmp_path)
    assert (result.returncode, str(path) in result.stderr) == (2, True)
    assert run("update", "--from", "distroless", cwd=tmp_path).returncode == 0
    assert run("show", cwd=tmp_path).returncode == 0


def test_no_network_is_told_and_is_no_bad_input(tmp_path: Path) -> None:
    result = run("update", "-q", "--from", "http://127.0.0.1:9/x", cwd=tmp_path)
    assert result.returncode == 3
    assert "cannot be fetched" in result.stderr
