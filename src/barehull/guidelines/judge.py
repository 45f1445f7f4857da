"""All guidelines asked about all images of a Dockerfile."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import ModuleType

from barehull.catalog.catalog import Catalog
from barehull.core.span import Span
from barehull.dockerfile.analyse import facts_of
from barehull.dockerfile.facts import Facts, Target, Value
from barehull.guidelines.images import root
from barehull.guidelines.language import Languages
from barehull.guidelines.model import Answer, Guideline, Shipped


@dataclass(frozen=True, slots=True)
class ImageAnswers:
    """One shipped image: its target (the stage's name, else its index), language, base, and an answer a guideline."""

    target: str
    language: str
    base: str
    span: Span  # of the FROM of its stage
    answers: tuple[tuple[str, Answer], ...]  # by guideline, sorted by name


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a Dockerfile comes to. `development`: targets that do not ship, with the reason."""

    facts: Facts
    images: tuple[ImageAnswers, ...]
    development: tuple[tuple[str, str], ...]


@cache
def all_guidelines() -> tuple[Guideline, ...]:
    """Every guideline of this package, by name: each module with a `guideline` is one."""
    package = importlib.import_module("barehull.guidelines")
    modules = (
        importlib.import_module(f"{package.__name__}.{it.name}") for it in pkgutil.iter_modules(package.__path__)
    )
    return tuple(sorted((_guideline(module) for module in modules if hasattr(module, "guideline")), key=_by_name))


def _guideline(module: ModuleType) -> Guideline:
    found: Guideline = module.guideline
    return found


def _by_name(guideline: Guideline) -> str:
    return guideline.name


def judge(
    text: str,
    catalog: Catalog,
    today: date,
    guidelines: tuple[Guideline, ...] | None = None,
    arguments: Mapping[str, str] | None = None,
) -> Judgement:
    """The answers of the guidelines (None: all of them) about a Dockerfile's text.

    `arguments` are values for its ARGs. Of a file with `facts.problems` nothing is judged: BuildKit would not build it.
    """
    facts = facts_of(text, arguments)
    if facts.problems:
        return Judgement(facts, (), ())
    asked = all_guidelines() if guidelines is None else guidelines
    seen: dict[Value, object] = {}
    languages = Languages(facts, catalog)
    images = tuple(
        _answers(Shipped(facts, target, catalog, today, languages.of(target), languages, seen), asked)
        for target in facts.targets
        if target.ships
    )
    development = tuple((_name(facts, target), target.why) for target in facts.targets if not target.ships)
    return Judgement(facts, images, development)


def _answers(shipped: Shipped, guidelines: tuple[Guideline, ...]) -> ImageAnswers:
    stage = shipped.stage
    return ImageAnswers(
        target=_name(shipped.facts, shipped.target),
        language=shipped.language,
        base=root(shipped, stage).written,
        span=stage.line.span(stage.line.image),
        answers=tuple((guideline.name, _answer(guideline, shipped)) for guideline in guidelines),
    )


def _answer(guideline: Guideline, shipped: Shipped) -> Answer:
    """A guideline's answer; never a good one where a command that decides could not be read."""
    answer = guideline.check(shipped)
    if not guideline.reads or answer.status not in ("pass", "not-applicable"):
        return answer
    stages = shipped.layers if guideline.reads == "layers" else shipped.sources
    unread = next((run for stage in stages for run in stage.runs if not run.script.valid), None)
    if unread is None:
        return answer
    line, _ = shipped.facts.dockerfile.position(unread.run.instruction.start)
    return Answer("unknown", f"the commands of the RUN in line {line} could not be read", answer.remarks)


def _name(facts: Facts, target: Target) -> str:
    return facts.stages[target.stage].name or str(target.stage)
