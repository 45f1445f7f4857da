"""A document for a pull request: the verdict first, then the table, then the evidence; what stays is folded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from barehull.compare.model import Comparison
from barehull.document import Document
from barehull.report import words
from barehull.report.words import many

_MARKS = {"passed": "✅ passed", "failed": "❌ failed", "undecided": "❓ undecided"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@])")


def text(value: str) -> str:
    """Text from strangers as Markdown that shows just that text."""
    return (
        _SPECIAL.sub(r"\\\1", words.safe(value)).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")
    )


def render(document: Document) -> str:
    """The document as GitHub-flavoured Markdown."""
    lines = [f"## {text(document.name)}: {_MARKS[document.state]}", ""]
    lines += [f"- {text(reason)}" for reason in document.verdict.reasons]
    lines += [f"- accepted: {text(it)}" for it in document.verdict.used]
    lines += [f"- **expired, does not count:** {text(it)}" for it in document.verdict.expired]
    if document.base:
        lines.append(f"- base: {text(words.base(document.base))}")
    lines += ["", *_table(document), ""]
    if document.comparison is not None:
        lines += _comparison(document.comparison)
    lines += _list("Proofs", _proofs(document))
    lines += [
        "### Data",
        "",
        f"One database for all: {text(document.database.origin)}, of {text(document.database.date)},",
    ]
    lines += [f"`{document.database.digest}`", ""]
    lines += [f"- {text(words.coverage(reach))}" for reach in document.coverage]
    lines += ["", f"Made by barehull {text(document.tool_version)} at {text(document.created)}."]
    return "\n".join(lines) + "\n"


def _table(document: Document) -> Iterator[str]:
    sides = [side for side in (document.old, document.new) if side is not None]
    yield "| |" + "|".join((" old ", " new ") if len(sides) == 2 else (" image ",)) + "|"
    yield "|---|" + "---:|" * len(sides)
    rows = (
        ("image", [f"`{side.inventory.image[:19]}`" for side in sides]),
        ("components", [f"{len(side.inventory.components):,}" for side in sides]),
        ("compressed size", [words.megabytes(side.size) for side in sides]),
        ("files", [f"{side.inventory.files.total:,}" for side in sides]),
        ("vulnerabilities", [f"{len(side.scan.vulnerabilities):,}" for side in sides]),
    )
    for label, values in rows:
        yield f"| {label} | " + " | ".join(values) + " |"


def _comparison(comparison: Comparison) -> Iterator[str]:
    introduced = [
        f"**{text(each.match.vulnerability.id)}** by {text(words.component(each.match.component))}"
        for each in comparison.introduced
    ]
    if introduced:
        yield from _list("Introduced", introduced)
    undecided = [f"{text(each.subject)}: {text(each.reason)}" for each in comparison.undecided]
    if undecided:
        yield from _list("Undecided in the new image", undecided)
    count = len({each.vulnerability.id for each in comparison.fixed})
    yield from (f"### Fixed: {many(count, 'vulnerability')}", "")
    for why, title in (("newer-version", "By a newer version"), ("left-out", "By a package left out")):
        groups = words.fixed_groups(each for each in comparison.fixed if each.why == why)
        if groups:
            yield from (f"**{title}**", "", "| package | vulnerabilities |", "|---|---|")
            yield from (f"| {text(what)} | {', '.join(map(text, ids))} |" for what, ids in groups)
            yield ""
    if comparison.remaining:
        remaining = sorted({text(match.vulnerability.id) for match in comparison.remaining})
        yield from ("<details>", f"<summary>Remaining: {len(remaining)}</summary>", "", ", ".join(remaining))
        yield from ("", "</details>", "")


def _proofs(document: Document) -> Iterable[str]:
    for proof in document.proofs:
        word, details = words.outcome(proof.outcome)
        yield f"{text(proof.title)}: {word}" + "".join(f"<br>{text(detail)}" for detail in details)


def _list(title: str, items: Iterable[str]) -> list[str]:
    listed = [f"- {item}" for item in items]
    return [f"### {title}", "", *listed, ""] if listed else []
