"""[policy] of barehull.toml: by which rules an image is judged, and what is accepted beforehand."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from barehull.core.errors import InputError, UsageError

DEFAULT_RULES = ("guideline",)
# The files of compare/policies; a test holds them together. They are named here to tell a wrong one before any work.
RULES = ("fixable", "guideline", "max-severity", "no-known-exploited", "no-new")
LEVELS = ("none", "low", "medium", "high")  # "critical" would allow everything

_MAX_SEVERITY = "max-severity"
_LEVELS = f"Levels are: {', '.join(LEVELS)}; what is above the level fails."


@dataclass(frozen=True, slots=True)
class WaiverSettings:
    """[[policy.waivers]]: one vulnerability in one package (or "*") that is accepted until a day, with a reason."""

    vulnerability: str
    reason: str
    until: date
    package: str = "*"


@dataclass(frozen=True, slots=True)
class AcceptanceSettings:
    """[[policy.acceptances]]: a limit of the data that is accepted by name until a day, with a reason."""

    subject: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """[policy]. All `rules` must pass; `name` is the short form for one, and `deny_known_exploited` for one more.

    `max_severity` is the level of the rule max-severity; `vex` are the files of VEX documents: patterns relative to the
    configuration as it is written, paths once it was read.
    """

    name: str = ""
    rules: tuple[str, ...] = ()
    max_severity: str = ""
    deny_known_exploited: bool = False
    vex: tuple[str, ...] = ()
    waivers: tuple[WaiverSettings, ...] = ()
    acceptances: tuple[AcceptanceSettings, ...] = ()

    @property
    def all_rules(self) -> tuple[str, ...]:
        """The rules by name, each once."""
        named = self.rules or ((self.name,) if self.name else DEFAULT_RULES)
        return tuple(dict.fromkeys((*named, *(["no-known-exploited"] if self.deny_known_exploited else []))))


def checked(policy: PolicySettings, path: Path) -> PolicySettings:
    """The settings, with the files of `vex` found beside `path`. InputError for what makes no sense."""
    if policy.name and policy.rules:
        raise InputError(f"{path}: policy.name and policy.rules say the same", advice="Leave one of them out.")
    for key, names in (("policy.name", (policy.name,) if policy.name else ()), ("policy.rules", policy.rules)):
        for name in names:
            if name not in RULES:
                raise InputError(f"{path}: the {key} {name!r} is not known", advice=_nearest(name, RULES))
    _check_level(policy, path)
    _refuse_unreasoned(policy, path)
    return replace(policy, vex=tuple(_files(policy.vex, path)))


def overridden(settings: PolicySettings, policy: str | None, vex: Iterable[Path]) -> PolicySettings:
    """The settings with `--policy` ("guideline,max-severity=high", None: as they are) in place of their rules.

    The files of `--vex` come on top of theirs. Waivers and acceptances stay. Errors: UsageError.
    """
    settings = replace(settings, vex=(*settings.vex, *map(str, vex)))
    if policy is None:
        return settings
    rules, level = [], ""
    for part in policy.split(","):
        name, said, value = part.strip().partition("=")
        if name not in RULES:
            raise UsageError(f"--policy: the policy {name!r} is not known", advice=_nearest(name, RULES))
        if said and name != _MAX_SEVERITY:
            raise UsageError(f"--policy: {name} takes no level", advice="Write max-severity=LEVEL for a level.")
        if said and value not in LEVELS:
            raise UsageError(f"--policy: the level {value!r} is not known", advice=_nearest(value, LEVELS, _LEVELS))
        level = value or level
        rules.append(name)
    level = (level or settings.max_severity) if _MAX_SEVERITY in rules else ""
    if _MAX_SEVERITY in rules and not level:
        raise UsageError("--policy: max-severity has no level", advice=f"Write max-severity=high. {_LEVELS}")
    return replace(settings, name="", rules=tuple(rules), max_severity=level, deny_known_exploited=False)


def _check_level(policy: PolicySettings, path: Path) -> None:
    if policy.max_severity and policy.max_severity not in LEVELS:
        raise InputError(
            f"{path}: the policy.max-severity {policy.max_severity!r} is not known",
            advice=_nearest(policy.max_severity, LEVELS, _LEVELS),
        )
    if policy.max_severity and _MAX_SEVERITY not in policy.all_rules:
        raise InputError(
            f"{path}: policy.max-severity has a level, and max-severity is not among the rules",
            advice='Write rules = ["guideline", "max-severity"], or leave the level out.',
        )
    if _MAX_SEVERITY in policy.all_rules and not policy.max_severity:
        raise InputError(
            f"{path}: the rule max-severity has no level", advice=f'Write max-severity = "high" in [policy]. {_LEVELS}'
        )


def _refuse_unreasoned(policy: PolicySettings, path: Path) -> None:
    subjects = [(waiver.vulnerability, waiver.reason) for waiver in policy.waivers]
    subjects += [(acceptance.subject, acceptance.reason) for acceptance in policy.acceptances]
    for subject, reason in subjects:
        if not reason.strip():
            raise InputError(f"{path}: {subject} is accepted without a reason", advice="Say why, in `reason`.")


def _files(patterns: Iterable[str], path: Path) -> Iterable[str]:
    """What the patterns name, sorted and each once. A pattern for nothing is an error: its waivers would be missed."""
    found: dict[str, None] = {}
    for pattern in patterns:
        try:
            files = sorted(str(each) for each in path.parent.glob(pattern) if each.is_file())
        except (ValueError, NotImplementedError, IndexError):  # empty, absolute, or no pattern
            absolute = Path(pattern)
            files = [pattern] if pattern and absolute.is_absolute() and absolute.is_file() else []
        if not files:
            raise InputError(
                f"{path}: {pattern!r} in `policy.vex` matches no file",
                advice=f"Patterns are relative to {path.parent}; ** goes through folders.",
            )
        found.update(dict.fromkeys(files))
    return found


def _nearest(name: str, known: tuple[str, ...], listed: str = "") -> str:
    near = difflib.get_close_matches(name.lower(), known, 1)
    return (f"Did you mean {near[0]!r}? " if near else "") + (listed or f"There are: {', '.join(known)}.")
