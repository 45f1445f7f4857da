"""`barehull check`: whether Dockerfiles follow the guideline."""

from __future__ import annotations

import importlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from barehull.cli.common import config_option

if TYPE_CHECKING:
    from barehull.checking.model import CheckReport, FailOn

FORMATS = ("text", "json", "sarif", "github", "markdown", "junit")
EXIT_CODES = {"passed": 0, "failed": 1, "bad-input": 2, "unknown": 3}
_SHOWN = 5  # bad files that are named on stderr; the report has all of them


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How the report is shown."
)
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help="Write the report there instead.")
@click.option("--select", metavar="NAME", multiple=True, help="Ask only this guideline. May be repeated.")
@click.option("--ignore", metavar="NAME", multiple=True, help="Do not ask this guideline. May be repeated.")
@click.option(
    "--fail-on", type=click.Choice(("error", "warning")), help="From which severity a finding fails.  [default: error]"
)
@config_option
def command(
    paths: tuple[str, ...],
    form: str,
    output: Path | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: FailOn | None,
    config: Path | None,
) -> int:
    """Check whether the images that Dockerfiles ship follow the guideline.

    PATH is a Dockerfile, or a folder: every Dockerfile and Containerfile in it that git does not ignore. Default: the
    folder that you are in. What is out of scope is said in [check] of barehull.toml, or [tool.barehull.check] of
    pyproject.toml; `barehull explain` tells about a guideline.

    Exit codes: 0 good; 1 a guideline failed; 2 wrong usage, or a file that could not be checked; 3 an answer is
    unknown, and nothing failed. Where several hold, 2 goes before 1, and 1 before 3.
    """
    from barehull.catalog.catalog import load_catalog
    from barehull.checking.run import Wishes, check_paths
    from barehull.guidelines.judge import all_guidelines

    wishes = Wishes(config, _names(select), _names(ignore), fail_on)
    today = datetime.now(UTC).date()
    report = check_paths(paths or (".",), wishes, all_guidelines(), load_catalog(), today)
    _show(report, form, output)
    _tell_bad_files(report)
    return EXIT_CODES[report.state]


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    """Names, which may be repeated or separated by commas."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _show(report: CheckReport, form: str, output: Path | None) -> None:
    """The report on stdout, or whole in a file; then its numbers are on stderr."""
    renderer = importlib.import_module(f"barehull.report.check.{form}")
    colour = form == "text" and output is None and _is_colourful()
    text: str = renderer.render(report, colour=True) if colour else renderer.render(report)
    data = text.encode("utf-8", "backslashreplace")
    if output is None:
        click.echo(data, nl=False)
        return
    from barehull.files import write_atomically
    from barehull.report.check.findings import summary

    write_atomically(output, data)
    click.echo(f"{summary(report)}; the report is in {output}", err=True)


def _is_colourful() -> bool:
    """Whether stdout is a terminal whose user has nothing against colours (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _tell_bad_files(report: CheckReport) -> None:
    from barehull.report.plain import safe

    bad = [(file.path, file.error) for file in report.files if file.error is not None]
    for path, error in bad[:_SHOWN]:
        click.echo(f"barehull: error: {safe(path)}: {safe(error.message)}", err=True)
        click.echo(f"  what to do: {safe(error.advice)}", err=True)
    if len(bad) > _SHOWN:
        click.echo(f"barehull: error: {len(bad) - _SHOWN} more files could not be checked: see the report", err=True)
