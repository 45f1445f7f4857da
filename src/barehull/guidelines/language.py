"""The language that an image really ships: by what is started in it and copied into it, not by what helped to build."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from datetime import date

from barehull.catalog.catalog import Catalog, parse_name
from barehull.dockerfile.facts import CopyFact, Facts, StageFacts, StartFact, Target
from barehull.dockerfile.shell.commands import ShellCommand, commands

_FAMILIES = {"python3": "python", "python2.7": "python", "nodejs": "node", "java": "java", "java-base": "java"}
_WEB_SERVERS = ("nginx", "httpd", "caddy")
_INITS = ("tini", "dumb-init", "catatonit", "docker-init")
_PROGRAMS = {
    "python": "python", "python2": "python", "python3": "python", "gunicorn": "python", "uvicorn": "python",
    "flask": "python", "celery": "python", "hypercorn": "python", "daphne": "python", "streamlit": "python",
    "jupyter": "python", "kopf": "python", "node": "node", "npm": "node", "npx": "node", "yarn": "node", "pnpm": "node",
    "pm2": "node", "java": "java", "dotnet": "dotnet", "ruby": "ruby", "bundle": "ruby", "rails": "ruby", "php": "php",
    "php-fpm": "php", "mix": "elixir", "go": "go", "nginx": "static-web", "httpd": "static-web", "caddy": "static-web",
}  # fmt: skip
_ENDINGS = {
    ".py": "python",
    ".js": "node",
    ".mjs": "node",
    ".cjs": "node",
    ".jar": "java",
    ".dll": "dotnet",
    ".rb": "ruby",
}
# Where several stages of other languages are copied from: a program first, then what it may serve.
_ORDER = ("go", "rust", "cpp", "java", "dotnet", "elixir", "python", "ruby", "php", "node")
# What a vendor's image is for, by its name (ubi9/go-toolset, circleci/golang), where commands do not tell.
_NAMED = re.compile(r"(?:^|[-_])(golang|go|python|nodejs|node|openjdk|java|rust|dotnet|ruby|php)(?:$|[-_\d])")
_LANGUAGES = {"golang": "go", "nodejs": "node", "openjdk": "java"}
_MANIFESTS = {
    "go.mod": "go", "go.sum": "go", "package.json": "node", "requirements.txt": "python", "pyproject.toml": "python",
    "Cargo.toml": "rust", "pom.xml": "java", "build.gradle": "java", "Gemfile": "ruby", "composer.json": "php",
}  # fmt: skip
_SYSTEM_PACKAGES = {"python3": "python", "python": "python", "nodejs": "node", "golang": "go", "golang-go": "go"}


class Languages:
    """The languages of a file's stages and images. What was found is kept: many images may be made from one stage."""

    def __init__(self, facts: Facts, catalog: Catalog) -> None:
        self._facts = facts
        self._catalog = catalog
        self._own: list[tuple[dict[str, None], dict[str, None]]] = []  # by stage: what builds there, whose manifests
        self._built: dict[int, tuple[str, ...]] = {}

    def of(self, target: Target) -> str:
        """What a target ships, as in `OfficialImage.language`; "static-web" for pages only; "" where unclear."""
        stage = self._facts.stages[target.stage]
        program = _started(stage)
        found = _of_program(program)
        if found:
            return found
        base = _of_base(stage, self._catalog)
        if base and base != "static-web":
            return base
        # What a web server serves was built by something; the pages are what ships.
        lineage = [self._facts.stages[index] for index in stage.lineage]
        return base or self._of_copies(lineage, program) or _of_layers(lineage)

    def of_stage(self, stage: StageFacts) -> tuple[str, ...]:
        """What a stage builds, by its own commands and its FROM parents'; of make, by manifests or the base."""
        for it in self._facts.stages[len(self._own) : stage.index + 1]:
            builds, manifests = self._own[it.parent.index] if it.parent else ({}, {})
            more = {language: None for _, _, language in it.builds}
            own = dict.fromkeys(_of_manifests(it))
            self._own.append((builds | more if more else builds, manifests | own if own else manifests))
        builds, manifests = self._own[stage.index]
        if "make" not in builds:
            return tuple(builds)
        others = {language: None for language in builds if language != "make"}
        return tuple(others | (manifests or dict.fromkeys(filter(None, [_of_base(stage, self._catalog)]))))

    def _of_copies(self, lineage: Iterable[StageFacts], program: ShellCommand | None) -> str:
        """By the stages that are copied from: first those that the started program is copied from."""
        copies = [copy for stage in lineage for copy in stage.copies if copy.stage is not None]
        path = program.words[0].text if program and program.words else ""
        likely = [copy for copy in copies if path and _brings(copy, path)]
        for group in (likely, copies):
            origins = dict.fromkeys(copy.stage for copy in group)
            found = {it for index in origins if index is not None for it in self._of_origin(index)}
            if found:
                return min(found, key=lambda it: _ORDER.index(it) if it in _ORDER else len(_ORDER))
        return ""

    def _of_origin(self, index: int) -> tuple[str, ...]:
        """What a stage builds, or what it copied in its turn from a stage that does."""
        if index in self._built:
            return self._built[index]
        seen, ahead = {index: None}, [index]
        found: tuple[str, ...] = ()
        while ahead and not found:
            at = ahead.pop()
            if at in self._built:
                found = self._built[at]
                continue
            stage = self._facts.stages[at]
            found = self.of_stage(stage)
            more = dict.fromkeys(copy.stage for copy in stage.copies if copy.stage is not None)
            ahead += [origin for origin in more if origin not in seen]
            seen |= more
        self._built |= {index: found} if found else dict.fromkeys(seen, ())
        return found


def _of_manifests(stage: StageFacts) -> Iterable[str]:
    """What make builds, by the manifests that are copied in for it."""
    sources = (source.text.rpartition("/")[2] for copy in stage.copies for source in copy.sources)
    return (_MANIFESTS[name] for name in sources if name in _MANIFESTS)


def _started(stage: StageFacts) -> ShellCommand | None:
    """The program that is started: shells and init programs are looked through."""
    for start in (stage.entrypoint, stage.cmd):
        found = next(iter(_commands(start)), None) if start else None
        if found is not None:
            return found
    return None


def _commands(start: StartFact) -> Iterable[ShellCommand]:
    words = list(start.words)
    if words and words[0].rpartition("/")[2] in _INITS:
        words = words[1:]
        while words and words[0].startswith("-"):
            words = words[1:]
    # The last command of a script is what stays: `exec server` after its preparations.
    return reversed(commands(shlex.join(words) if start.exec_form else start.script).commands)


def _of_program(program: ShellCommand | None) -> str:
    if program is None or not program.words:
        return ""
    name = program.name
    known = _PROGRAMS.get(name) or ("python" if name.startswith("python3.") else "")
    ending = f".{name.rpartition('.')[2]}" if "." in name else ""
    return known or _ENDINGS.get(ending, "")


def _of_base(stage: StageFacts, catalog: Catalog) -> str:
    try:
        name = parse_name(stage.root.image.text)
    except ValueError:
        return ""
    official = catalog.official(name)
    if official is not None:
        return official.language or ("static-web" if official.product in _WEB_SERVERS else "")
    distroless = catalog.distroless(name, date.min)
    if distroless is not None:
        return _FAMILIES.get(distroless.family, "")
    named = _NAMED.search(name.repository.rpartition("/")[2])
    return _LANGUAGES.get(named[1], named[1]) if named else ""


def _brings(copy: CopyFact, path: str) -> bool:
    """Whether a program may come from a copy: by its name, or by the folder that it is copied to."""
    name = path.rpartition("/")[2]
    if any(source.text.rpartition("/")[2] == name for source in copy.sources):
        return True
    return copy.destination.text.rpartition("/")[2] == name


def _of_layers(stages: Iterable[StageFacts]) -> str:
    """By what is installed into the image itself."""
    for stage in stages:
        for _, _, language in stage.builds:
            if language != "make":
                return language
        for _, install in stage.installs:
            for package in install.packages:
                if package in _SYSTEM_PACKAGES:
                    return _SYSTEM_PACKAGES[package]
    return ""
