"""How things are said in reports: numbers with units, safe text, groups of identifiers."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from barehull.core.outcome import Failed, NotApplicable, Outcome, Passed, Unknown
from barehull.report.plain import many as many
from barehull.report.plain import safe as safe

if TYPE_CHECKING:
    from barehull.advisories.model import Coverage
    from barehull.compare.model import Fixed
    from barehull.inventory.model import Component
    from barehull.lock import LockedBase

WIDTH = 100


def megabytes(size: int) -> str:
    """Bytes as megabytes (10^6): "29.6 MB"."""
    return f"{size / 1e6:.1f} MB"


def component(it: Component) -> str:
    """A component by name and version: "openssl 3.0.15-1"."""
    return safe(f"{it.source} {it.source_version}".strip())


def coverage(reach: Coverage) -> str:
    """How far an ecosystem's data reaches, in a line."""
    kind = {"fixed-only": "fixable only", "partial": "in part"}.get(reach.kind, reach.kind)
    missing = f"; left out: {reach.left_out}" if reach.left_out else ""
    return safe(f"{reach.ecosystem.replace(':', ' ')}: {kind}, as of {reach.as_of}, {reach.records:,} records{missing}")


def outcome(it: Outcome) -> tuple[str, list[str]]:
    """A proof's answer as a word and further lines."""
    match it:
        case Passed(detail):
            return "holds", [safe(detail)] if detail else []
        case Failed(findings):
            return "FAILS", [
                safe(f"{each.subject}: {each.message}. {each.advice}".rstrip(". ") + ".") for each in findings
            ]
        case NotApplicable(reason):
            return "does not apply", [safe(reason)]
        case Unknown(reason):
            return "UNKNOWN", [safe(reason)]


def fixed_groups(fixed: Iterable[Fixed]) -> list[tuple[str, list[str]]]:
    """Vulnerabilities that went, by reason: ("a newer version: openssl 3.0 -> 3.5", [ids]), sorted."""
    groups: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for each in fixed:
        if each.successor is not None:
            what = f"{component(each.component)} -> {safe(each.successor.source_version)}"
        else:
            what = component(each.component)
        groups[each.why, what].add(each.vulnerability.id)
    return [(what, sorted(map(safe, ids))) for (_, what), ids in sorted(groups.items())]


def folded(line: str, indent: str) -> list[str]:
    """A line in lines of at most `WIDTH` columns, the later ones indented once more."""
    return textwrap.wrap(
        line, WIDTH, initial_indent=indent, subsequent_indent=indent + "    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def wrapped(words: Sequence[str], indent: str) -> list[str]:
    """Words in lines of at most `WIDTH` columns; identifiers are never broken."""
    return textwrap.wrap(
        ", ".join(words), WIDTH, initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def base(locked: LockedBase) -> str:
    """The image that another is built on, and who signed it."""
    signer = f"signed by {locked.signer}" if locked.signer else "UNVERIFIED: no signature of it was checked"
    return safe(f"{locked.name}  {locked.digest}, {signer}")
