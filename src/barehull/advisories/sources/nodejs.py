"""The Node.js project's own index of the runtime's vulnerabilities (https://github.com/nodejs/security-wg).

Its `vulnerable` and `patched` are npm's ranges. A version is affected when it is in the first and not in the second; as
OSV ranges of the package "node" of the ecosystem "Node.js" they keep that meaning, a new major version being a `limit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from barehull.advisories.facts import Fact
from barehull.advisories.feed import Feed, damaged
from barehull.advisories.osv import Affected, AffectedRange, Package, Record

ECOSYSTEM, PACKAGE = "Node.js", "node"

Version = tuple[int, int, int]
Interval = tuple[Version, Version]  # from the first one, to the second one exclusively

_ZERO: Version = (0, 0, 0)
_END: Version = (1 << 31, 0, 0)
_COMPARATOR = re.compile(
    r"(\^|~|>=|<=|>|<|=)?\s*v?(\d{1,9}|[xX*])(?:\.(\d{1,9}|[xX*]))?(?:\.(\d{1,9}|[xX*]))?(?:\s+|$)"
)


class _Entry(msgspec.Struct):
    vulnerable: str
    patched: str = ""
    cve: list[str] = []
    severity: str = ""
    affectedEnvironments: list[str] = []  # noqa: N815 -- the index's own name


def read(path: Path, what: str) -> Iterator[Fact]:
    """The index as OSV records."""
    try:
        index = msgspec.json.decode(path.read_bytes(), type=dict[str, _Entry])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        raise damaged(what, error) from error
    for number, entry in index.items():
        if not entry.affectedEnvironments or {"all", "linux"} & set(entry.affectedEnvironments):
            yield _record(number, entry)


def _record(number: str, entry: _Entry) -> Record:
    try:
        ranges = [_range(one) for one in _affected(entry.vulnerable, entry.patched)]
    except ValueError:
        ranges = []  # of which the matcher says that it names no versions
    affected = Affected(Package(ECOSYSTEM, PACKAGE), ranges, database_severity=entry.severity)
    return Record(f"NODE-CORE-{number}", "unknown", aliases=entry.cve, affected=[affected])


def _range(piece: tuple[Interval, bool]) -> AffectedRange:
    (first, end), is_fixed = piece
    events = [{"introduced": _text(first) if first > _ZERO else "0"}]
    if end < _END:
        events.append({"fixed" if is_fixed else "limit": _text(end)})
    return AffectedRange("SEMVER", events)


def _affected(vulnerable: str, patched: str) -> Iterator[tuple[Interval, bool]]:
    """What is vulnerable and not patched; and whether a piece ends where a patched version begins."""
    fixes = sorted(intervals(patched)) if patched.strip() else []
    for first, end in intervals(vulnerable):
        for fix, fix_end in fixes:
            if fix < end and fix_end > first:
                if first < fix:
                    yield (first, fix), True
                first = max(first, fix_end)
        if first < end:
            yield (first, end), False


def intervals(text: str) -> list[Interval]:
    """The versions of an npm range, without pre-releases. ValueError for one that is not understood."""
    return [_conjunction(part.strip()) for part in text.split("||")]


def _conjunction(text: str) -> Interval:
    first, end, at = _ZERO, _END, 0
    while at < len(text) or not text:
        found = _COMPARATOR.match(text, at)
        if not found:
            raise ValueError(f"{text!r} is not a range of versions")
        one = _comparator(found[1] or "=", [int(part) for part in found.groups()[1:] if part and part.isdigit()])
        first, end, at = max(first, one[0]), min(end, one[1]), found.end()
    return first, end


def _comparator(operator: str, parts: list[int]) -> Interval:
    """`parts` are those that are given: 4.x has one."""
    floor = _padded(parts)
    if operator == "^":
        ceiling = _next(parts[: next((n for n, part in enumerate(parts) if part), len(parts) - 1) + 1])
    elif operator == "~":
        ceiling = _next(parts[:2])
    else:
        ceiling = _next(parts)
    match operator:
        case ">=":
            return floor, _END
        case ">":
            return ceiling, _END
        case "<":
            return _ZERO, floor
        case "<=":
            return _ZERO, ceiling
        case _:
            return floor, ceiling


def _padded(parts: list[int]) -> Version:
    major, minor, patch = (*parts, 0, 0, 0)[:3]
    return major, minor, patch


def _next(parts: list[int]) -> Version:
    """The first version after all that begin with `parts`."""
    return _padded([*parts[:-1], parts[-1] + 1]) if parts else _END


def _text(version: Version) -> str:
    return ".".join(map(str, version))


FEEDS = (
    Feed(
        ECOSYSTEM,
        "the Node.js project's index of its vulnerabilities",
        "nodejs-core/index.json",
        "https://raw.githubusercontent.com/nodejs/security-wg/main/vuln/core/index.json",
        read,
        limit=16 << 20,
    ),
)
