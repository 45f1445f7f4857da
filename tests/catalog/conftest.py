"""The tables that come along, and lists laid out as distroless' repository, small enough to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from barehull.catalog.catalog import Catalog, load_catalog

FILES = {
    "BUILD": 'load("//x:y.bzl", "Z")\n\nDEFAULT_DISTRO = "debian13"\n\nX = {a: b for a in Z for b in a}\nX |= {}\n',
    "distro.bzl": 'VERSIONS = [\n    ("debian12", "bookworm", "12"),\n    ("debian13", "trixie", "13"),\n]\n',
    "static/config.bzl": (
        'STATIC_DISTROS = ["debian12", "debian13"]\n'
        'STATIC_ARCHITECTURES = {"debian12": ["amd64"], "debian13": ["amd64", "riscv64"]}\n'
    ),
    "base/config.bzl": 'BASE_DISTROS = ["debian13"]\nBASE_ARCHITECTURES = {"debian13": ["amd64"]}\n',
    "cc/config.bzl": 'CC_DISTROS = ["debian13"]\nCC_ARCHITECTURES = {"debian13": ["amd64"]}\n',
    "java/config.bzl": (
        'JAVA_DISTROS = ["debian13"]\n'
        'JAVA_ARCHITECTURES = {"debian13": ["amd64"]}\n'
        'JAVA_MAJOR_VERSIONS = {"debian13": ["25"]}\n'
    ),
    "nodejs/config.bzl": (
        'NODEJS_DISTROS = ["debian13"]\n'
        'NODEJS_ARCHITECTURES = {"debian13": {"26": ["amd64"], "28": ["arm64"]}}\n'
        'NODEJS_MAJOR_VERSIONS = ["26", "28"]\n'
    ),
    "python3/config.bzl": (
        'PYTHON_DISTROS = ["debian13"]\n'
        'PYTHON_ARCHITECTURES = {"debian13": ["amd64"]}\n'
        'PYTHON_PACKAGES = {"debian13": ["libpython3.13-minimal", "python3.13-minimal"]}\n'
    ),
    "SUPPORT_POLICY.md": (
        "Words.\n\n"
        "| Image   | Debian 12 EOL | Debian 13 EOL               |\n"
        "| ------- | ------------- | --------------------------- |\n"
        "| static  | Sept 2026     | debian 14 release day + 1yr |\n"
        "| java*   | Jan 2026      | Dec 2028                    |\n"
        "| node*   | Jan 2026      | debian 14 release day + 3mo |\n"
        "\nMore words.\n"
    ),
}


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The tables that come along."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAREHULL_CACHE", "/nowhere/at/all")
        return load_catalog()


@pytest.fixture(scope="session")
def files() -> Mapping[str, str]:
    """The files of a small repository, by path."""
    return FILES


@pytest.fixture
def write_lists(tmp_path: Path) -> Callable[..., Path]:
    """write_lists({"distro.bzl": "..."}) -> the folder of a checkout with these instead; None leaves a file out."""

    def write(instead: Mapping[str, str | None] | None = None, name: str = "distroless") -> Path:
        folder = tmp_path / name
        for path, text in (FILES | dict(instead or {})).items():
            if text is not None:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text)
        return folder

    return write
