"""A document as the comment on a pull request: the delta first, what is as before folded away.

It begins with a line by which CI finds its comment of before, and is never longer than GitHub takes: what is cut is
said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from barehull.compare.model import Verdict
from barehull.core.outcome import Failed, Unknown
from barehull.document import LEVELS, Document, Side, count_by_level
from barehull.report import words
from barehull.report.gfm import code, text
from barehull.report.told import Closed, Told, closed, told, why_waived
from barehull.report.words import many
from barehull.scan.model import Match, Undecided

MARKER = "<!-- barehull -->"
LIMIT = 65_536  # characters, of a comment at GitHub
# (rows of each section, rows of each that is folded): the first that is short enough is taken
_STEPS = (
    (10**6, 10**6), (10**6, 300), (10**6, 50), (300, 50), (100, 30), (30, 10), (10, 3), (3, 0), (1, 0), (0, 0),
)  # fmt: skip
_MARKS = {"passed": "✅ passed", "failed": "❌ failed", "undecided": "❓ undecided"}
_FEW = 8  # identifiers in a cell
_MANY = 50  # and in an item


@dataclass(frozen=True, slots=True)
class _Section:
    """Rows under a title, which is our own words. `head` are the lines of a table above them."""

    title: str
    rows: tuple[str, ...]
    head: tuple[str, ...] = ()
    folded: bool = False


def render(document: Document) -> str:
    """The document as GitHub-flavoured Markdown of at most `LIMIT` characters."""
    top, sections = [*_top(document)], [section for section in _sections(document) if section.rows]
    said = ""
    for visible, folded in _STEPS:
        lines = [MARKER, *top]
        for section in sections:
            lines += _shown(section, folded if section.folded else visible)
        lines += [_made(document)]
        said = "\n".join(lines) + "\n"
        if len(said) <= LIMIT:
            break
    return said


def _shown(section: _Section, most: int) -> Iterator[str]:
    if section.folded:
        yield from ("<details>", f"<summary>{section.title}</summary>", "")
    else:
        yield from (f"### {section.title}", "")
    rows, left = section.rows[:most], len(section.rows) - most
    if rows:
        yield from (*section.head, *rows, "")
    if left > 0:
        yield from (
            f"*{left:,} {'more lines' if rows else 'lines'} left out here: a report as text or JSON is whole.*",
            "",
        )
    if section.folded:
        yield from ("</details>", "")


def _top(document: Document) -> Iterator[str]:
    yield from (f"## {text(document.name)}: {_MARKS[document.state]}", "")
    comparison = document.comparison
    if comparison is not None and document.old is not None:
        gone = len({each.vulnerability.id for each in comparison.fixed})
        came = len({each.match.vulnerability.id for each in comparison.introduced})
        stay = len({match.vulnerability.id for match in comparison.remaining})
        sizes = f"{words.megabytes(document.old.size)} → {words.megabytes(document.new.size)}"
        yield from (
            f"**{many(gone, 'vulnerability')} fixed, {came or 'none'} introduced, {stay} in both; {sizes}.**",
            "",
        )
    if document.base:
        yield from (f"Built on {text(words.base(document.base))}.", "")
    yield from (*_table(document), "")


def _table(document: Document) -> Iterator[str]:
    sides = [side for side in (document.old, document.new) if side is not None]
    yield "| | old | new |" if len(sides) == 2 else "| | image |"
    yield "|---|" + "---:|" * len(sides)
    rows = [("**vulnerabilities**", [f"**{len(side.scan.vulnerabilities):,}**" for side in sides])]
    levels = [side.by_level for side in sides]
    rows += [(level, [f"{of[level]:,}" for of in levels]) for level in LEVELS if any(of[level] for of in levels)]
    rows += [
        ("undecided", [f"{len(side.scan.undecided):,}" for side in sides]),
        ("packages", [f"{len(side.inventory.components):,}" for side in sides]),
        ("compressed size", [words.megabytes(side.size) for side in sides]),
        ("files", [f"{side.inventory.files.total:,}" for side in sides]),
        ("files that no package vouches for", [f"{len(side.inventory.files.suspect):,}" for side in sides]),
    ]
    yield from (f"| {label} | {' | '.join(values)} |" for label, values in rows)


def _sections(document: Document) -> Iterator[_Section]:
    verdict, comparison = document.verdict, document.comparison
    reasons = [text(it) for it in verdict.reasons]
    accepted = [f"accepted: {text(it)}" for it in verdict.used]
    expired = [f"**expired, does not count:** {text(it)}" for it in verdict.expired]
    yield _Section("Why", _items([*reasons, *expired, *accepted]))
    yield _Section("Proofs that do not hold", _items(_proofs(document, holding=False)))
    if comparison is not None:
        waived = {each.match: "waived" for each in verdict.waived}
        was = {
            each.match: f"was {each.predecessor.source_version}" if each.predecessor else "new package"
            for each in comparison.introduced
        }
        introduced = told(each.match for each in comparison.introduced)
        yield _matches("Introduced", introduced, {**was, **{it: f"{was[it]}, waived" for it in waived if it in was}})
        yield _questions("Undecided in the new image", comparison.undecided, verdict)
        yield from _fixed(closed(comparison.fixed, comparison.old.matches))
        yield _matches("As before", told(comparison.remaining), waived, folded=True)
        yield _of_undecided("Undecided on both sides alike", comparison.cancelled)
        yield _of_undecided("Undecided in the old image only", comparison.left_behind)
    else:
        yield _matches(
            "Vulnerabilities", told(document.new.scan.matches), {it.match: "waived" for it in verdict.waived}
        )
        yield _questions("Undecided", document.new.scan.undecided, verdict)
    waivers = sorted({f"{code(it.match.vulnerability.id)}: {text(why_waived(it))}" for it in verdict.waived})
    yield _Section(f"Waived: {len(waivers)}", _items(waivers), folded=True)
    yield _Section("Proofs that hold", _items(_proofs(document, holding=True)), folded=True)
    yield _Section("Data and evidence", _items(_evidence(document)), folded=True)


def _matches(title: str, those: list[Told], notes: dict[Match, str], folded: bool = False) -> _Section:
    head = ("| severity | vulnerability | package | fixed in | |", "|---|---|---|---|---|")
    rows = tuple(
        f"| {_severity(it)} | {_identifier(it)} | {_few(words.component(match.component) for match in it.matches)} "
        f"| {_few(it.fixed_versions) or 'no fix known'} "
        f"| {_few([*words.remarks(it.matches), *(notes[match] for match in it.matches if match in notes)])} |"
        for it in those
    )
    return _Section(f"{title}: {_by_level(those)}", rows, head, folded)


def _fixed(changes: list[Closed]) -> Iterator[_Section]:
    every = {it.vulnerability.id: it for change in changes for it in change.vulnerabilities}
    rows = tuple(
        f"| {code(change.package)} | {_change(change)} | {_by_level(change.vulnerabilities)} "
        f"| {_few((it.vulnerability.id for it in change.vulnerabilities), _FEW)} |"
        for change in changes
    )
    head = ("| package | change | closes | |", "|---|---|---|---|")
    yield _Section(f"Fixed: {_by_level(every.values())}", rows, head)
    items = []
    for change in changes:
        ids = [it.vulnerability.id for it in change.vulnerabilities]
        if len(ids) > _FEW:
            what = code(f"{change.package} {change.version}")
            items += [f"{what}: {', '.join(map(text, ids[at : at + _MANY]))}" for at in range(0, len(ids), _MANY)]
    yield _Section("All that were fixed by these", _items(items), folded=True)


def _change(change: Closed) -> str:
    if not change.successor:
        return f"{code(change.version)} left out"
    if change.successor == change.version:
        return f"{code(change.version)}, of another release"
    return f"{code(change.version)} → {code(change.successor)}"


def _severity(it: Told) -> str:
    level, score = it.severity.level, it.severity.score
    said = f"{level} {score}" if score is not None else level
    return f"**{said}**" if level in ("critical", "high") else said


def _identifier(it: Told) -> str:
    name = it.vulnerability.id
    address = words.address(name)
    return f"[{text(name)}]({address})" if address else code(name)


def _by_level(those: Iterable[Told]) -> str:
    """How many, by level: 76 (3 critical, 73 high). Our own words only."""
    listed = [match for it in those for match in it.matches]
    counts = {level: count for level, count in count_by_level(listed).items() if count}
    told_ = ", ".join(f"{count:,} {level}" for level, count in counts.items())
    return f"{sum(counts.values()):,}" + (f" ({told_})" if counts.keys() - {"unknown"} else "")


def _few(texts: Iterable[str], most: int = 4) -> str:
    listed = list(dict.fromkeys(texts))
    more = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(map(text, listed[:most])) + more


def _questions(title: str, undecided: tuple[Undecided, ...], verdict: Verdict) -> _Section:
    accepted = {it.undecided: f" **accepted:** {text(it.by.reason)}" for it in verdict.accepted}
    settled = sum(it in accepted for it in undecided)
    of_these = f", {settled:,} of it accepted by name" if settled else ""
    rows = _items(f"{_question(it)}{accepted.get(it, '')}" for it in undecided)
    return _Section(f"{title}: {len(undecided):,}{of_these}", rows)


def _of_undecided(title: str, undecided: tuple[Undecided, ...]) -> _Section:
    return _Section(f"{title}: {len(undecided):,}", _items(map(_question, undecided)), folded=True)


def _question(it: Undecided) -> str:
    concerning = f" ({many(len(it.components), 'component')})" if it.components else ""
    return f"{code(it.subject)} {text(it.reason)}{concerning}"


def _proofs(document: Document, *, holding: bool) -> Iterator[str]:
    for proof in document.proofs:
        if isinstance(proof.outcome, (Failed, Unknown)) != holding:
            word, details = words.outcome(proof.outcome)
            more = f" and {len(details) - _FEW:,} more" if len(details) > _FEW else ""
            yield f"{text(proof.title)}: {word}" + "".join(f"<br>{text(it)}" for it in details[:_FEW]) + more


def _evidence(document: Document) -> Iterator[str]:
    sides = (("old image", document.old), ("new image", document.new))
    yield from (_image(title, side) for title, side in sides if side is not None)
    database = document.database
    yield f"one database for all: {code(database.digest)}, of {text(database.date)}, {text(database.origin)}"
    yield from (text(words.coverage(reach)) for reach in document.coverage)
    if document.lock_digest:
        yield f"lock: {code(document.lock_digest)}"


def _made(document: Document) -> str:
    """By what this was made; the limits of the data belong to what anybody reads."""
    database = document.database
    reaches = (f"{reach.ecosystem.replace(':', ' ')} {words.kind(reach)}" for reach in document.coverage)
    known = f" ({text(', '.join(reaches))})" if document.coverage else ""
    by = f"barehull {text(document.tool_version)} at {text(document.created)}"
    return f"Made by {by} with the database {code(database.digest[:19])} of {text(database.date[:10])}{known}."


def _image(title: str, side: Side) -> str:
    return f"{title}: {code(side.reference)} {code(side.inventory.image)}"


def _items(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"- {line}" for line in lines)
