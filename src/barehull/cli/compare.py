"""`barehull compare`: is the new image safer than the old one?"""

from __future__ import annotations

from pathlib import Path

import click

import barehull
from barehull.cli.common import (
    SUBJECTS,
    config_option,
    exit_code,
    format_option,
    image_platform_option,
    progress_to,
    quiet_option,
    render,
)
from barehull.cli.judging import Judging, judging_options


@click.command(epilog=SUBJECTS)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@config_option
@judging_options
@image_platform_option
@format_option
@quiet_option
def command(old: str, new: str, config: Path | None, judging: Judging, platform: str, form: str, quiet: bool) -> int:
    """Compare two images, both scanned now with one database.

    Exits 1 when NEW does not pass the policy, 3 when that could not be decided.
    """
    document = barehull.compare_images(
        old,
        new,
        config=config,
        database=judging.database,
        platform=platform,
        scanner=judging.scanner,
        policy=judging.policy,
        vex=judging.vex,
        progress=progress_to(quiet),
    )
    judging.write(document)
    click.echo(render(document, form), nl=False)
    return exit_code(document.state)
