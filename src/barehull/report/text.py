"""A document for a terminal: table, verdict, reasons, evidence. Nothing is cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from barehull.core.outcome import Passed
from barehull.document import LEVELS, Document, Side
from barehull.oci.model import Image
from barehull.proof.run import Proof
from barehull.report import words
from barehull.report.words import many, safe

if TYPE_CHECKING:
    from barehull.compare.model import Comparison, Verdict
    from barehull.scan.model import Match, Undecided

VERDICTS = {"passed": "PASSED", "failed": "FAILED", "undecided": "UNDECIDED"}


def render(document: Document) -> str:
    """The document as plain text of at most 100 columns where words allow it."""
    lines = [*_table(document), ""]
    if document.proofs:
        lines += [*proofs(document.proofs), ""]
    if document.comparison is not None:
        lines += _comparison(document.comparison, document.verdict)
    else:
        lines += _section("vulnerabilities", _matches(document.new.scan.matches))
        lines += _section("undecided", _undecided(document.new.scan.undecided, document.verdict))
    lines += _section("data", _data(document))
    lines += _verdict(document)
    return "\n".join(lines) + "\n"


def built(image: Image, output: str, proved: tuple[Proof, ...]) -> str:
    """What a build has to say: the image in numbers, its proofs."""
    size = f"{words.megabytes(image.compressed_size)} compressed, {many(len(image.layers), 'layer')}"
    lines = [f"{safe(output)}  {image.digest}", f"  {image.config.platform}, {size}", ""]
    lines += proofs(proved) if proved else ["proofs: none, this runtime is conventional"]
    return "\n".join(lines) + "\n"


def proofs(proved: Iterable[Proof]) -> list[str]:
    """The proofs, a line each, with what is wrong below."""
    lines = ["proofs"]
    for proof in proved:
        word, details = words.outcome(proof.outcome)
        if isinstance(proof.outcome, Passed):
            lines.append(f"  {word:<8}{proof.title}" + (f" ({details[0]})" if details else ""))
        else:
            lines.append(f"  {word:<8}{proof.title}")
            lines += [f"          {detail}" for detail in details]
    return lines


def _table(document: Document) -> Iterator[str]:
    sides = [document.old, document.new] if document.old else [document.new]
    header = ["old", "new"] if document.old else [""]
    columns = [_numbers(side) for side in sides if side]
    width = max([12, *(len(text) for column in columns for text in column.values())]) + 2
    yield words.padded(safe(document.name), 24) + "".join(f"{title:>{width}}" for title in header)
    for label in columns[0]:
        if label.strip() not in LEVELS or any(column[label] != "0" for column in columns):
            yield f"  {label:<22}" + "".join(f"{column[label]:>{width}}" for column in columns)
    yield ""
    for title, side in zip(header, sides, strict=True):
        if side:
            yield f"  {title:<5}{safe(side.reference)}  {side.inventory.image}"
    if document.base:
        yield f"  base {words.base(document.base)}"


def _numbers(side: Side) -> dict[str, str]:
    inventory = side.inventory
    debs = sum(component.purl.startswith("pkg:deb/") for component in inventory.components)
    return {
        "Debian packages": f"{debs:,}",
        "other components": f"{len(inventory.components) - debs:,}",
        "compressed size": words.megabytes(side.size),
        "files": f"{inventory.files.total:,}",
        "  vouched for": f"{inventory.files.total - len(inventory.files.suspect):,}",
        "vulnerabilities": f"{len(side.scan.vulnerabilities):,}",
        **{f"  {level}": f"{count:,}" for level, count in side.by_level.items()},
    }


def _comparison(comparison: Comparison, verdict: Verdict) -> Iterator[str]:
    newer = [each for each in comparison.fixed if each.why == "newer-version"]
    left_out = [each for each in comparison.fixed if each.why == "left-out"]
    count = len({each.vulnerability.id for each in comparison.fixed})
    yield f"fixed: {many(count, 'vulnerability')}"
    for title, group in (("by a newer version", newer), ("by a package left out", left_out)):
        if group:
            yield f"  {title}"
            for what, ids in words.fixed_groups(group):
                yield f"    {what}"
                yield from words.wrapped(ids, "      ")
    yield ""
    was = {
        each.match: f"where {each.predecessor.source_version} was" if each.predecessor else "which is new"
        for each in comparison.introduced
    }
    introduced = _matches((each.match for each in comparison.introduced), was)
    yield from _section("INTRODUCED" if was else "introduced", introduced)
    yield from _section("remaining", _matches(comparison.remaining))
    yield from _section("undecided in the new image", _undecided(comparison.undecided, verdict))
    if comparison.cancelled:
        yield from _section("undecided on both sides alike", [many(len(comparison.cancelled), "question")])
    if comparison.left_behind:
        yield from _section("undecided in the old image only", _undecided(comparison.left_behind))


def _matches(matches: Iterable[Match], was: Mapping[Match, str] = MappingProxyType({})) -> list[str]:
    """A line each, the worst first: how bad, in what (and what `was` there), what fixes it, what else is known."""
    from barehull.report.told import told  # a build has none to show

    lines = []
    for it in told(matches):
        for match in it.matches:
            fix = f"fixed in {safe(match.fixed_version)}" if match.fixed_version else "no fix known"
            before = f", {safe(was[match])}" if match in was else ""
            details = "; ".join([fix, *words.remarks([match])])
            name, package = safe(match.vulnerability.id), words.component(match.component)
            lines.append(f"{words.rating(match.severity)}: {name} in {package}{before} ({details})")
    return lines or ["none"]


def _undecided(undecided: Iterable[Undecided], verdict: Verdict | None = None) -> list[str]:
    accepted = {it.undecided for it in verdict.accepted} if verdict else set()
    words_ = {it: "accepted: " if it in accepted else "" for it in undecided}
    return [f"{word}{safe(it.subject)}: {safe(it.reason)}" for it, word in words_.items()] or ["nothing"]


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return [title, *(part for line in lines for part in words.folded(line, "  ")), ""]


def _data(document: Document) -> Iterator[str]:
    database = document.database
    yield f"one database for all: {safe(database.origin)}, of {safe(database.date)}"
    yield database.digest
    yield from (words.coverage(reach) for reach in document.coverage)


def _verdict(document: Document) -> Iterator[str]:
    verdict = document.verdict
    yield from (f"accepted: {safe(text)}" for text in verdict.used)
    yield from (f"EXPIRED, does not count: {safe(text)}" for text in verdict.expired)
    yield f"verdict by the policy {verdict.policy}: {VERDICTS[verdict.state]}"
    yield from (f"  {safe(reason)}" for reason in verdict.reasons)
    if document.state != verdict.state:
        yield f"with the proofs: {VERDICTS[document.state]}"
