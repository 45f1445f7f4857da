"""`barehull catalog`: the tables that images are judged by."""

from __future__ import annotations

import click

from barehull.cli.common import progress_to, quiet_option


@click.group()
def command() -> None:
    """The tables that images are judged by: official images, distroless images, ends of life."""


@command.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How the tables are shown.",
)
def show(form: str) -> None:
    """Show the tables in use, with their dates and sources."""
    from datetime import UTC, datetime

    from barehull.catalog import show as shown
    from barehull.catalog.catalog import load_catalog

    render = shown.render_json if form == "json" else shown.render_text
    click.echo(render(load_catalog(), datetime.now(UTC).date()), nl=False)


@command.command()
@click.option(
    "--from",
    "place",
    metavar="FILE|URL",
    help="A checkout of GoogleContainerTools/distroless, an archive of it (tar.gz), or the URL above its files. "
    "Default: the main branch on GitHub.",
)
@quiet_option
def update(place: str | None, quiet: bool) -> None:
    """Refresh the distroless table from the project's own lists. The old one stays until the new one is complete."""
    from datetime import UTC, datetime

    from barehull.catalog.catalog import known_before, updated_table
    from barehull.catalog.update import DISTROLESS, refresh
    from barehull.net import Fetcher, shown

    place = place or DISTROLESS
    progress_to(quiet)(f"reading the lists at {shown(place)}")
    path = updated_table()
    with Fetcher() as fetcher:
        published = refresh(place, known_before(), path, fetcher, datetime.now(UTC).date())
    click.echo(f"{len(published.variants)} distroless images as of {published.as_of}, in {path}")
