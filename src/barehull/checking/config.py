"""[check] of barehull.toml, or [tool.barehull.check] of pyproject.toml. Strict: a key that is not known is an error."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from barehull.checking.model import FailOn
from barehull.checking.names import nearest
from barehull.core.errors import InputError

FILE_NAME = "barehull.toml"
PYPROJECT = "pyproject.toml"
TABLES = ("application", "runtime", "policy", "check")  # of barehull.toml; application/config.py reads the others
KEYS = ("out-of-scope", "select", "ignore", "fail-on", "build-args")
_SCOPE_KEYS = ("path", "reason")
_SEE = "See the README's section on [check]."


@dataclass(frozen=True, slots=True)
class CheckConfig:
    """A whole [check]. `path` is the file, None without one; patterns of `out_of_scope` are relative to its folder."""

    path: Path | None = None
    out_of_scope: tuple[tuple[str, str], ...] = ()  # pattern, reason
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: FailOn = "error"
    build_args: dict[str, str] = field(default_factory=dict)


def find_config(folder: Path) -> CheckConfig:
    """The configuration of a folder: the nearest in it or its parents, up to the repository's root; else the defaults.

    Errors: InputError for a file that is not right, and for two in one folder.
    """
    for place in (folder, *folder.parents):
        found = [each for each in (read_config(place / name) for name in (FILE_NAME, PYPROJECT)) if each is not None]
        if len(found) == 2:
            raise InputError(
                f"{found[0].path} and {found[1].path} both configure `barehull check`", advice="Keep one of them."
            )
        if found:
            return found[0]
        if (place / ".git").exists():
            break
    return CheckConfig()


def read_named(path: Path) -> CheckConfig:
    """The configuration that --config names. InputError where it is not there."""
    if not path.is_file():
        raise InputError(f"there is no configuration {path}", advice="Check the name given with --config.")
    return read_config(path) or CheckConfig(path.absolute())


def read_config(path: Path) -> CheckConfig | None:
    """What a file says of [check]; None where it is not there or has no such table. InputError for what is wrong."""
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", advice="Check its permissions.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not TOML: {error}", advice="Correct the line.") from error
    whole = path.name != PYPROJECT
    if not whole and "barehull" not in text:  # a large pyproject.toml of others is not worth its reading
        return None
    import tomllib  # 10 ms, only where there is a configuration

    try:
        table: Any = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not TOML: {error}", advice="Correct the line.") from error
    where = "" if whole else "tool.barehull"
    if not whole:
        table = _table(table.get("tool", {}), path, "tool").get("barehull", {})
    _refuse_unknown(_table(table, path, where), TABLES if whole else ("check",), where, path)
    if "check" not in table:
        return None
    return _config(path, _table(table["check"], path, _under(where, "check")), _under(where, "check"))


def _config(path: Path, table: dict[str, Any], where: str) -> CheckConfig:
    _refuse_unknown(table, KEYS, where, path)
    fail_on = table.get("fail-on", "error")
    if fail_on not in ("error", "warning"):
        raise InputError(f"{path}: {where}.fail-on is {fail_on!r}", advice='It may be "error" or "warning".')
    arguments = _table(table.get("build-args", {}), path, f"{where}.build-args")
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise InputError(f"{path}: {where}.build-args.{name} is no string", advice="Put it into quotes.")
    return CheckConfig(
        Path(os.path.abspath(path)),  # not resolved: patterns are about paths as they are named
        tuple(_scopes(path, table.get("out-of-scope", []), f"{where}.out-of-scope")),
        _strings(path, table.get("select", []), f"{where}.select"),
        _strings(path, table.get("ignore", []), f"{where}.ignore"),
        cast(FailOn, fail_on),
        arguments,
    )


def _scopes(path: Path, entries: Any, where: str) -> list[tuple[str, str]]:
    from barehull.checking.patterns import Patterns, is_bounded

    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(
            f"{path}: {where} is no array of tables", advice='Write [{ path = "ci/**", reason = "not deployed" }].'
        )
    found = []
    for entry in entries:
        _refuse_unknown(entry, _SCOPE_KEYS, where, path)
        pattern, reason = entry.get("path"), entry.get("reason")
        if not isinstance(pattern, str) or not pattern.strip() or pattern.startswith("#"):
            raise InputError(f"{path}: an entry of {where} has no `path`", advice="Give it a pattern as of .gitignore.")
        if not isinstance(reason, str) or not reason.strip():
            raise InputError(
                f"{path}: {pattern!r} in {where} has no reason", advice="Say in `reason` why it is not deployed."
            )
        try:
            Patterns([pattern])
        except ValueError as error:
            raise InputError(f"{path}: {pattern!r} in {where} is no pattern: {error}", advice=_SEE) from error
        if not is_bounded(pattern):
            raise InputError(f"{path}: {pattern!r} in {where} has too many `*`", advice="Write it more simply.")
        found.append((pattern, reason.strip()))
    return found


def _under(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _table(value: Any, path: Path, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{path}: {where} is no table", advice=f"Write [{where}].")
    return value


def _strings(path: Path, value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{path}: {where} is no array of strings", advice='Write ["NAME", "NAME"].')
    return tuple(value)


def _refuse_unknown(table: dict[str, Any], known: tuple[str, ...], where: str, path: Path) -> None:
    for key in table:
        if key not in known:
            raise InputError(f"{path}: the key {_under(where, key)!r} is not known", advice=nearest(key, known))
