"""How an image is judged, from a command line: `--db`, `--scanner`, `--policy`, `--vex`, `--write-vex`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from barehull.cli.common import database_option, scanner_option
from barehull.core.errors import UsageError

if TYPE_CHECKING:
    from barehull.application.policy import PolicySettings
    from barehull.compare.model import Policy
    from barehull.document import Document

_POLICY = click.option(
    "--policy",
    metavar="RULE[,RULE...]",
    help="Rules to judge by instead of the configuration's, all of which must pass: guideline (the default), no-new, "
    "fixable, max-severity=LEVEL, no-known-exploited. Waivers and acceptances stay.",
)
_VEX = click.option(
    "--vex",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="VEX document (OpenVEX or CycloneDX) whose statements waive vulnerabilities; may be repeated.",
)
_WRITE_VEX = click.option(
    "--write-vex",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write what scan, comparison and waivers show of each vulnerability as OpenVEX.",
)


@dataclass(frozen=True, slots=True)
class Judging:
    """What the command line says of it. `database` and `policy` are None where it says nothing."""

    database: Path | None
    scanner: str
    policy: str | None
    vex: tuple[Path, ...]
    write_vex: Path | None

    def rules(self, settings: PolicySettings) -> Policy:
        """The policy by the configuration and the command line; VEX documents are read now, before any work."""
        from barehull.application.policy import overridden
        from barehull.compare.settings import policy_of

        return policy_of(overridden(settings, self.policy, self.vex))

    def write(self, document: Document) -> None:
        """Write the VEX document, where one is wanted and there is something to state."""
        from barehull.attest.openvex import to_openvex
        from barehull.files import write_atomically

        if self.write_vex is None:
            return
        scan, created = document.new.scan, document.created
        text = to_openvex(scan, document.comparison, document.verdict, document.new.reference, created)
        if text:
            write_atomically(self.write_vex, text.encode())
        else:  # OpenVEX has no document without statements
            click.echo(f"{self.write_vex} is not written: there is no vulnerability to speak of", err=True)


def judging_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options as one parameter, `judging`."""

    @functools.wraps(command)
    def with_judging(
        *arguments: Any,
        database: Path | None,
        scanner: str,
        policy: str | None,
        vex: tuple[Path, ...],
        write_vex: Path | None,
        **others: Any,
    ) -> Any:
        if write_vex is not None and write_vex.is_dir():
            raise UsageError(f"{write_vex} is a folder", advice="Name a file with --write-vex.")
        return command(*arguments, judging=Judging(database, scanner, policy, vex, write_vex), **others)

    wrapped: Callable[..., Any] = with_judging
    for option in (_WRITE_VEX, _VEX, _POLICY, scanner_option, database_option):
        wrapped = option(wrapped)
    return wrapped
