"""`barehull release`: build, prove, compare with what is replaced, decide, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from barehull.cli.common import (
    FORMATS,
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
    render,
    update_option,
)
from barehull.cli.engine import engine_options
from barehull.cli.judging import Judging, judging_options
from barehull.core.errors import UsageError

if TYPE_CHECKING:
    from barehull.application.model import Application
    from barehull.attest.provenance import Making
    from barehull.build.engine import Wish
    from barehull.core.progress import Progress
    from barehull.document import Document
    from barehull.oci.model import Image
    from barehull.oci.recompress import Compression
    from barehull.release import Built
    from barehull.workshop import Workshop

AUTO = "auto"  # of --replaces: what is under the tag of --output now
_FIRST = "replaces nothing: this is a first release\n"
_FILES = {
    "text": "report.txt",
    "json": "report.json",
    "markdown": "report.md",
    "sarif": "report.sarif",
    "junit": "report.xml",
    "cyclonedx": "report.cdx.json",
}


@click.command(epilog=IMAGES)
@application_argument
@click.option(
    "--replaces",
    metavar="IMAGE",
    help="The image that is replaced; auto: what is under the tag of --output now. Without it: a first release.",
)
@click.option("--output", metavar="IMAGE", required=True, help="Where the new image goes.")
@click.option("--report", metavar="DIR", type=click.Path(path_type=Path), help="Write reports, SBOM and lock here.")
@config_option
@mirror_option
@judging_options
@platform_option
@update_option
@compression_option
@engine_options
@attest_option
@quiet_option
def command(
    folder: Path,
    replaces: str | None,
    output: str,
    report: Path | None,
    config: Path | None,
    mirror: str | None,
    judging: Judging,
    platform: str,
    update: bool,
    compression: Compression,
    wish: Wish | None,
    attest: bool,
    quiet: bool,
) -> int:
    """Release the application in DIR: build its image, prove it, and compare it with the one that it replaces.

    Exits 0 when the release is good, 1 when a proof or the verdict fails, 3 when that could not be decided.
    """
    from barehull.release import release
    from barehull.scan.scanner import open_scanner
    from barehull.workshop import open_workshop

    output = checked(output, report, attest)
    workshop = open_workshop(mirror, progress_to(quiet))
    application = read(folder, config, wish, platform)
    policy = judging.rules(application.policy)
    replaced = to_replace(replaces, output, application.runtime.platform, workshop.progress)
    with open_scanner(judging.scanner, judging.database, workshop.progress) as scanner:
        built = make(application, wish, workshop, update, compression)
        document = release(application, built, output, replaced, scanner, policy, workshop)
    save(built, replaced, output, workshop.progress)
    making = made(built, folder, config)
    if attest:
        attach_documents(built, document, making, output, workshop.progress)
    judging.write(document)
    tell(document, write_reports(report, document, making) if report else [], output)
    return exit_code(document.state)


def tell(document: Document, reports: list[str], output: str) -> None:
    """Say what came of it, and where everything is."""
    click.echo(render(document, "text"))
    if reports:
        click.echo(f"reports  {', '.join(reports)}")
    click.echo(f"{'' if document.old else _FIRST}image    {output}\nrun it   {document.run}")


def read(folder: Path, config: Path | None, wish: Wish | None, platform: str) -> Application:
    """The application in `folder`; where an engine builds it, only what that needs is read."""
    from barehull.application.detect import read_application
    from barehull.application.dockerfile import read_dockerfile_application
    from barehull.application.platform import for_platform

    application = read_dockerfile_application(folder, config) if wish else read_application(folder, config)
    return for_platform(application, platform)


def to_replace(replaces: str | None, output: str, platform: str, progress: Progress) -> tuple[str, Image] | None:
    """The image that is replaced, opened before its successor is made; None for a first release."""
    from barehull.oci.reference import open_image, there_now

    if replaces == AUTO:
        progress(f"looking for what is at {output} now")
        replaces = there_now(output)
    return (replaces, open_image(replaces, platform, progress)) if replaces else None


def make(
    application: Application, wish: Wish | None, workshop: Workshop, update: bool, compression: Compression
) -> Built:
    """The image, composed, or made of the Dockerfile by the engine that is wished for."""
    from barehull.release import build, build_by_engine

    if wish:
        return build_by_engine(application, wish, workshop, compression=compression)
    return build(application, workshop, update=update, compression=compression)


def attach_documents(built: Built, document: Document, making: Making, output: str, progress: Progress) -> None:
    """Put SBOMs, provenance, and the scan with its verdict beside the image."""
    from barehull.attest.collect import collect
    from barehull.attest.kinds import of_statement
    from barehull.attest.scan import PREDICATE, to_scan_statement
    from barehull.oci.attached import attach

    scan, old = document.new.scan, document.old.inventory.image if document.old else ""
    said = to_scan_statement(scan, document.verdict, document.name, document.created, document.state, old)
    others = collect(scan.inventory, document.name, making)
    attach(built.image, [*others, of_statement(said, PREDICATE, document.created)], output, progress)


def save(built: Built, replaced: tuple[str, Image] | None, output: str, progress: Progress) -> None:
    """Write the image; a registry is asked for layers that it has of the base, or of what is replaced."""
    from barehull.base.pull import base_layers
    from barehull.oci.reference import save_image

    known = [*base_layers(built.lock, built.image), *([replaced] if replaced else [])]
    save_image(built.image, output, progress, mount_from=known)


def checked(output: str, folder: Path | None, documents: bool) -> str:
    """The output as `output_for` gives it. UsageError when it or reports cannot be written: told before the work."""
    if folder and folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, and reports go into a folder", advice="Name a folder with --report.")
    return output_for(documents, output)


def write_reports(folder: Path, document: Document, making: Making) -> list[str]:
    """Write the document in all formats, SBOMs, provenance, and the lock where there is one; the paths."""
    from barehull.attest.collect import date_of
    from barehull.attest.cyclonedx import to_cyclonedx
    from barehull.attest.provenance import to_provenance
    from barehull.attest.spdx import to_spdx
    from barehull.files import write_atomically
    from barehull.lock import to_json

    inventory, date = document.new.inventory, date_of(making.lock)
    files = {_FILES[form]: render(document, form) for form in FORMATS}
    files |= {"sbom.cdx.json": to_cyclonedx(inventory, date), "sbom.spdx.json": to_spdx(inventory, date)}
    files |= {"barehull.lock": to_json(making.lock)} if making.lock else {}
    files |= {"provenance.json": to_provenance(inventory.image, document.name, making)}
    for name, text in files.items():
        write_atomically(folder / name, text.encode())
    return [str(folder / name) for name in files]
