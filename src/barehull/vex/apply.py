"""Statements x matches -> what need not be counted, on whose word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from barehull.scan.model import Match
from barehull.vex.model import Product, Statement
from barehull.vex.purls import ImageNames, means, means_component, means_image


@dataclass(frozen=True, slots=True)
class Applied:
    """`waived` are the matches that need not be counted, each with the statement that says so.

    `refused` are sentences on statements that speak of a match and were not accepted; `unused` on those that speak of
    nothing that was found.
    """

    waived: dict[Match, Statement]
    refused: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def apply(statements: Sequence[Statement], matches: Iterable[Match], image: ImageNames, today: date) -> Applied:
    """Of the statements on one match the latest counts; where several are the latest, all of them must waive it."""
    by_name: defaultdict[str, dict[int, Statement]] = defaultdict(dict)
    for number, statement in enumerate(statements):
        for name in statement.names:
            by_name[name][number] = statement
    waived: dict[Match, Statement] = {}
    heard = set[int]()
    refused: dict[str, None] = {}
    for match in matches:
        candidates = {
            number: statement
            for name in (match.vulnerability.id, *match.vulnerability.aliases)
            for number, statement in by_name.get(name, {}).items()
            if _speaks_of(statement, match, image)
        }
        heard |= candidates.keys()
        word = _last_word(list(candidates.values()), match, today)
        if isinstance(word, Statement):
            waived[match] = word
        elif word:
            refused[word] = None
    return Applied(waived, tuple(refused), _unused(statements, heard))


def used_text(match: Match, statement: Statement) -> str:
    """That a match was waived: by what, by whom, where that was read."""
    why = f" ({statement.why})" if statement.why else ""
    said = f"{statement.status}{why}, says {statement.author}"
    return f"{match.vulnerability.id} in {match.component.source}: {said} in {statement.file}"


def _last_word(statements: list[Statement], match: Match, today: date) -> Statement | str:
    """The statement that waives the match; else why none does, "" where nothing else was stated."""
    subject = f"{match.vulnerability.id} in {match.component.source}"
    of_today = [it for it in statements if it.timestamp.date() <= today + timedelta(days=1)]  # clocks may differ
    for it in statements:
        if it not in of_today:
            return f"{subject}: {it.file}: {it.place} is of the future ({it.timestamp.date()}), and does not count"
    latest = [it for it in of_today if it.timestamp == max(each.timestamp for each in of_today)]
    against = next((it for it in latest if not it.waives), None)
    if against is None:
        return latest[0] if latest else ""
    if against.problem:
        return f"{subject}: {against.file}: {against.place} is not accepted: {against.problem}"
    for it in latest:
        if it.waives:
            where = f"{it.file}: {it.place} and {against.file}: {against.place}"
            return f"{subject}: {where} contradict each other, and neither is the later one"
    return ""


def _speaks_of(statement: Statement, match: Match, image: ImageNames) -> bool:
    return any(_is_about(product, match, image) for product in statement.products)


def _is_about(product: Product, match: Match, image: ImageNames) -> bool:
    component = match.component
    meant = not product.in_parts or any(means_component(part, component) for part in product.parts)
    if not image.digests.isdisjoint(product.digests) or any(means_image(purl, image) for purl in product.purls):
        return meant
    if not product.in_parts:
        return any(means_component(purl, component) for purl in product.purls)
    # A part of a package: another copy of the same library in the image is none of that package's maker's business.
    bundler = component.vendored_in
    return meant and bool(bundler) and any(means(purl, bundler) for purl in product.purls)


def _unused(statements: Sequence[Statement], heard: set[int]) -> tuple[str, ...]:
    """By file: a vendor's document has thousands of statements on other images."""
    of: defaultdict[str, list[bool]] = defaultdict(list)
    for number, statement in enumerate(statements):
        of[statement.file].append(number not in heard)
    return tuple(
        f"{sum(idle)} of {len(idle)} statements in {file} speak of nothing that was found in this image"
        for file, idle in sorted(of.items())
        if any(idle)
    )
