"""`barehull build`: an application to an image."""

from __future__ import annotations

from pathlib import Path

import click

from barehull.cli.common import (
    application_argument,
    config_option,
    exit_code,
    mirror_option,
    progress_to,
    quiet_option,
    update_option,
)


@click.command()
@application_argument
@click.option("--output", metavar="oci:DIR[:TAG]", required=True, help="Where the image goes.")
@config_option
@mirror_option
@update_option
@quiet_option
def command(folder: Path, output: str, config: Path | None, mirror: str | None, update: bool, quiet: bool) -> int:
    """Build the application in DIR into an image, and prove that it holds together.

    Exits 1 when a proof fails, 3 when one could not be decided. The image is written all the same, to be looked at.
    """
    from barehull.application.detect import read_application
    from barehull.document import state_of
    from barehull.oci.reference import check_output, save_image
    from barehull.release import build, open_workshop
    from barehull.report.text import built as render_built

    check_output(output)  # told before the work, not after it
    application = read_application(folder, config)
    built = build(application, open_workshop(mirror, progress_to(quiet)), update=update)
    save_image(built.image, output)
    click.echo(render_built(built.image, output, built.proofs), nl=False)
    return exit_code(state_of(built.proofs))
