"""Engines as processes: stand-ins on PATH that record how they are called, and write the layout of a small image."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from barehull.build.engine import AUTO, Wish, all_engines, build_dockerfile, engine_names
from barehull.core.errors import BarehullError, IncompleteError, InputError
from barehull.files import Store
from barehull.oci.layer import write_layer
from barehull.oci.layout import read_layout, write_layout
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry

STAND_IN = """#!{python}
import json, os, shutil, signal, sys, time
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv) + chr(10))
print("STEP 1/1:", "\\x1b[31mFROM scratch", flush=True)
if os.environ.get("STAND_IN_FAILS") in sys.argv:
    print("no such file: main.py", file=sys.stderr)
    sys.exit(125)
if os.environ.get("STAND_IN_SLEEPS") in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print("pid", os.getpid(), flush=True)
    time.sleep(60)
for word in sys.argv:
    for begin in ("oci:", "type=oci,tar=false,dest="):
        if word.startswith(begin):
            shutil.copytree({image!r}, word.removeprefix(begin).removesuffix(":latest"))
"""
Install = Callable[..., None]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    return folder


@pytest.fixture
def install(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Makes a PATH that has the stand-ins of those names, and nothing else."""
    store = Store(tmp_path / "other-store")
    layer = write_layer([Entry("main.py", "file", content=b"print()")], store, created_by="a test")
    write_layout(make_image(Config(user="65532"), (layer,), store), tmp_path / "made")

    def make(*names: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in names:
            program = folder / name
            program.write_text(STAND_IN.format(python=sys.executable, log=str(log), image=str(tmp_path / "made")))
            program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return make


def calls(log: Path) -> list[list[str]]:
    return [[Path(first).name, *rest] for first, *rest in map(json.loads, log.read_text().splitlines())]


@pytest.mark.parametrize("name", engine_names())
def test_every_engine_makes_the_image_that_it_was_asked_for(
    name: str, install: Install, context: Path, tmp_path: Path
) -> None:
    install(name)
    store = Store(tmp_path / "store")
    image = build_dockerfile(context, Wish(name), "linux/amd64", store)
    assert image.digest == read_layout(tmp_path / "made").digest
    write_layout(image, tmp_path / "out")  # all of its blobs are at hand, though the engine's layout is gone
    assert read_layout(tmp_path / "out").digest == image.digest


def order_lines(name: str, install: Install, context: Path, tmp_path: Path, log: Path) -> list[list[str]]:
    install(name)
    dockerfile = tmp_path / "other" / "Dockerfile.slim"
    dockerfile.parent.mkdir()
    dockerfile.write_text("FROM scratch\n")
    wish = Wish(name, dockerfile, "web", (("VERSION", "1.2"), ("EMPTY", "")))
    build_dockerfile(context, wish, "linux/amd64", Store(tmp_path / "store"))
    return calls(log)


@pytest.mark.parametrize("name", ["buildah", "podman"])
def test_buildah_and_podman_build_push_and_remove(
    name: str, install: Install, context: Path, tmp_path: Path, log: Path
) -> None:
    build, push, remove = order_lines(name, install, context, tmp_path, log)
    image = build[build.index("--tag") + 1]
    assert image.startswith("localhost/barehull-")
    assert build == [
        name, "build", "--format", "oci", "--platform", "linux/amd64", "--tag", image,
        "--file", f"{tmp_path}/other/Dockerfile.slim", "--target", "web",
        "--build-arg", "VERSION=1.2", "--build-arg", "EMPTY=", str(context),
    ]  # fmt: skip
    assert push[:-1] == [name, "push", "--quiet", image]
    assert push[-1].startswith("oci:/")
    assert remove == [name, "rmi", image]


def test_buildctl_is_called_as_its_manual_says(install: Install, context: Path, tmp_path: Path, log: Path) -> None:
    (build,) = order_lines("buildctl", install, context, tmp_path, log)
    assert build[:-1] == [
        "buildctl", "build", "--progress", "plain", "--frontend", "dockerfile.v0",
        "--local", f"context={context}", "--local", f"dockerfile={tmp_path}/other",
        "--opt", "filename=Dockerfile.slim", "--opt", "platform=linux/amd64", "--opt", "target=web",
        "--opt", "build-arg:VERSION=1.2", "--opt", "build-arg:EMPTY=", "--output",
    ]  # fmt: skip
    assert build[-1].startswith("type=oci,tar=false,dest=/")


def test_docker_is_called_as_its_manual_says(install: Install, context: Path, tmp_path: Path, log: Path) -> None:
    (build,) = order_lines("docker", install, context, tmp_path, log)
    assert build[:-2] == [
        "docker", "buildx", "build", "--progress", "plain", "--platform", "linux/amd64",
        "--file", f"{tmp_path}/other/Dockerfile.slim", "--target", "web",
        "--build-arg", "VERSION=1.2", "--build-arg", "EMPTY=", "--output",
    ]  # fmt: skip
    assert build[-2].startswith("type=oci,tar=false,dest=/")
    assert build[-1] == str(context)


def test_auto_takes_the_first_that_is_there(install: Install, context: Path, tmp_path: Path, log: Path) -> None:
    assert [engine.PROGRAM for engine in all_engines()] == ["buildah", "podman", "buildctl", "docker"]
    assert sorted(engine.PROGRAM for engine in all_engines()) == sorted(engine_names())  # as the help has them
    install("docker", "buildctl")
    build_dockerfile(context, Wish(AUTO), "linux/amd64", Store(tmp_path / "store"))
    assert {first for first, *_ in calls(log)} == {"buildctl"}


def test_without_an_engine_those_looked_for_are_named(install: Install, context: Path, tmp_path: Path) -> None:
    install()
    with pytest.raises(IncompleteError, match="looked for buildah, podman, buildctl, docker on PATH"):
        build_dockerfile(context, Wish(AUTO), "linux/amd64", Store(tmp_path / "store"))
    install("podman")
    with pytest.raises(IncompleteError, match="looked for docker on PATH") as caught:
        build_dockerfile(context, Wish("docker"), "linux/amd64", Store(tmp_path / "store"))
    assert "podman" in caught.value.advice


def test_a_failure_has_the_last_lines_and_what_to_do_and_leaves_nothing(
    install: Install, context: Path, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("buildah")
    monkeypatch.setenv("STAND_IN_FAILS", "push")
    with pytest.raises(IncompleteError) as caught:
        build_dockerfile(context, Wish(AUTO), "linux/amd64", Store(tmp_path / "store"))
    assert "exited 125" in caught.value.what
    assert caught.value.what.endswith("\n    no such file: main.py")
    assert "BUILDAH_ISOLATION" in caught.value.advice
    assert calls(log)[-1][1] == "rmi"


def test_progress_is_told_without_what_steers_a_terminal(install: Install, context: Path, tmp_path: Path) -> None:
    install("buildctl")
    heard: list[str] = []
    build_dockerfile(context, Wish(AUTO), "linux/amd64", Store(tmp_path / "store"), heard.append)
    assert "STEP 1/1:  [31mFROM scratch" in heard


def test_an_image_for_another_platform_is_refused(install: Install, context: Path, tmp_path: Path) -> None:
    install("buildctl")
    with pytest.raises(InputError, match="makes an image for linux/amd64, and linux/arm64 was asked for"):
        build_dockerfile(context, Wish(AUTO), "linux/arm64", Store(tmp_path / "store"))


def test_a_layout_that_is_damaged_is_refused(install: Install, context: Path, tmp_path: Path) -> None:
    install("buildctl")
    for blob in (tmp_path / "made" / "blobs" / "sha256").iterdir():
        blob.write_bytes(blob.read_bytes() + b" ")
    with pytest.raises(BarehullError):
        build_dockerfile(context, Wish(AUTO), "linux/amd64", Store(tmp_path / "store"))


def test_without_a_dockerfile_the_names_looked_for_are_told(install: Install, context: Path, tmp_path: Path) -> None:
    install("buildctl")
    (context / "Dockerfile").rename(context / "Containerfile")
    build_dockerfile(context, Wish(AUTO), "linux/amd64", Store(tmp_path / "store"))
    (context / "Containerfile").unlink()
    with pytest.raises(InputError, match="Containerfile"):
        build_dockerfile(context, Wish(AUTO), "linux/amd64", Store(tmp_path / "store"))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_engine_and_cleans_up(
    sent: signal.Signals, install: Install, context: Path, tmp_path: Path, log: Path
) -> None:
    install("buildah")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = os.environ | {
        "STAND_IN_SLEEPS": "build", "BAREHULL_CACHE": str(tmp_path / "cache"), "TMPDIR": str(scratch),
    }  # fmt: skip
    words = ["build", str(context), "--engine", "buildah", "--output", f"oci:{tmp_path}/out"]
    command = [sys.executable, "-m", "barehull", *words]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = next(line for line in process.stderr if " pid " in line)
        process.send_signal(sent)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.split()[-1]), 0)
    assert calls(log)[-1][1] == "rmi"
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--file", "Dockerfile"), "--file only say how an engine builds"),
        (("--target", "web", "--build-arg", "A=1"), "--target and --build-arg"),
        (("--conventional",), "--conventional is only for --engine"),
        (("--engine", "auto", "--update"), "--update only say how an image is composed"),
        (("--engine", "auto", "--mirror", "x"), "--mirror only"),
        (("--engine", "auto", "--build-arg", "A"), "is not NAME=VALUE"),
        (("--engine", "kaniko"), "'kaniko' is not one of"),
    ],
)
def test_options_that_do_not_fit_are_wrong_usage(words: tuple[str, ...], said: str, context: Path) -> None:
    command = [sys.executable, "-m", "barehull", "build", str(context), "--output", f"oci:{context}/out", *words]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 2, result.stderr
    assert said in result.stderr
