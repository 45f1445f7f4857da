"""A Dockerfile to an image, by an engine that is there. barehull never runs a RUN itself.

Each file in engines/ says how its program is asked; here it is found, run and cleaned up after. How an engine works
(its storage, isolation, builder, credentials) is the user's matter: it has the user's environment and configuration.
"""

from __future__ import annotations

import importlib
import pkgutil
import secrets
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, cast

from barehull.build import engines
from barehull.build.process import ask, follow, tidy
from barehull.core.errors import IncompleteError, InputError
from barehull.core.progress import Progress, silent
from barehull.files import Store, reading, scratch_folder, sha256_of
from barehull.oci.layout import read_layout
from barehull.oci.manifest import parse_json, read_bounded
from barehull.oci.model import Image

AUTO = "auto"
DOCKERFILES = ("Dockerfile", "Containerfile")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asks of an engine. `engine` is a name or "auto"; `dockerfile` None is the one in the folder."""

    engine: str
    dockerfile: Path | None = None
    target: str = ""
    build_args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EngineRun:
    """What was asked of which engine. `version` is as the program says it; of build arguments the names: values may be
    secrets.
    """

    program: str
    version: str
    dockerfile: str
    sha256: str  # of the Dockerfile
    platform: str
    target: str
    build_args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What an engine is to build. Paths are absolute; `name` is for the image in the engine's own storage, where it
    has one, and for as long as it takes; `layout` is the folder that the image goes to, which does not exist yet.
    """

    context: Path
    dockerfile: Path
    platform: str
    name: str
    layout: Path
    target: str = ""
    build_args: tuple[tuple[str, str], ...] = ()


class Engine(Protocol):
    """What a file in engines/ offers: data, and one function that gives the command lines.

    `PROGRAM` is what PATH is searched for; `auto` takes the lowest `RANK`. `ADVICE` says what else to look at when a
    build fails.
    """

    PROGRAM: str
    RANK: int
    ADVICE: str

    def commands(self, order: Order) -> Commands:
        """The command lines that carry out `order`."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Command lines: `steps` one after the other until the layout is there, then in any case `clean`, unless empty."""

    steps: tuple[tuple[str, ...], ...]
    clean: tuple[str, ...] = ()


def dockerfile_options(order: Order) -> tuple[str, ...]:
    """Which Dockerfile, which stage and which arguments, as docker, podman and buildah take them."""
    options = ["--file", str(order.dockerfile)]
    options += ["--target", order.target] if order.target else []
    options += [word for name, value in order.build_args for word in ("--build-arg", f"{name}={value}")]
    return tuple(options)


def by_storage(program: str, order: Order) -> Commands:
    """How an engine that builds into the machine's storage of images carries out `order`, and takes it out again."""
    build = (program, "build", "--format", "oci", "--platform", order.platform, "--tag", order.name)
    push = (program, "push", "--quiet", order.name, f"oci:{order.layout}:latest")
    steps = ((*build, *dockerfile_options(order), str(order.context)), push)
    return Commands(steps, clean=(program, "rmi", order.name))


def engine_names() -> tuple[str, ...]:
    """The names of all engines, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(engines.__path__)))


def all_engines() -> tuple[Engine, ...]:
    """Every engine, in the order in which `auto` looks for them."""
    found = [cast(Engine, importlib.import_module(f"{engines.__name__}.{name}")) for name in engine_names()]
    return tuple(sorted(found, key=lambda engine: engine.RANK))


def find_engine(name: str) -> Engine:
    """The engine of that name, or for "auto" the first that is there. IncompleteError where there is none."""
    wanted = [engine for engine in all_engines() if name in (AUTO, engine.PROGRAM)]
    for engine in wanted:
        if shutil.which(engine.PROGRAM):
            return engine
    looked_for = ", ".join(engine.PROGRAM for engine in wanted) or name
    others = [engine.PROGRAM for engine in all_engines() if shutil.which(engine.PROGRAM)]
    raise IncompleteError(
        f"there is no engine to build the Dockerfile with: looked for {looked_for} on PATH",
        advice=f"This machine has {', '.join(others)}: name it with --engine." if others else "Install one of them.",
    )


def find_dockerfile(folder: Path, named: Path | None) -> Path:
    """The Dockerfile that `named` is, or the one in `folder`. InputError where there is none."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", advice="Name the folder of the application.")
    candidates = [named] if named else [folder / name for name in DOCKERFILES]
    for path in candidates:
        if path.is_file():
            return path
    raise InputError(
        f"there is no Dockerfile {' or '.join(map(str, candidates))}",
        advice="Name it with --file; its path is taken from where you are, not from the folder of the application.",
    )


def build_dockerfile(folder: Path, wish: Wish, platform: str, store: Store, progress: Progress = silent) -> Image:
    """The image that the Dockerfile makes of the context `folder`, its blobs in `store`.

    What the engine says goes to `progress`. Errors: InputError without a Dockerfile, and for an image of another
    platform; IncompleteError without an engine, and with its last lines when it fails.
    """
    dockerfile = find_dockerfile(folder, wish.dockerfile)
    engine = find_engine(wish.engine)
    with scratch_folder() as scratch:
        order = Order(
            context=folder.resolve(),
            dockerfile=dockerfile.resolve(),
            platform=platform,
            name=f"localhost/barehull-{secrets.token_hex(8)}:latest",
            layout=scratch.resolve() / "image",
            target=wish.target,
            build_args=wish.build_args,
        )
        commands = engine.commands(order)
        progress(f"building {dockerfile} with {engine.PROGRAM} for {platform}")
        try:
            for step in commands.steps:
                _carry_out(engine, step, dockerfile, progress)
        finally:
            if commands.clean and not tidy(commands.clean):
                progress(f"nothing to remove, or it could not be: {shlex.join(commands.clean)}")
        return _kept(read_layout(order.layout), platform, dockerfile, store)


def describe_run(folder: Path, wish: Wish, platform: str) -> EngineRun:
    """What `build_dockerfile` is about to do. Errors: as it has."""
    dockerfile, engine = find_dockerfile(folder, wish.dockerfile), find_engine(wish.engine)
    with reading(dockerfile):
        sha256 = sha256_of(dockerfile)
    said = ask([engine.PROGRAM, "--version"])
    names = tuple(sorted({name for name, _ in wish.build_args}))
    return EngineRun(engine.PROGRAM, said, dockerfile.name, sha256, platform, wish.target, names)


def _carry_out(engine: Engine, step: Sequence[str], dockerfile: Path, progress: Progress) -> None:
    code, last = follow(step, progress)
    if code != 0:
        said = "".join(f"\n    {line}" for line in last) or "\n    (it said nothing)"
        how = f"was ended by signal {-code}" if code < 0 else f"exited {code}"
        raise IncompleteError(
            f"{engine.PROGRAM} could not build {dockerfile}: it {how}. Its last lines:{said}",
            advice=f"Correct what it names, then run it again. {engine.ADVICE}",
        )


def _kept(image: Image, platform: str, dockerfile: Path, store: Store) -> Image:
    """The image with its blobs in the store: the layout is gone when the build is over."""
    if not f"{image.config.platform}/".startswith(f"{platform}/"):
        raise InputError(
            f"{dockerfile} makes an image for {image.config.platform}, and {platform} was asked for",
            advice="Remove --platform from its FROM, or set `platform` in [runtime] of barehull.toml.",
        )
    manifest = parse_json(read_bounded(image.blobs.path(image.digest)), image.digest)
    for digest in {*(layer.digest for layer in image.layers), str(manifest["config"]["digest"]), image.digest}:
        name = digest.removeprefix("sha256:")
        if store.get(name) is None:
            store.put(_chunks(image.blobs.path(digest)), expected=name, what=digest)
    return replace(image, blobs=store)


def _chunks(path: Path) -> Iterator[bytes]:
    with reading(path), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
