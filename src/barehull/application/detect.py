"""A folder -> Application: what the configuration says, and what files show where it says nothing."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

from barehull.application.config import FILE_NAME, ApplicationSettings, Settings, read_settings
from barehull.application.entrypoint import python_command, shell_words
from barehull.application.model import Application, Requirement
from barehull.application.sources import find_sources
from barehull.core.errors import InputError
from barehull.dockerfile.analyse import facts_of
from barehull.dockerfile.facts import Facts, StartFact
from barehull.dockerfile.tree import decode

LANGUAGES = ("python",)
_OTHERS = {
    "go.mod": "Go", "package.json": "Node.js", "Cargo.toml": "Rust", "pom.xml": "Java", "build.gradle": "Java",
    "Gemfile": "Ruby", "composer.json": "PHP", "mix.exs": "Elixir",
}  # fmt: skip
_DEFAULT_RECIPE = {"python": "python3"}
_NAME = re.compile(r"[^a-z0-9._-]+")
_MAX_REQUIREMENTS = 10_000


def read_application(folder: Path, configuration: Path | None = None) -> Application:
    """The application in `folder`, configured by `configuration` (default: its barehull.toml, where there is one).

    Errors: InputError when there is none, its language is not known, or its command cannot be told.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", advice="Name the folder of the application.")
    path = configuration or folder / FILE_NAME
    settings = read_settings(path) if configuration or path.exists() else Settings()
    said = settings.application
    language = _language(folder, said)
    facts, dockerfile = _dockerfile(folder)
    entrypoint, origin = _entrypoint(said, facts, dockerfile, path)
    runtime = settings.runtime
    if not runtime.recipe and not runtime.base:
        runtime = replace(runtime, recipe=_DEFAULT_RECIPE[language])
    return Application(
        name=said.name or _NAME.sub("-", folder.resolve().name.lower()).strip("-") or "application",
        folder=folder,
        language=language,
        requirements=_requirements(folder, said, path),
        sources=find_sources(folder, said.include, said.exclude),
        entrypoint=entrypoint,
        origin=origin,
        env=tuple(sorted({**_environment(facts), **said.env}.items())),
        ports=_ports(facts) if said.ports is None else said.ports,
        runtime=runtime,
        policy=settings.policy,
        lock=path.with_suffix(".lock"),
    )


def _language(folder: Path, said: ApplicationSettings) -> str:
    if said.language:
        if said.language not in LANGUAGES:
            raise InputError(
                f"the language {said.language!r} is not known", advice=f"There are: {', '.join(LANGUAGES)}."
            )
        return said.language
    if any((folder / name).exists() for name in ("pyproject.toml", "requirements.txt")):
        return "python"
    for name, language in _OTHERS.items():
        if (folder / name).exists():
            raise InputError(
                f"{folder} has an application in {language} ({name}), which barehull cannot build yet",
                advice=f"Languages so far: {', '.join(LANGUAGES)}.",
            )
    raise InputError(
        f"there is no application in {folder}: neither pyproject.toml nor requirements.txt",
        advice=f"Name another folder, or say `language` in [application] of {folder / FILE_NAME}.",
    )


def _dockerfile(folder: Path) -> tuple[Facts, Path]:
    """The facts of the folder's Dockerfile; of an empty one where there is none."""
    path = next((folder / name for name in ("Dockerfile", "Containerfile") if (folder / name).is_file()), None)
    if path is None:
        return facts_of(""), folder / "Dockerfile"
    facts = facts_of(decode(path.read_bytes(), str(path)))
    for message, span in facts.problems[:1]:
        line = facts.dockerfile.position(span.start)[0]
        raise InputError(f"{path}:{line}: {message}", advice="Correct the Dockerfile: no builder would take it.")
    return facts, path


def _environment(facts: Facts) -> dict[str, str]:
    """What ENV sets in the image; what depends on a value that only a build gives is left out."""
    stage = facts.shipped
    if stage is None:
        return {}
    return {name: value.text for name, value, kept in stage.environment.all() if kept and not value.unset}


def _ports(facts: Facts) -> tuple[int, ...]:
    texts = (port.text.removesuffix("/tcp") for port in facts.shipped.ports) if facts.shipped else ()
    return tuple(int(text) for text in texts if text.isdecimal())


def _entrypoint(said: ApplicationSettings, facts: Facts, dockerfile: Path, path: Path) -> tuple[tuple[str, ...], str]:
    if said.entrypoint is not None:
        if not said.entrypoint:
            raise InputError(f"{path}: `entrypoint` is empty", advice="Give the command as a list of words.")
        return said.entrypoint, str(path)
    stage = facts.shipped
    starts = [start for start in (stage.entrypoint, stage.cmd) if start] if stage else []
    if not starts:
        raise InputError(
            f"it is not known how the application in {path.parent} is started",
            advice="Say `entrypoint` in [application] of barehull.toml, as a list of words.",
        )
    where = [f"{dockerfile}:{facts.dockerfile.position(start.span.start)[0]}" for start in starts]
    words = [word for start, place in zip(starts, where, strict=True) for word in _words(start, place)]
    if not words:
        raise InputError(f"{where[0]}: the command is empty", advice="Say `entrypoint` in barehull.toml.")
    return python_command(words, where[0]), where[0]


def _words(start: StartFact, where: str) -> list[str]:
    return list(start.words) if start.exec_form else shell_words(start.script, where)


def _requirements(folder: Path, said: ApplicationSettings, path: Path) -> tuple[Requirement, ...]:
    if said.requirements is not None:
        return tuple(Requirement(text, str(path)) for text in said.requirements)
    if (folder / "requirements.txt").exists():
        return tuple(_requirements_file(folder, "requirements.txt", []))
    return _project_requirements(folder / "pyproject.toml") if (folder / "pyproject.toml").exists() else ()


def _project_requirements(path: Path) -> tuple[Requirement, ...]:
    try:
        project = tomllib.loads(path.read_text("utf-8")).get("project", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}", advice="Correct the line.") from error
    listed = project.get("dependencies", [])
    if "dependencies" in project.get("dynamic", []) or not all(isinstance(text, str) for text in listed):
        raise InputError(f"{path}: the dependencies are not a list there", advice="Write them to requirements.txt.")
    return tuple(Requirement(text, str(path)) for text in listed)


def _requirements_file(folder: Path, name: str, within: list[str]) -> list[Requirement]:
    """The lines of a requirements file and of those that it includes, which must be in the folder."""
    path = folder / name
    if name in within or not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{folder / within[-1]} includes {name}, which is itself or outside", advice="Remove the line."
        )
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {error}", advice="Correct it, or the line that includes it."
        ) from error
    found: list[Requirement] = []
    for number, line in _logical_lines(text):
        where = f"{name}:{number}"
        include = re.match(r"(?:-r|--requirement)[ =]?\s*(\S+)$", line)
        if include:
            found += _requirements_file(folder, include[1], [*within, name])
        elif line.startswith("-"):
            raise InputError(
                f"{path}:{number}: the option {line.split()[0]!r} is not followed",
                advice="Indexes are configured for uv or pip; editable and constraint files are not read.",
            )
        else:
            found.append(Requirement(line, where))
        if len(found) > _MAX_REQUIREMENTS:
            raise InputError(f"{path} has more than {_MAX_REQUIREMENTS} requirements", advice="This is not one.")
    return found


def _logical_lines(text: str) -> list[tuple[int, str]]:
    lines, joined, start = [], "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if joined else number
        line = re.sub(r"(?:^|\s)#.*$", "", line)
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        if whole := (joined + line).strip():
            lines.append((start, whole))
        joined = ""
    return lines
