"""`python -m lab`: start and fill the lab, stop it, say what is in it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from barehull.cli.common import progress_to
from barehull.core.errors import BarehullError
from lab.lab import Lab, default_folder
from lab.page import page
from lab.standin import all_standins

_PAGE = Path(__file__).parents[1] / "docs" / "lab.md"


def _lab() -> Lab:
    return Lab(default_folder(), progress_to(False), run=default_folder() / "run")


@click.group()
def main() -> None:
    """A registry on loopback with stand-ins for the images that Dockerfiles begin with."""


@main.command()
@click.argument("names", nargs=-1)
@click.option("--fresh", is_flag=True, help="Make anew what is there already.")
def up(names: Sequence[str], fresh: bool) -> None:
    """Start the lab, fill it with the stand-ins NAMES (default: all), and print what points engines at it."""
    lab = _lab()
    lab.start()
    lab.fill(names or None, fresh=fresh)
    for name, value in lab.environment.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@main.command()
def down() -> None:
    """Stop the lab. What was made stays for the next time."""
    _lab().stop()


@main.command()
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
def run(command: Sequence[str]) -> None:
    """Run COMMAND with engines and barehull pointed at the lab, which must be up."""
    sys.exit(subprocess.run(command, env=os.environ | _lab().environment, check=False).returncode)


@main.command()
def table() -> None:
    """Print the one table: the example's conventional image, and three distroless ones in its place."""
    from lab.table import make_rows, to_markdown

    progress = progress_to(False)
    with Lab(progress=progress) as lab, tempfile.TemporaryDirectory(prefix="barehull-lab-") as folder:
        click.echo(to_markdown(make_rows(lab, Path(folder), progress)), nl=False)


@main.command(name="list")
def list_() -> None:
    """The names of all stand-ins."""
    for standin in all_standins():
        click.echo("  ".join(standin.names))


@main.command(name="page")
def page_() -> None:
    """Write docs/lab.md."""
    _PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    try:
        main(standalone_mode=False)
    except BarehullError as error:
        click.echo(f"{error.what}\n  what to do: {error.advice}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit("interrupted: what is finished is not made again")
    except click.ClickException as error:
        error.show()
        sys.exit(2)
