"""What another scanner says of an image -> Scan: its findings, and what it did not look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from barehull.advisories.model import Database, Status
from barehull.advisories.severity import Severity
from barehull.core.errors import IncompleteError
from barehull.inventory.model import Component, Inventory
from barehull.scan import undecided
from barehull.scan.model import Match, Scan, Undecided, Vulnerability

MAX_REPORT = 512 << 20

# Runs the scanner with arguments; the lines that it said. IncompleteError when it ends with another exit code.
Run = Callable[[Sequence[str], Collection[int]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """`component` is affected. `names` are identifiers of one vulnerability, the preferred one first."""

    component: Component
    names: tuple[str, ...]
    advisory: str
    fixed_version: str = ""
    severity: Severity = Severity()  # noqa: RUF009 -- frozen
    status: Status = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """All that a scanner says. `listed` is what it looked at, None where it does not tell; `unread` are components of
    which it has no data, with the reason.
    """

    database: Database
    findings: tuple[Finding, ...]
    listed: tuple[Component, ...] | None
    unread: tuple[tuple[Component, str], ...] = ()


class Peer(Protocol):
    """What a file in scanners/ offers. `ENVIRONMENT` keeps its database as it is while both images are scanned."""

    PROGRAM: str
    ADVICE: str
    ENVIRONMENT: dict[str, str]

    def listen(self, archive: Path, report: Path, run: Run) -> Heard:
        """Scan the image in `archive` (as `docker save` makes them); the scanner may write to `report`."""


def to_scan(inventory: Inventory, heard: Heard, name: str) -> Scan:
    """What the scanner `name` said of the image that `inventory` is of. What it did not look at is undecided."""
    ours = {key: component for component in reversed(inventory.components) for key in reversed(_keys(component))}

    def known(component: Component) -> Component:
        return next((ours[key] for key in _keys(component) if key in ours), component)

    matches = {
        Match(
            Vulnerability(it.names[0], it.names[1:]),
            known(it.component),
            it.advisory,
            it.fixed_version,
            it.severity,
            it.status,
        )
        for it in heard.findings
    }
    unknown = undecided.of_image(inventory)
    unknown += [undecided.about_component(known(it), reason, ecosystem=it.ecosystem) for it, reason in heard.unread]
    unknown += _unseen(inventory, heard, name)
    return Scan(inventory, heard.database, tuple(sorted(matches)), tuple(sorted(set(unknown))))


def _unseen(inventory: Inventory, heard: Heard, name: str) -> list[Undecided]:
    if heard.listed is None:
        found = {key for it in heard.findings for key in _keys(it.component)}
        rest = {it.purl for it in inventory.components if found.isdisjoint(_keys(it))}
        reason = f"unseen: {name} does not tell which packages it looked at"
        return [Undecided(name, reason, f"unseen: {name}", components=tuple(sorted(rest)))] if rest else []
    found = {key for it in heard.listed for key in _keys(it)}
    missed = (it for it in inventory.components if found.isdisjoint(_keys(it)))
    return [undecided.about_component(it, f"unseen: {name} does not list it", ecosystem=it.ecosystem) for it in missed]


def _keys(component: Component) -> tuple[tuple[str, str, str], ...]:
    """By what a component of ours and one of a scanner's are the same: the package itself, else its source."""
    names = ((component.name, component.version), (component.source, component.source_version))
    return tuple((component.ecosystem, name.lower(), version.removeprefix("v")) for name, version in names)


def read_report(path: Path, name: str) -> dict[str, Any]:
    """The JSON object that the scanner `name` wrote. IncompleteError for one missing, cut short, or of another kind."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_REPORT + 1)
        value = msgspec.json.decode(data)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(name, error) from error
    if not isinstance(value, dict) or len(data) > MAX_REPORT:
        raise unreadable(name, "it is no JSON object, or too large")
    return value


def told_json(lines: Iterable[str], name: str) -> dict[str, Any]:
    """The JSON object that the scanner printed, whatever it logged before it."""
    text = "\n".join(lines)
    try:
        value = msgspec.json.decode(text[max(text.find("{"), 0) : text.rfind("}") + 1])
    except (msgspec.DecodeError, RecursionError) as error:
        raise unreadable(name, error) from error
    if not isinstance(value, dict):
        raise unreadable(name, "it is no JSON object")
    return value


def unreadable(name: str, why: object) -> IncompleteError:
    """What the scanner said is not what its documentation says that it says."""
    return IncompleteError(
        f"what {name} said cannot be read: {why}",
        advice=f"Try another version of {name}, or leave --scanner out: barehull has a scanner of its own.",
    )
