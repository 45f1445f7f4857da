"""A guideline asked about the last image of a Dockerfile, on a fixed day, with the tables that come along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest

from barehull.catalog.catalog import Catalog, load_catalog
from barehull.guidelines.judge import all_guidelines, judge

TODAY = date(2026, 8, 25)


@dataclass(frozen=True)
class Told:
    """An answer; `marks` are the severities of its remarks with the text that each of them underlines."""

    status: str
    reason: str
    marks: list[tuple[str, str]]
    messages: str


Ask = Callable[[str, str], Told]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def ask(catalog: Catalog) -> Ask:
    def asked(name: str, text: str) -> Told:
        guidelines = tuple(guideline for guideline in all_guidelines() if guideline.name == name)
        assert guidelines, f"there is no guideline {name}"
        judgement = judge(text, catalog, TODAY, guidelines)
        assert not judgement.facts.problems
        ((_, answer),) = judgement.images[-1].answers
        assert answer.reason
        for remark in answer.remarks:
            assert remark.message
            assert remark.advice
        marks = [(remark.severity, text[remark.span.start : remark.span.end]) for remark in answer.remarks]
        messages = "\n".join(f"{remark.message}\n{remark.advice}" for remark in answer.remarks)
        return Told(answer.status, answer.reason, marks, messages)

    return asked
