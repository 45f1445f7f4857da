"""The database in use, for a terminal."""

from __future__ import annotations

from barehull.advisories.model import Database, SourceState
from barehull.report import words


def render(database: Database) -> str:
    """Origin, date, digest, coverage, and what became of each source."""
    lines = [f"{words.safe(database.origin)}, of {words.safe(database.date)}", database.digest]
    lines += [f"  {words.coverage(reach)}" for reach in database.coverage]
    if database.sources:
        lines += ["sources", *(f"  {one.name:<15} {_state(one)}" for one in database.sources)]
    return "\n".join(lines)


def _state(source: SourceState) -> str:
    match source.state:
        case "absent":
            return f"none there: {source.title}"
        case "left-out":
            return f"left out: {source.title}"
        case _:
            day = f", as of {words.safe(source.as_of)}" if source.as_of != "unknown" else ""
            unchanged = ", unchanged" if source.state == "kept" else ""
            return f"{source.facts:,} facts{day}{unchanged}"
