"""Files and folders -> the report of a check: each file read, judged by the configuration that is nearest to it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from barehull.catalog.catalog import Catalog
from barehull.checking.ask import check_text
from barehull.checking.config import CheckConfig, find_config, read_named
from barehull.checking.discovery import Discovery, discover, unreadable
from barehull.checking.model import CheckedFile, CheckReport, CheckSettings, FailOn, FileError
from barehull.checking.names import chosen
from barehull.checking.patterns import Patterns
from barehull.core.errors import InputError
from barehull.core.version import VERSION
from barehull.dockerfile.tree import MAX_BYTES, decode
from barehull.guidelines.model import Guideline


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user said of how to check. `select` and `fail_on` go before the configuration's, `ignore` is added."""

    config: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: FailOn | None = None


@dataclass(slots=True)
class _Run:
    """A run: what does not change in it, and what was found so far."""

    wishes: Wishes
    catalog: Catalog
    guidelines: tuple[Guideline, ...]
    today: date
    files: dict[str, CheckedFile] = field(default_factory=dict)  # by the real path: each file is checked once
    skipped: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    scopes: dict[Path, _Scope] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Scope:
    """A configuration at work."""

    settings: CheckSettings
    folder: str
    out: Patterns | None
    reasons: tuple[str, ...]

    def reason_out(self, path: str) -> str:
        """Why the file at an absolute path is out of scope; "" where it is not."""
        if self.out is None or not path.startswith(self.folder):
            return ""
        included, index = self.out.decide(path[len(self.folder) :])
        return self.reasons[index] if included else ""


def check_paths(
    paths: Sequence[str], wishes: Wishes, guidelines: tuple[Guideline, ...], catalog: Catalog, today: date
) -> CheckReport:
    """Check Dockerfiles, and all Dockerfiles of folders. A bad file is an error of that file, and hides no other.

    `guidelines` are all there are. Errors: InputError for a configuration or a name that is not right.
    """
    run = _Run(wishes, catalog, guidelines, today)
    for path in paths:
        _check_path(run, path)
    return CheckReport(
        VERSION,
        today,
        catalog.as_of,
        tuple(guideline for guideline in guidelines if guideline.name in run.asked),
        tuple(sorted(run.files.values(), key=lambda file: file.path.split("/"))),
        tuple(sorted(run.skipped.items())),
    )


def _check_path(run: _Run, path: str) -> None:
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError) as error:
        failure = unreadable(error) if isinstance(error, OSError) else FileError(f"it is no path: {error}", "")
        run.files[os.path.abspath(path.replace("\0", ""))] = CheckedFile(path, error=failure)
        return
    absolute = os.path.abspath(path)
    scope = _scope(run, Path(absolute if is_folder else os.path.dirname(absolute)))
    run.asked.update(guideline.name for guideline in scope.settings.guidelines)
    if not is_folder:
        _check_file(run, scope, os.path.normpath(path), os.path.realpath(path))
        return
    found = discover(path)
    real = os.path.realpath(path)
    shown = "" if os.path.normpath(path) == "." else os.path.join(os.path.normpath(path), "")
    for each, key in _candidates(found, real):
        _check_file(run, scope, shown + each, key)
    for each, problem in found.errors:
        reason = scope.reason_out(os.path.join(absolute, each))
        file = CheckedFile(shown + each, out_of_scope=reason, error=None if reason else problem)
        run.files.setdefault(os.path.join(real, each), file)
    run.skipped.update((shown + each, reason) for each, reason in found.skipped)
    if not (found.files or found.links or found.errors):
        nothing = FileError("there is no Dockerfile in this folder", "Name a Dockerfile, or a folder that has one.")
        run.files[real] = CheckedFile(path, error=nothing)


def _candidates(found: Discovery, real: str) -> Iterator[tuple[str, str]]:
    """The files with their real paths, links last: a file that is there under its own name is shown by that."""
    for path in found.files:
        yield path, os.path.join(real, path)
    for path in sorted(found.links):
        yield path, os.path.realpath(os.path.join(real, path))


def _scope(run: _Run, folder: Path) -> _Scope:
    """The configuration that counts in a folder."""
    wishes = run.wishes
    if folder not in run.scopes:
        config = find_config(folder) if wishes.config is None else read_named(wishes.config)
        run.scopes[folder] = _at_work(config, wishes, run.guidelines)
    return run.scopes[folder]


def _at_work(config: CheckConfig, wishes: Wishes, guidelines: tuple[Guideline, ...]) -> _Scope:
    said_in = str(config.path) if config.path is not None else "the defaults"
    chosen(guidelines, config.select, config.ignore, said_in)
    select, ignore = wishes.select or config.select, (*config.ignore, *wishes.ignore)
    asked = chosen(guidelines, select, ignore, "--select and --ignore")
    settings = CheckSettings(asked, wishes.fail_on or config.fail_on, config.build_args)
    patterns = Patterns(pattern for pattern, _ in config.out_of_scope) if config.out_of_scope else None
    folder = os.path.join(config.path.parent, "") if config.path is not None else ""
    return _Scope(settings, folder, patterns, tuple(reason for _, reason in config.out_of_scope))


def _check_file(run: _Run, scope: _Scope, path: str, key: str) -> None:
    if key in run.files:
        return
    reason = scope.reason_out(os.path.abspath(path))
    if reason:
        run.files[key] = CheckedFile(path, out_of_scope=reason)
        return
    try:
        text = _read(path)
    except OSError as error:
        run.files[key] = CheckedFile(path, error=unreadable(error))
    except InputError as error:
        run.files[key] = CheckedFile(path, error=FileError(error.what, error.advice))
    else:
        known = frozenset(guideline.name for guideline in run.guidelines)
        run.files[key] = check_text(text, path, scope.settings, run.catalog, run.today, known)


def _read(path: str) -> str:
    """A file's text. InputError for what is no file or no text; OSError."""
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InputError("it is no regular file", advice="Name a Dockerfile.")
        return decode(file.read(MAX_BYTES + 1), "it")


def _without_waiting(path: str, flags: int) -> int:
    """A named pipe would be waited for until somebody writes into it."""
    return os.open(path, flags | os.O_NONBLOCK)
