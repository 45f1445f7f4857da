"""Dockerfiles built by buildah and podman for real, on bases that barehull composed; then the way of every image.

Their storage and isolation are set by their own environment variables, as a user would.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from barehull.oci.reference import open_image

from .conftest import Bench

SETTINGS = {"STORAGE_DRIVER": "overlay", "BUILDAH_ISOLATION": "chroot"}
ENGINES = ["buildah", "podman"]
POLICY = """
[[policy.acceptances]]
subject = "Debian:13"
reason = "the advisories tell of fixed vulnerabilities only"
until = 2099-01-01
"""
DISTROLESS = """FROM {base} AS web
ARG GREETING=none
ENV GREETING=$GREETING
COPY main.py /app/main.py
EXPOSE 8080
ENTRYPOINT ["/usr/bin/python3", "/app/main.py"]
FROM web
ENV LAST=yes
"""


def storage() -> str:
    """What barehull would leave behind: names of its images, and working containers."""
    listed = [["buildah", "images", "--all"], ["buildah", "containers", "--quiet"]]
    environment = os.environ | SETTINGS
    images, containers = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout
        for command in listed
    )
    return "\n".join(line for line in images.splitlines() if "localhost/barehull-" in line) + containers


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory, bench: Bench) -> Iterator[Bench]:
    """A bench whose "slim" is a composed python3, and "fat" a composed Debian with a shell; local images, both."""
    made = Bench(tmp_path_factory.mktemp("engines"), {"BAREHULL_CACHE": str(bench.folder / "cache"), **SETTINGS})
    made.app.mkdir()
    (made.app / "main.py").write_text("import json\nprint(json.dumps('hello'))\n")
    (made.app / "barehull.toml").write_text(POLICY)
    for name, runtime in (("slim", 'recipe = "python3"'), ("fat", 'recipe = "debian"\npackages = ["python3", "dash"]')):
        (made.folder / f"{name}.toml").write_text(
            '[application]\nlanguage = "python"\nentrypoint = ["/usr/bin/python3"]\nrequirements = []\n'
            f'include = ["barehull.toml"]\n[runtime]\n{runtime}\n'
        )
        made.run("build", "app", "--config", f"{name}.toml", "--output", f"oci:{name}", "-q")
    # Only now: what is composed takes its environment and ports from a Dockerfile that is there.
    (made.app / "Dockerfile").write_text(DISTROLESS.format(base=f"oci:{made.folder}/slim"))
    (made.app / "Dockerfile.fat").write_text(
        f"FROM oci:{made.folder}/fat\nUSER 0\nRUN echo built > /built\nCOPY main.py /app/main.py\n"
        'ENTRYPOINT ["/usr/bin/python3", "/app/main.py"]\n'
    )
    before = storage()
    yield made
    assert storage() == before


@pytest.mark.parametrize("engine", ENGINES)
def test_a_distroless_dockerfile_is_released_beside_the_conventional_one_of_before(bases: Bench, engine: str) -> None:
    old, new = f"oci:old-{engine}", f"oci:new-{engine}"
    fat = ("--engine", engine, "--file", "app/Dockerfile.fat")
    said = bases.run("build", "app", *fat, "--conventional", "--output", old)
    assert "proofs: none, this runtime is conventional" in said.stdout
    assert "RUN echo built" in said.stderr
    assert str(bases.folder) not in json.dumps(dict(open_image(f"oci:{bases.folder}/old-{engine}").config.env))

    arguments = (
        "--engine",
        engine,
        "--build-arg",
        "GREETING=hi",
        "--replaces",
        old,
        "--output",
        new,
        "--report",
        "out",
    )
    said = bases.run("release", "app", *arguments)
    assert "verdict by the policy guideline: PASSED" in said.stdout
    assert said.stdout.count("  holds   ") == 5
    assert "podman run --rm -p 8080:8080 " in said.stdout
    report = json.loads((bases.folder / "out" / "report.json").read_text())
    assert len(report["proofs"]) == 5
    names = sorted(path.name for path in (bases.folder / "out").iterdir())
    assert "barehull.lock" not in names
    assert "sbom.cdx.json" in names
    assert report["lock"] is None
    provenance = json.loads((bases.folder / "out" / "provenance.json").read_text())["predicate"]
    definition, dockerfile = provenance["buildDefinition"], (bases.app / "Dockerfile").read_bytes()
    assert definition["externalParameters"]["buildArguments"] == ["GREETING"]
    assert definition["resolvedDependencies"][0]["digest"] == {"sha256": hashlib.sha256(dockerfile).hexdigest()}
    assert re.search(r"\d+\.\d+", provenance["runDetails"]["builder"]["version"][engine])
    image = open_image(f"oci:{bases.folder}/new-{engine}")
    assert image.digest == report["new"]["digest"]
    assert {("GREETING", "hi"), ("LAST", "yes")} <= set(image.config.env)
    assert bases.run("scan", new, "--config", "app/barehull.toml").returncode == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_conventional_image_says_which_proofs_fail(bases: Bench, engine: str) -> None:
    fat = ("--engine", engine, "--file", "app/Dockerfile.fat")
    said = bases.run("build", "app", *fat, "--output", f"oci:fails-{engine}", "-q", code=1)
    assert "FAILS   has no shell and no package manager" in said.stdout
    assert "/usr/bin/dash is a shell" in said.stdout.replace(": ", " ")
    assert "FAILS   runs as a numeric user that is not root" in said.stdout
    assert said.stderr == ""
    bases.run("release", "app", *fat, "--output", f"oci:fails-{engine}", "-q", code=1)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_stage_can_be_meant(bases: Bench, engine: str) -> None:
    bases.run("build", "app", "--engine", engine, "--target", "web", "--output", f"oci:web-{engine}", "-q")
    names = dict(open_image(f"oci:{bases.folder}/web-{engine}").config.env)
    assert "LAST" not in names
    assert names["GREETING"] == "none"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_fails_is_told_by_the_engines_last_lines(bases: Bench, engine: str, tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(f"FROM oci:{bases.folder}/fat\nRUN echo such a pity >&2; exit 7\n")
    said = bases.run(
        "build", "app", "--engine", engine, "--file", str(dockerfile), "--output", "oci:none", "-q", code=3
    )
    assert f"{engine} could not build {dockerfile}" in said.stderr
    assert "such a pity" in said.stderr
    assert "what to do: Correct what it names" in said.stderr
    assert not (bases.folder / "none").exists()
