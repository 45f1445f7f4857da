"""What changed in a lock, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from barehull.advisories.model import Coverage
from barehull.compare.model import Comparison
from barehull.lock import Change
from barehull.relock import Relocked
from barehull.report import words
from barehull.report.words import many, safe

SCHEMA = "barehull/lock-changes/1"


def checked(path: str, fits: bool, form: str) -> str:
    """Whether the lock at `path` fits its configuration."""
    if form == "json":
        return _json({"schema": SCHEMA, "lock": path, "fits": fits})
    if fits:
        return f"{safe(path)} fits the configuration\n"
    return f"{safe(path)} is not there, or does not fit the configuration: run `barehull lock`\n"


def render(relocked: Relocked, path: str, form: str) -> str:
    """The changes in a format, "text" or "json"."""
    return _json(_value(relocked, path)) if form == "json" else "\n".join(_text(relocked, path)) + "\n"


def _text(relocked: Relocked, path: str) -> Iterator[str]:
    lock, change = relocked.lock, relocked.difference
    have = f"{many(len(lock.debs), 'package')} and {many(len(lock.wheels), 'wheel')} for {safe(lock.platform)}"
    if relocked.kept:
        yield f"{safe(path)} fits: {have}. There is nothing to do; --update asks for newer versions."
        return
    yield f"{safe(path)}: {have}"
    if not change:
        yield "  no package and no wheel changes"
    for title, changes in (("added", change.added), ("removed", change.removed), ("changed", change.changed)):
        if changes:
            yield f"\n{title}: {len(changes)}"
            yield from (f"  {_change(each)}" for each in changes)
    comparison = relocked.comparison
    closed = words.fixed_groups(comparison.fixed)
    yield f"\nclosed: {many(len({each.vulnerability.id for each in comparison.fixed}), 'vulnerability')}"
    for what, ids in closed:
        yield f"  {what}"
        yield from words.wrapped(ids, "    ")
    brought = [each.match for each in comparison.introduced]
    yield f"brought: {many(len({match.vulnerability.id for match in brought}), 'vulnerability')}"
    for match in brought:
        fix = f" (fixed in {safe(match.fixed_version)})" if match.fixed_version else " (no fix known)"
        yield f"  {safe(match.vulnerability.id)} by {words.component(match.component)}{fix}"
    remaining = len({match.vulnerability.id for match in comparison.remaining})
    yield f"as before: {many(remaining, 'vulnerability')}"
    yield from _limits(comparison)


def _limits(comparison: Comparison) -> Iterator[str]:
    database = comparison.new.database
    yield "\nunknown, of what is locked now"
    lines = [f"{safe(each.subject)}: {safe(each.reason)}" for each in comparison.new.undecided]
    lines.append("libraries that wheels bundle: only the image tells of them, see `barehull scan`")
    yield from (part for line in lines for part in words.folded(line, "  "))
    yield "\ndata"
    lines = [f"one database for both: {safe(database.origin)}, of {safe(database.date)}", database.digest]
    lines += [words.coverage(reach) for reach in _used(comparison)]
    yield from (part for line in lines for part in words.folded(line, "  "))


def _used(comparison: Comparison) -> list[Coverage]:
    """The coverage of the ecosystems that either lock has."""
    components = (*comparison.old.inventory.components, *comparison.new.inventory.components)
    ecosystems = {component.ecosystem for component in components}
    return [reach for reach in comparison.new.database.coverage if reach.ecosystem in ecosystems]


def _change(it: Change) -> str:
    what = f"{it.kind} {it.name} ({it.architecture})"
    if it.old and it.new:
        versions = f"{it.old} -> {it.new}" if it.old != it.new else f"{it.new}, other files of the same version"
    else:
        versions = it.old or it.new
    return safe(f"{what} {versions}")


def _value(relocked: Relocked, path: str) -> dict[str, Any]:
    change, comparison, database = relocked.difference, relocked.comparison, relocked.comparison.new.database
    return {
        "schema": SCHEMA,
        "lock": path,
        "platform": relocked.lock.platform,
        "kept": relocked.kept,
        "added": [asdict(it) for it in change.added],
        "removed": [asdict(it) for it in change.removed],
        "changed": [asdict(it) for it in change.changed],
        "closed": [
            {"vulnerability": it.vulnerability.id, "purl": it.component.purl, "why": it.why} for it in comparison.fixed
        ],
        "brought": [
            {
                "vulnerability": it.match.vulnerability.id,
                "purl": it.match.component.purl,
                "fixed_version": it.match.fixed_version,
            }
            for it in comparison.introduced
        ],
        "remaining": [{"vulnerability": it.vulnerability.id, "purl": it.component.purl} for it in comparison.remaining],
        "unknown": [{"subject": it.subject, "reason": it.reason} for it in comparison.new.undecided],
        "not_looked_at": ["libraries that wheels bundle"],
        "database": {
            "origin": database.origin,
            "date": database.date,
            "digest": database.digest,
            "coverage": [asdict(reach) for reach in _used(comparison)],
        },
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True) + "\n"
