"""The database in use, for a terminal."""

from __future__ import annotations

from barehull.advisories.model import Database
from barehull.report import words


def render(database: Database) -> str:
    """Origin, date, digest and coverage."""
    lines = [f"{words.safe(database.origin)}, of {words.safe(database.date)}", database.digest]
    return "\n".join([*lines, *(f"  {words.coverage(reach)}" for reach in database.coverage)])
