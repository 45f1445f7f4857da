"""`barehull db`: the advisories that images are judged by."""

from __future__ import annotations

import click

from barehull.cli.common import progress_to, quiet_option


@click.group()
def command() -> None:
    """The database of advisories: where it is from, how old, how far it reaches."""


@command.command()
@click.option(
    "--mirror", metavar="URL|DIR", help="OSV's layout: ecosystems.txt, ECOSYSTEM/all.zip. Default: the publishers."
)
@click.option(
    "--source", "only", multiple=True, metavar="NAME", help="Ask for this one only; the others stay as they are."
)
@click.option("--without", multiple=True, metavar="NAME", help="Leave out this source, one that fails for example.")
@quiet_option
def update(mirror: str | None, only: tuple[str, ...], without: tuple[str, ...], quiet: bool) -> None:
    """Bring the database up to date. The old one stays until the new one is complete.

    What did not change since the last time is not fetched again. The sources' names are those of `barehull db status`.
    """
    from barehull.advisories.update import advisories_folder
    from barehull.advisories.update import update as update_database
    from barehull.net import Fetcher
    from barehull.report.database import render

    with Fetcher() as fetcher:
        database = update_database(mirror, advisories_folder(), progress_to(quiet), fetcher, only=only, without=without)
    click.echo(render(database))


@command.command()
def status() -> None:
    """Say which database is in use, and what it covers."""
    from barehull.advisories.update import advisories_folder, current
    from barehull.report.database import render

    with current(advisories_folder()) as store:
        click.echo(render(store.database()))
