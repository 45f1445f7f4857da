"""How things are said in reports: numbers with units, safe text, groups of identifiers."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from barehull.core.outcome import Failed, NotApplicable, Outcome, Passed, Unknown
from barehull.report.plain import many as many
from barehull.report.plain import safe as safe

if TYPE_CHECKING:
    from barehull.advisories.model import Coverage
    from barehull.advisories.severity import Severity
    from barehull.compare.model import Fixed
    from barehull.inventory.model import Component
    from barehull.lock import LockedBase
    from barehull.scan.model import Match

WIDTH = 100
_KNOWN = re.compile(r"(?:CVE-\d{4}-\d{4,12}|GHSA(?:-[0-9a-z]{4}){3}|[A-Z][A-Za-z]{1,20}-\d{4}-\d{1,9})\Z")


def megabytes(size: int) -> str:
    """Bytes as megabytes (10^6): "29.6 MB"."""
    return f"{size / 1e6:.1f} MB"


def component(it: Component) -> str:
    """A component by name and version: "openssl 3.0.15-1"."""
    return safe(f"{it.source} {it.source_version}".strip())


def coverage(reach: Coverage) -> str:
    """How far an ecosystem's data reaches, in a line."""
    missing = f"; left out: {reach.left_out}" if reach.left_out else ""
    return safe(
        f"{reach.ecosystem.replace(':', ' ')}: {kind(reach)}, as of {reach.as_of}, {reach.records:,} records{missing}"
    )


def kind(reach: Coverage) -> str:
    """How much of what is known an ecosystem's data tells: "full", "fixable only", "in part"."""
    return {"fixed-only": "fixable only", "partial": "in part"}.get(reach.kind, reach.kind)


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


def address(identifier: str) -> str:
    """Where a vulnerability is described; "" for what has not the form of an identifier that OSV knows."""
    return f"https://osv.dev/vulnerability/{identifier}" if _KNOWN.match(identifier) else ""


def rating(it: Severity) -> str:
    """How bad it is: "high 7.5", "low", "unknown severity"."""
    if it.level == "unknown":
        return "unknown severity"
    return it.level if it.score is None else f"{it.level} {it.score:.1f}"


def remarks(matches: Sequence[Match]) -> list[str]:
    """What else is to be known of one vulnerability: seen and expected exploitation, what the distribution does."""
    said = ["exploited (KEV)"] if any(match.known_exploited for match in matches) else []
    likely = max((match.epss for match in matches if match.epss is not None), default=None)
    said += [f"EPSS {likely:.1%}"] if likely is not None else []
    return said + sorted({match.status for match in matches if match.status})


def padded(text: str, width: int) -> str:
    """The text with spaces behind it, to a width in columns of a terminal."""
    columns = sum(
        0 if unicodedata.combining(it) else 2 if unicodedata.east_asian_width(it) in "WF" else 1 for it in text
    )
    return text + " " * (width - columns)
