"""What several commands share: their options, how progress is shown, how results are written."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from barehull.core.progress import Progress

if TYPE_CHECKING:
    from barehull.attest.provenance import Making
    from barehull.document import Document, State
    from barehull.release import Built

EXIT_CODES = {"passed": 0, "failed": 1, "undecided": 3}

# The epilog of commands that take images; click keeps the lines of a paragraph that begins with \\b.
IMAGES = """\b
An IMAGE is written as for skopeo and podman:
  oci:DIR[:TAG]                   an OCI layout in a folder
  oci-archive:FILE[:TAG]          one in a tar
  docker-archive:FILE[:NAME:TAG]  a tar for `docker load` and `podman load`
  docker://NAME[:TAG|@DIGEST]     an image at a registry
"""

SUBJECTS = f"""{IMAGES}  sbom:FILE                       an SBOM instead: CycloneDX or SPDX, as JSON
"""

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

application_argument: Decorator = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
config_option: Decorator = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Configuration to use instead of barehull.toml.",
)
mirror_option: Decorator = click.option(
    "--mirror",
    metavar="URL|DIR",
    help="Debian mirror: the address above debian/ and debian-security/. Default: $BAREHULL_MIRROR, "
    "else the machine's apt sources, else Debian's own.",
)
update_option: Decorator = click.option(
    "--update", is_flag=True, help="Resolve again, even where the lock beside the configuration still fits."
)
database_option: Decorator = click.option(
    "--db",
    "database",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Database of advisories to use. Default: the one of `barehull db update`, else the one that comes along.",
)
scanner_option: Decorator = click.option(
    "--scanner",
    metavar="NAME",
    default="barehull",
    show_default=True,
    help="Scanner to run on each image: trivy, grype and osv-scanner have databases of their own.",
)
compression_option: Decorator = click.option(
    "--compression",
    type=click.Choice(("gzip", "zstd")),
    default="gzip",
    show_default=True,
    help="How layers are compressed. zstd is smaller, and older engines refuse it.",
)
platform_option: Decorator = click.option(
    "--platform",
    metavar="OS/ARCHITECTURE",
    default="",
    help="Platform of the image, as linux/arm64. Default: the configuration's, else linux/amd64.",
)
image_platform_option: Decorator = click.option(
    "--platform",
    metavar="OS/ARCHITECTURE",
    default="",
    help="Which image of an index with several, as linux/arm64. Default: the only one, else linux/amd64.",
)
attest_option: Decorator = click.option(
    "--attest", is_flag=True, help="Put SBOMs and provenance beside the image, as OCI artifacts that refer to it."
)
quiet_option: Decorator = click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")


FORMATS = ("text", "json", "markdown", "sarif", "junit", "cyclonedx")

format_option: Decorator = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How the report is shown."
)


def render(document: Document, form: str) -> str:
    """The document in a format."""
    module = importlib.import_module(f"barehull.report.{form}")
    text: str = module.render(document)
    return text


def progress_to(quiet: bool) -> Progress:
    """A listener that prints each step with the seconds since the start, or says nothing when quiet."""
    started = time.monotonic()

    def show(message: str) -> None:
        if not quiet:
            click.echo(f"{time.monotonic() - started:6.1f}s  {message}", err=True)
            sys.stderr.flush()

    return show


def output_for(documents: bool, output: str) -> str:
    """The output, with its tag where `documents` go beside it. UsageError, before the work, where it cannot go."""
    from barehull.oci.attached import attachable
    from barehull.oci.reference import check_output

    output = attachable(output) if documents else output
    check_output(output)
    return output


def made(built: Built, folder: Path, config: Path | None) -> Making:
    """What there is to attest of how the image came about."""
    from barehull.attest.collect import making_of

    return making_of(built.image, built.lock, built.engine, built.started, folder, config)


def exit_code(state: State) -> int:
    """The exit code that a state maps to."""
    return EXIT_CODES[state]
