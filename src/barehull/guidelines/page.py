"""A guideline as a page of Markdown: what `barehull explain` prints, and what stands in docs/guidelines/."""

from __future__ import annotations

import textwrap

from barehull.guidelines.model import Guideline

_WIDTH = 100


def page(guideline: Guideline) -> str:
    """The page of a guideline."""
    return "\n\n".join(
        (
            f"# {guideline.name}",
            _paragraphs(guideline.summary),
            f"## Why\n\n{_paragraphs(guideline.why)}",
            f"## What to do\n\n{_paragraphs(guideline.advice)}",
            f"## This fails\n\n{_code(guideline.bad)}",
            f"## This passes\n\n{_code(guideline.good)}",
            f"## To leave it out\n\n{_paragraphs(_ignoring(guideline.name))}",
            f"Source: <{guideline.source}>\n",
        )
    )


def listing(guidelines: tuple[Guideline, ...]) -> str:
    """All guidelines, each on a line."""
    width = max(len(guideline.name) for guideline in guidelines)
    return "".join(f"{guideline.name:<{width}}  {guideline.summary}\n" for guideline in guidelines)


def index(guidelines: tuple[Guideline, ...]) -> str:
    """The page that leads to the others."""
    rows = "".join(f"| [{it.name}]({it.name}.md) | {it.summary} |\n" for it in guidelines)
    return f"# What `barehull check` asks\n\n| guideline | in short |\n|---|---|\n{rows}"


def _ignoring(name: str) -> str:
    return (
        f"Where it cannot be followed, say why above the instruction: `# barehull: ignore[{name}] <reason>`; before "
        "the first FROM it holds for the whole file. It needs a reason, and one that ignores nothing is reported."
    )


def _paragraphs(text: str) -> str:
    return "\n\n".join(
        textwrap.fill(part, _WIDTH, break_long_words=False, break_on_hyphens=False) for part in text.split("\n\n")
    )


def _code(text: str) -> str:
    return f"```dockerfile\n{text.rstrip()}\n```"
