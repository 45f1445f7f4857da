"""`barehull lock`: what exactly goes in, without building it; what changes, and which CVEs that closes or brings."""

from __future__ import annotations

from pathlib import Path

import click

from barehull.cli.common import (
    application_argument,
    config_option,
    database_option,
    mirror_option,
    platform_option,
    progress_to,
    quiet_option,
    update_option,
)
from barehull.core.errors import UsageError


@click.command()
@application_argument
@click.option("--check", is_flag=True, help="Write nothing and ask nobody: exit 1 when the lock does not fit.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@config_option
@mirror_option
@database_option
@platform_option
@update_option
@quiet_option
def command(
    folder: Path,
    check: bool,
    form: str,
    config: Path | None,
    mirror: str | None,
    database: Path | None,
    platform: str,
    update: bool,
    quiet: bool,
) -> int:
    """Lock what goes into the image of the application in DIR: each package and wheel by version and SHA-256.

    The lock lies beside the configuration. While it fits, it is kept, unless --update; else it is made anew. Shown is
    what changes, and which known vulnerabilities that closes or brings, by the advisories in use.
    Exits 0, with --check 1 when there is no lock that fits.
    """
    from barehull.advisories.update import advisories_folder, open_store
    from barehull.application.detect import read_application
    from barehull.application.platform import for_platform
    from barehull.relock import lock_fits, relock
    from barehull.report import lock as report
    from barehull.workshop import open_workshop

    if check and update:
        raise UsageError("--check writes nothing, and --update does", advice="Leave one of them out.")
    application = for_platform(read_application(folder, config), platform)
    if check:
        fits = lock_fits(application)
        click.echo(report.checked(str(application.lock), fits, form), nl=False)
        return 0 if fits else 1
    workshop = open_workshop(mirror, progress_to(quiet))
    with open_store(database, advisories_folder(), workshop.progress) as advisories:
        relocked = relock(application, advisories, workshop, update=update)
    click.echo(report.render(relocked, str(application.lock), form), nl=False)
    return 0
