"""`barehull release`: build, prove, compare with what is replaced, decide, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from barehull.cli.common import (
    FORMATS,
    application_argument,
    compression_option,
    config_option,
    database_option,
    exit_code,
    mirror_option,
    progress_to,
    quiet_option,
    render,
    update_option,
)
from barehull.core.errors import UsageError

if TYPE_CHECKING:
    from barehull.document import Document
    from barehull.lock import Lock
    from barehull.oci.recompress import Compression

_FILES = {"text": "report.txt", "json": "report.json", "markdown": "report.md"}


@click.command()
@application_argument
@click.option("--replaces", metavar="oci:DIR[:TAG]", help="The image that is replaced. Without it: a first release.")
@click.option("--output", metavar="oci:DIR[:TAG]", required=True, help="Where the new image goes.")
@click.option("--report", metavar="DIR", type=click.Path(path_type=Path), help="Write reports, SBOM and lock here.")
@config_option
@mirror_option
@database_option
@update_option
@compression_option
@quiet_option
def command(
    folder: Path,
    replaces: str | None,
    output: str,
    report: Path | None,
    config: Path | None,
    mirror: str | None,
    database: Path | None,
    update: bool,
    compression: Compression,
    quiet: bool,
) -> int:
    """Release the application in DIR: build its image, prove it, and compare it with the one that it replaces.

    Exits 0 when the release is good, 1 when a proof or the verdict fails, 3 when that could not be decided.
    """
    from barehull.advisories.update import advisories_folder, open_store
    from barehull.application.detect import read_application
    from barehull.oci.reference import check_output, open_image, save_image
    from barehull.release import build, open_workshop, release

    check_output(output)
    check_reports(report)
    workshop = open_workshop(mirror, progress_to(quiet))
    application = read_application(folder, config)
    replaced = (replaces, open_image(replaces)) if replaces else None
    with open_store(database, advisories_folder(), workshop.progress) as advisories:
        built = build(application, workshop, update=update, compression=compression)
        document = release(application, built, output, replaced, advisories, workshop)
    save_image(built.image, output)
    click.echo(render(document, "text"))
    if report:
        click.echo(f"reports  {', '.join(write_reports(report, document, built.lock))}")
    click.echo(f"image    {output}\nrun it   {document.run}")
    return exit_code(document.state)


def check_reports(folder: Path | None) -> None:
    """UsageError when reports cannot go there: told before the work, not after it."""
    if folder and folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, and reports go into a folder", advice="Name a folder with --report.")


def write_reports(folder: Path, document: Document, lock: Lock) -> list[str]:
    """Write the document in all formats, the SBOM and the lock into `folder`; the paths."""
    from barehull.attest.cyclonedx import to_cyclonedx
    from barehull.files import write_atomically
    from barehull.lock import to_json

    files = {_FILES[form]: render(document, form) for form in FORMATS}
    files |= {"sbom.cdx.json": to_cyclonedx(document.new.inventory), "barehull.lock": to_json(lock)}
    for name, text in files.items():
        write_atomically(folder / name, text.encode())
    return [str(folder / name) for name in files]
