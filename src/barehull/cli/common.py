"""What several commands share: their options, how progress is shown, how results are written."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from barehull.core.progress import Progress

if TYPE_CHECKING:
    from barehull.compare.model import Verdict

EXIT_CODES = {"passed": 0, "failed": 1, "undecided": 3}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

application_argument: Decorator = click.argument(
    "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), default="."
)
config_option: Decorator = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configuration to use instead of DIR/barehull.toml.",
)
mirror_option: Decorator = click.option(
    "--mirror",
    metavar="URL|DIR",
    help="Debian mirror: the address above debian/ and debian-security/. Default: $BAREHULL_MIRROR, "
    "else the machine's apt sources, else Debian's own.",
)
update_option: Decorator = click.option(
    "--update", is_flag=True, help="Resolve again, even where the lock beside the configuration still fits."
)
quiet_option: Decorator = click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")


def advisories_folder() -> Path:
    """Where the databases of advisories are kept: a folder of the cache."""
    from barehull.files import default_store

    return default_store() / "advisories"


def progress_to(stderr_quiet: bool) -> Progress:
    """A listener that prints each step with the seconds since the start, or says nothing when quiet."""
    started = time.monotonic()

    def show(message: str) -> None:
        if not stderr_quiet:
            click.echo(f"{time.monotonic() - started:6.1f}s  {message}", err=True)
            sys.stderr.flush()

    return show


def exit_code(verdict: Verdict) -> int:
    """The exit code that a verdict maps to."""
    return EXIT_CODES[verdict.state]
