"""The `barehull` program: finds its commands, and turns every error into words and an exit code.

Exit codes: 0 good; 1 a verdict failed; 2 wrong usage or bad input; 3 could not be decided or completed.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from typing import NoReturn

import click

import barehull
from barehull.core.errors import BarehullError

INTERRUPTED = 130  # what shells expect after Ctrl-C


class Commands(click.Group):
    """Every module of this package that holds a `command` is a command; it is only imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, sorted."""
        package = importlib.import_module("barehull.cli")
        names = (module.name for module in pkgutil.iter_modules(package.__path__))
        return sorted(name.replace("_", "-") for name in names if name not in {"main", "common", "engine", "judging"})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"barehull.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(barehull.__version__, prog_name="barehull")
def program() -> None:
    """Take an application to a minimal distroless image, and prove that it is safer than the one it replaces.

    Results go to stdout, progress to stderr. Exit codes: 0 good; 1 a verdict failed; 2 wrong usage or
    bad input; 3 could not be decided or completed.
    """


def fail(what: str, advice: str, code: int) -> NoReturn:
    """Say what happened and what to do next on stderr, and exit with `code`."""
    click.echo(f"barehull: error: {what}", err=True)
    if advice:
        click.echo(f"  what to do: {advice}", err=True)
    sys.exit(code)


def main() -> NoReturn:
    """Run the program. No traceback reaches the user, unless BAREHULL_DEBUG asks for it."""
    try:
        status = program.main(standalone_mode=False)
    except BarehullError as error:
        fail(error.what, error.advice, error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        sys.exit(2)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        fail(error.format_message(), f"see `{context.command_path if context else 'barehull'} --help`", 2)
    except (click.Abort, KeyboardInterrupt):
        fail("interrupted", "run the same command again: what was fetched is kept", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away: nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(3)
    except OSError as error:
        fail(describe(error), "check the path, its permissions and the free space", 3)
    except Exception as error:
        if os.environ.get("BAREHULL_DEBUG"):
            raise
        fail(
            f"a defect of barehull itself: {type(error).__name__}: {error}",
            "run it again with BAREHULL_DEBUG=1 and report what it prints; nothing was decided",
            3,
        )
    sys.exit(status if isinstance(status, int) else 0)


def describe(error: OSError) -> str:
    """An operating system's error as a sentence: what, and on which path."""
    reason = error.strerror or type(error).__name__
    return f"{reason}: {error.filename}" if error.filename else reason
