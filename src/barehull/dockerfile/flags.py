"""The flags that each instruction takes, and their values (reference: BuildKit, frontend/dockerfile/instructions)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from barehull.dockerfile.words import Flag, Word, lower, shown

_COPY = {"chown": "text", "chmod": "text", "link": "bool", "exclude": "list"}
_TIMES = ("interval", "timeout", "start-period", "start-interval")
_FLAGS: Mapping[str, Mapping[str, str]] = {
    "FROM": {"platform": "text"},
    "RUN": {"mount": "list", "device": "list", "network": "text", "security": "text"},
    "COPY": {**_COPY, "from": "text", "parents": "bool"},
    "ADD": {**_COPY, "keep-git-dir": "bool", "checksum": "text", "unpack": "bool"},
    "HEALTHCHECK": {**dict.fromkeys(_TIMES, "text"), "retries": "text"},
}
_TRUTHS = ("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False")  # Go's ParseBool
_UNITS = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,
    "\u03bcs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 6 * 10**10,
    "h": 36 * 10**11,
}
_STEP = re.compile(r"([0-9]{0,30})(?:\.([0-9]*+))?([^0-9.]+)")
_FIELD = re.compile(r'(?:"((?:[^"]|"")*+)"|([^",]*+))(?:,|\Z)')


class RefusedError(ValueError):
    """BuildKit refuses an instruction: why, and the word. `early` says that its parser does, before any meaning."""

    def __init__(self, why: str, where: Word, *, early: bool = False) -> None:
        super().__init__(why)
        self.why, self.where, self.early = why, where, early


def check(keyword: str, flags: Sequence[Flag]) -> None:
    """RefusedError where an instruction has no such flag, or a flag has no such value."""
    kinds = _FLAGS.get(keyword, {})
    seen: set[str] = set()
    for flag in flags:
        kind = kinds.get(flag.name)
        if kind is None:
            raise RefusedError(f"{keyword} has no flag --{shown(flag.name)}", flag.word)
        if flag.name in seen and kind != "list":
            raise RefusedError(f"the flag --{shown(flag.name)} is there twice", flag.word)
        seen.add(flag.name)
        if kind != "bool" and not flag.assigned:
            raise RefusedError(f"the flag --{shown(flag.name)} has no value", flag.word)
        if kind == "bool" and lower(flag.value) not in (("true", "false") if flag.assigned else ("",)):
            raise RefusedError(f"the flag --{shown(flag.name)} is either true or false", flag.word)
    for flag in flags:
        if (test := _VALUES.get(flag.name)) and not test(flag.value):
            raise RefusedError(f"{shown(flag.value)!r} is no value for the flag --{shown(flag.name)}", flag.word)


def csv_fields(value: str) -> list[str] | None:
    """The fields of a --mount or --device, which are CSV; None for what is none."""
    if '"' not in value:
        return value.removesuffix("\n").split(",") if value.removesuffix("\n") else None
    found, at = [], 0
    while match := _FIELD.match(value, at):
        found.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        at = match.end()
        if at == len(value) and not match[0].endswith(","):
            return found
    return None


def _is_mount(value: str) -> bool:
    fields = csv_fields(value)
    if fields is None:
        return False
    pairs = (field.partition("=") for field in fields)
    # No variable may choose the stage: BuildKit orders the stages before it knows any.
    return not any(lower(key) == "from" and "$" in text[:-1] for key, _, text in pairs)


def _is_device(value: str) -> bool:
    fields = csv_fields(value)
    if fields is None:
        return False
    name = ""
    for field in fields:
        key, equals, text = field.partition("=")
        if lower(key) == "required":
            if equals and text not in _TRUTHS:
                return False
        elif equals and lower(key) == "name":
            if name:
                return False
            name = text
        elif name:
            return False
        else:
            name = field
    return True


def _is_time(value: str) -> bool:
    """Go's ParseDuration, and not between 0 and 1 ms."""
    digits = value[1:] if value[:1] in ("-", "+") else value
    if digits == "0" or not value:
        return True
    total, at = 0.0, 0
    while match := _STEP.match(digits, at):
        whole, part, unit = match.groups()
        if unit not in _UNITS or not (whole or part):
            return False
        total += float(f"{whole or 0}.{part or 0}") * _UNITS[unit]
        at = match.end()
    if at < len(digits) or not digits or total >= 2**63:
        return False
    return int(total) == 0 or (value[0] != "-" and total >= _UNITS["ms"])


def _is_count(value: str) -> bool:
    return not value or (re.fullmatch(r"\+?[0-9]{1,30}|-0+", value) is not None and int(value) < 2**31)


_VALUES: Mapping[str, Callable[[str], bool]] = {
    "mount": _is_mount,
    "device": _is_device,
    "network": ("default", "none", "host").__contains__,
    "security": ("insecure", "sandbox").__contains__,
    "retries": _is_count,
    **dict.fromkeys(_TIMES, _is_time),
}
