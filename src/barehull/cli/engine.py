"""The options by which a Dockerfile is built by an engine, for the commands that build."""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from barehull.build import engines
from barehull.core.errors import UsageError
from barehull.core.progress import Progress

if TYPE_CHECKING:
    from barehull.build.engine import Wish
    from barehull.oci.recompress import Compression
    from barehull.release import Built

ENGINES = tuple(sorted(module.name for module in pkgutil.iter_modules(engines.__path__)))  # named like their programs
_COMPOSED_ONLY = ("mirror", "update")

_OPTIONS = (
    click.option(
        "--engine",
        type=click.Choice(("auto", *ENGINES)),
        help="Build the Dockerfile of DIR by this program instead of composing the image; auto is one that is there "
        f"of {', '.join(ENGINES)}.",
    ),
    click.option(
        "--file",
        "dockerfile",
        metavar="DOCKERFILE",
        type=click.Path(path_type=Path),
        help="With --engine: the Dockerfile. Default: the Dockerfile, or Containerfile, in DIR.",
    ),
    click.option("--target", metavar="STAGE", default="", help="With --engine: the stage to build. Default: the last."),
    click.option(
        "--build-arg",
        "build_args",
        metavar="NAME=VALUE",
        multiple=True,
        help="With --engine: the value of an ARG; may be repeated.",
    ),
)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the four options; it receives them as one `wish`, None where no engine is asked for."""

    @functools.wraps(command)
    def wrapped(
        *, engine: str | None, dockerfile: Path | None, target: str, build_args: tuple[str, ...], **others: Any
    ) -> Any:
        return command(wish=_wish(engine, dockerfile, target, build_args, others), **others)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def built_by(
    wish: Wish,
    folder: Path,
    output: str,
    config: Path | None,
    platform: str,
    conventional: bool,
    compression: Compression,
    progress: Progress,
) -> Built:
    """The folder's Dockerfile built by an engine into an image at `output`, and proved unless it is conventional."""
    from barehull.application.dockerfile import read_dockerfile_application
    from barehull.application.platform import for_platform
    from barehull.oci.reference import check_output, save_image
    from barehull.release import build_by_engine
    from barehull.workshop import open_workshop

    check_output(output)
    application = for_platform(read_dockerfile_application(folder, config), platform)
    workshop = open_workshop(progress=progress)
    built = build_by_engine(application, wish, workshop, conventional=conventional, compression=compression)
    save_image(built.image, output, progress)
    return built


def _wish(
    engine: str | None, dockerfile: Path | None, target: str, build_args: Sequence[str], others: dict[str, Any]
) -> Wish | None:
    if engine is None:
        given = {"--file": dockerfile, "--target": target, "--build-arg": build_args}
        if idle := [name for name, value in given.items() if value]:
            raise UsageError(
                f"{' and '.join(idle)} only say how an engine builds a Dockerfile",
                advice="Add --engine auto, or leave them out: without an engine the image is composed.",
            )
        if others.get("conventional"):
            raise UsageError("--conventional is only for --engine", advice='Else set `recipe = "debian"` in [runtime].')
        return None
    from barehull.build.engine import Wish

    if idle := [f"--{name}" for name in _COMPOSED_ONLY if others.get(name)]:
        raise UsageError(
            f"{' and '.join(idle)} only say how an image is composed, and {engine} builds the Dockerfile",
            advice="Leave one of them out.",
        )
    return Wish(engine, dockerfile, target, tuple(_pair(text) for text in build_args))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or any(map(str.isspace, name)):
        raise UsageError(f"--build-arg {text!r} is not NAME=VALUE", advice="Write it as --build-arg VERSION=1.2.")
    return name, value
