"""`barehull cache`: where the cache is, how large it is, and how it is made smaller."""

from __future__ import annotations

import click


@click.group()
def command() -> None:
    """The cache: packages, layers and interpreters, kept so that they need not be fetched and made again.

    It may be removed at any time when no barehull runs; the next build then takes longer. The folder is
    $BAREHULL_CACHE, else barehull in $XDG_CACHE_HOME or ~/.cache.
    """


@command.command("dir")
def folder() -> int:
    """Show the folder."""
    from barehull.files import default_store

    click.echo(default_store())
    return 0


@command.command()
def size() -> int:
    """Show what it holds, in files and megabytes."""
    from barehull.cache import Usage, usage
    from barehull.files import default_store

    found = usage(default_store())
    total = Usage("total", sum(it.files for it in found), sum(it.size for it in found))
    click.echo(f"{'folder':<20}{'files':>10}{'MB':>12}")
    for it in (*found, total):
        click.echo(f"{it.name:<20}{it.files:>10,}{it.size / 1e6:>12,.1f}")
    return 0


@command.command()
@click.option(
    "--keep-days",
    metavar="N",
    type=click.IntRange(1, 36500),
    default=30,
    show_default=True,
    help="Keep what was used in the last N days.",
)
def prune(keep_days: int) -> int:
    """Remove what has not been used for a while, and what killed runs left. Advisories stay.

    Exits 3 when another barehull is using the cache.
    """
    return _remove(keep_days)


@command.command()
def clean() -> int:
    """Remove all of it but the advisories. Exits 3 when another barehull is using the cache."""
    return _remove(0)


def _remove(unused_days: int) -> int:
    from barehull.cache import remove
    from barehull.files import default_store

    click.echo(f"{remove(default_store(), unused_days) / 1e6:,.1f} MB freed")
    return 0
