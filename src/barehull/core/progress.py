"""How long work tells that it goes on, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives one short line for each step begun, e.g. "fetching 12 packages"."""

    def __call__(self, message: str) -> None:
        """Take note that `message` has begun."""


def silent(message: str) -> None:
    """A listener that ignores everything; the default."""
