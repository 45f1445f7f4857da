"""The one family of errors: what happened, to what, and what to do next.

Exit codes are the CLI's contract: 2 for wrong usage or bad input, 3 for work that
could not be decided or completed. Verdicts are values, never errors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial


class BarehullError(Exception):
    """Root of all errors that a user may see.

    `what` says what happened and to what; `advice` says what to do next, as a
    sentence. Raise a subclass, never this class.
    """

    exit_code = 2

    def __init__(self, what: str, *, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice

    def __reduce__(self) -> tuple[Callable[..., BarehullError], tuple[str]]:
        """As it goes from one process to another."""
        return partial(type(self), advice=self.advice), (self.what,)


class UsageError(BarehullError):
    """The command was called with arguments that do not fit."""


class InputError(BarehullError):
    """A file, folder, image or configuration is not what it should be."""


class IntegrityError(BarehullError):
    """Bytes are not the ones promised: a wrong hash, a bad signature, expired metadata."""


class IncompleteError(BarehullError):
    """Work could not be completed: no network, a full disk, a missing program, an interrupt."""

    exit_code = 3
