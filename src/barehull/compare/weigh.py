"""What of a scan counts, after waivers, statements of VEX documents and acceptances; and which of those served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from barehull.compare.model import Acceptance, Policy, Waived, Waiver
from barehull.scan.model import Match, Scan, Undecided
from barehull.vex.apply import apply, used_text
from barehull.vex.purls import names_of


@dataclass(frozen=True, slots=True)
class Weighed:
    """`matches` count, `waived` do not. `used` are sentences on what served, `remarks` on what did not."""

    matches: tuple[Match, ...]
    waived: tuple[Waived, ...]
    used: tuple[str, ...]
    remarks: tuple[str, ...]


def weigh(scan: Scan, policy: Policy, reference: str, today: date) -> Weighed:
    """The matches of `scan` that count. `reference` is where its image is: statements may name a repository."""
    served = {match: [it for it in policy.waivers if it.until >= today and waives(it, match)] for match in scan.matches}
    rest = [match for match in scan.matches if not served[match]]
    inventory = scan.inventory
    vex = apply(policy.vex, scan.matches, names_of(reference, inventory.image, inventory.platform), today)
    stated = {match: vex.waived[match] for match in rest if match in vex.waived}
    used = [it for it in policy.waivers if any(it in those for those in served.values())]
    waived = [Waived(match, those[0]) for match, those in served.items() if those]
    waived += [Waived(match, statement) for match, statement in stated.items()]
    unused = (text(it) for it in policy.waivers if it.until >= today and it not in used)
    return Weighed(
        tuple(match for match in rest if match not in stated),
        tuple(waived),
        (*map(text, used), *dict.fromkeys(used_text(match, it) for match, it in stated.items())),
        (*(f"unused: {it}" for it in (*unused, *vex.unused)), *(f"not accepted: {it}" for it in vex.refused)),
    )


def waives(waiver: Waiver, match: Match) -> bool:
    """Whether a waiver speaks of a match, by any of the vulnerability's identifiers."""
    identified = waiver.vulnerability in (match.vulnerability.id, *match.vulnerability.aliases)
    return identified and waiver.package in ("*", match.component.name, match.component.source)


def accepts(acceptance: Acceptance, undecided: Undecided) -> bool:
    """Whether an acceptance speaks of this: by ecosystem, by purl with or without version, or by path."""
    bare = undecided.subject.partition("?")[0]
    names = {undecided.subject, bare, bare.rpartition("@")[0], undecided.ecosystem} - {""}
    return acceptance.subject.lstrip("/") in {name.lstrip("/") for name in names}


def accepted(
    questions: Iterable[Undecided], policy: Policy, today: date
) -> tuple[tuple[Undecided, ...], tuple[Acceptance, ...]]:
    """The questions that nobody accepted, and the acceptances that served."""
    valid = [it for it in policy.acceptances if it.until >= today]
    by = {question: [it for it in valid if accepts(it, question)] for question in questions}
    left = tuple(question for question, those in by.items() if not those)
    return left, tuple(it for it in valid if any(it in those for those in by.values()))


def text(it: Waiver | Acceptance) -> str:
    """A waiver or acceptance in one line."""
    subject = f"{it.vulnerability} in {it.package}" if isinstance(it, Waiver) else it.subject
    return f"{subject} until {it.until.isoformat()}: {it.reason}"
