"""`barehull build`: an application to an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import barehull
from barehull.cli.common import (
    IMAGES,
    application_argument,
    attest_option,
    compression_option,
    config_option,
    exit_code,
    made,
    mirror_option,
    output_for,
    platform_option,
    progress_to,
    quiet_option,
    update_option,
)
from barehull.cli.engine import built_by, engine_options

if TYPE_CHECKING:
    from barehull.build.engine import Wish
    from barehull.oci.recompress import Compression


@click.command(epilog=IMAGES)
@application_argument
@click.option("--output", metavar="IMAGE", required=True, help="Where the image goes.")
@config_option
@mirror_option
@platform_option
@update_option
@compression_option
@engine_options
@click.option("--conventional", is_flag=True, help="With --engine: an image to compare with; nothing is proved of it.")
@attest_option
@quiet_option
def command(
    folder: Path,
    output: str,
    config: Path | None,
    mirror: str | None,
    platform: str,
    update: bool,
    compression: Compression,
    wish: Wish | None,
    conventional: bool,
    attest: bool,
    quiet: bool,
) -> int:
    """Build the application in DIR into an image, and prove that it holds together.

    Exits 1 when a proof fails, 3 when one could not be decided. The image is written all the same, to be looked at.
    """
    from barehull.document import state_of
    from barehull.report.text import built as render_built

    output, progress = output_for(attest, output), progress_to(quiet)
    if wish:
        built = built_by(wish, folder, output, config, platform, conventional, compression, progress)
    else:
        built = barehull.build_image(
            folder,
            output,
            config=config,
            mirror=mirror,
            platform=platform,
            update=update,
            compression=compression,
            progress=progress,
        )
    if attest:
        from barehull.attest.collect import attach_built

        attach_built(built.image, folder.name, made(built, folder, config), output, progress)
    click.echo(render_built(built.image, output, built.proofs), nl=False)
    return exit_code(state_of(built.proofs))
