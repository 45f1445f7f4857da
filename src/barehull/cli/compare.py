"""`barehull compare`: is the new image safer than the old one?"""

from __future__ import annotations

from pathlib import Path

import click

import barehull
from barehull.cli.common import (
    SUBJECTS,
    config_option,
    database_option,
    exit_code,
    format_option,
    image_platform_option,
    progress_to,
    quiet_option,
    render,
    scanner_option,
)


@click.command(epilog=SUBJECTS)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@config_option
@database_option
@scanner_option
@image_platform_option
@format_option
@quiet_option
def command(
    old: str, new: str, config: Path | None, database: Path | None, scanner: str, platform: str, form: str, quiet: bool
) -> int:
    """Compare two images, both scanned now with one database.

    Exits 1 when NEW does not pass the policy, 3 when that could not be decided.
    """
    document = barehull.compare_images(
        old, new, config=config, database=database, platform=platform, scanner=scanner, progress=progress_to(quiet)
    )
    click.echo(render(document, form), nl=False)
    return exit_code(document.state)
