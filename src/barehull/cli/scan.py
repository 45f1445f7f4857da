"""`barehull scan`: what is in an image, and which vulnerabilities are known of it."""

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
@click.argument("image", metavar="IMAGE")
@config_option
@judging_options
@image_platform_option
@format_option
@quiet_option
def command(image: str, config: Path | None, judging: Judging, platform: str, form: str, quiet: bool) -> int:
    """Take the inventory of an image, and judge it: by default no fixable vulnerability may be left in it.

    Exits 1 when it does not pass, 3 when something could not be decided and is not accepted by name.
    """
    document = barehull.scan_image(
        image,
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
