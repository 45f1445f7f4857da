"""`barehull scan`: what is in an image, and which vulnerabilities are known of it."""

from __future__ import annotations

from pathlib import Path

import click

from barehull.cli.common import (
    advisories_folder,
    config_option,
    database_option,
    exit_code,
    format_option,
    policy_of,
    progress_to,
    quiet_option,
    render,
)


@click.command()
@click.argument("image", metavar="oci:DIR[:TAG]")
@config_option
@database_option
@format_option
@quiet_option
def command(image: str, config: Path | None, database: Path | None, form: str, quiet: bool) -> int:
    """Take the inventory of an image, and judge it: no fixable vulnerability may be left in it.

    Exits 1 when there is one, 3 when something could not be decided and is not accepted by name.
    """
    from barehull.advisories.update import open_store
    from barehull.oci.reference import open_image
    from barehull.release import open_workshop, report_on

    workshop = open_workshop(progress=progress_to(quiet))
    policy = policy_of(config)
    opened = open_image(image)
    with open_store(database, advisories_folder(), workshop.progress) as advisories:
        document = report_on("scan", opened, image, None, advisories, policy, workshop)
    click.echo(render(document, form), nl=False)
    return exit_code(document.state)
