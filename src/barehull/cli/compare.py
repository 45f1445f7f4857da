"""`barehull compare`: is the new image safer than the old one?"""

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
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@config_option
@database_option
@format_option
@quiet_option
def command(old: str, new: str, config: Path | None, database: Path | None, form: str, quiet: bool) -> int:
    """Compare two images (oci:DIR[:TAG]), both scanned now with one database.

    Exits 1 when NEW does not pass the policy, 3 when that could not be decided.
    """
    from barehull.advisories.update import open_store
    from barehull.oci.reference import open_image
    from barehull.release import open_workshop, report_on

    workshop = open_workshop(progress=progress_to(quiet))
    policy = policy_of(config)
    replaced, opened = open_image(old), open_image(new)
    with open_store(database, advisories_folder(), workshop.progress) as advisories:
        document = report_on("compare", opened, new, (old, replaced), advisories, policy, workshop)
    click.echo(render(document, form), nl=False)
    return exit_code(document.state)
