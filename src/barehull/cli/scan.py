"""`barehull scan`: what is in an image, and which vulnerabilities are known of it."""

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
@click.argument("image", metavar="IMAGE")
@config_option
@database_option
@scanner_option
@image_platform_option
@format_option
@quiet_option
def command(
    image: str, config: Path | None, database: Path | None, scanner: str, platform: str, form: str, quiet: bool
) -> int:
    """Take the inventory of an image, and judge it: no fixable vulnerability may be left in it.

    Exits 1 when there is one, 3 when something could not be decided and is not accepted by name.
    """
    document = barehull.scan_image(
        image, config=config, database=database, platform=platform, scanner=scanner, progress=progress_to(quiet)
    )
    click.echo(render(document, form), nl=False)
    return exit_code(document.state)
