"""The rules that an image can be judged by: one a file, pure functions from a case to a ruling.

A rule's name is its file's. It fails for certain, or it names what must be decided for it to pass. What is the same on
both sides of a comparison cancels for a rule that compares; a rule that asks what is in the new image needs all of it.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from barehull.compare.model import Case, Ruling


class Rule(Protocol):
    """One rule; each file here is one."""

    def judge(self, case: Case) -> Ruling:
        """What the rule says of the case."""


def rules() -> dict[str, Rule]:
    """All rules by name."""
    names = sorted(found.name for found in iter_modules(__path__) if not found.name.startswith("_"))
    return {name.replace("_", "-"): cast(Rule, import_module(f"{__name__}.{name}")) for name in names}
