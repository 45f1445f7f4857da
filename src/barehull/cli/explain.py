"""`barehull explain`: what a guideline asks for, why, and how to follow it."""

from __future__ import annotations

import click

from barehull.core.errors import UsageError


@click.command()
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Explain the guideline NAME: why it is there, what to do, a Dockerfile that fails it and one that passes.

    Without NAME, list all guidelines.
    """
    from barehull.guidelines.judge import all_guidelines
    from barehull.guidelines.page import listing, page

    guidelines = {guideline.name: guideline for guideline in all_guidelines()}
    if name is None:
        click.echo(listing(tuple(guidelines.values())), nl=False)
    elif name in guidelines:
        click.echo(page(guidelines[name]), nl=False)
    else:
        raise UsageError(f"there is no guideline {name!r}", advice=_nearest(name, tuple(guidelines)))


def _nearest(name: str, names: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    wanted = name.strip().lower().replace("_", "-")
    close = get_close_matches(wanted, names, n=1, cutoff=0.5) or [it for it in names if wanted and wanted in it][:1]
    if close:
        return f"Did you mean {close[0]}? `barehull explain` lists them all."
    return "`barehull explain` lists them all."
