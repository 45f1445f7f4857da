"""The example released for real, once for all tests: from Debian's archive and the Python index as configured."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab import Lab

EXAMPLE = Path(__file__).parents[2] / "examples" / "volumes-web-app"


@dataclass
class Bench:
    """A folder with a copy of the example and a cache of its own; `run` is the program there."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def app(self) -> Path:
        return self.folder / "app"

    def run(self, *arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        settings = os.environ | {"BAREHULL_CACHE": str(self.folder / "cache")} | self.environment | environment
        result = subprocess.run(
            [sys.executable, "-m", "barehull", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env=settings,
            timeout=600,
        )
        assert "Traceback" not in result.stderr, result.stderr
        assert result.returncode == code, f"{result.returncode}\n{result.stdout}\n{result.stderr}"
        return result


def copy_example(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("*.lock", "__pycache__")
    shutil.copytree(EXAMPLE, folder / "app", ignore=ignored)
    return folder


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(copy_example(tmp_path_factory.mktemp("bench")))


@pytest.fixture
def fresh(tmp_path: Path, bench: Bench) -> Callable[[], Bench]:
    """Makes benches with a copy of the example; they share the session's cache unless told otherwise."""
    count = 0

    def make() -> Bench:
        nonlocal count
        count += 1
        folder = tmp_path / str(count)
        folder.mkdir()
        return Bench(copy_example(folder), {"BAREHULL_CACHE": str(bench.folder / "cache")})

    return make


@pytest.fixture(scope="session")
def old(bench: Bench) -> str:
    """The image that was never rebuilt."""
    config = "app/replaces/never-rebuilt.toml"
    bench.run("build", "app", "--config", config, "--output", "oci:old:never-rebuilt", "-q")
    return f"oci:{bench.folder}/old:never-rebuilt"


@pytest.fixture(scope="session")
def rebuilt(bench: Bench) -> str:
    """The image that is conventional, with all updates."""
    bench.run("build", "app", "--config", "app/replaces/rebuilt.toml", "--output", "oci:old:rebuilt", "-q")
    return f"oci:{bench.folder}/old:rebuilt"


@pytest.fixture(scope="session")
def new(bench: Bench) -> str:
    """The distroless image of the example."""
    bench.run("build", "app", "--output", "oci:new", "-q")
    return f"oci:{bench.folder}/new"


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab, over what earlier runs made; a test fills it with the stand-ins that it needs."""
    with Lab() as made:
        yield made
