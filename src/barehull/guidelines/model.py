"""What a guideline is, what it is asked about, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from barehull.catalog.catalog import Catalog
from barehull.core.severity import Severity
from barehull.core.span import Span
from barehull.dockerfile.facts import Facts, StageFacts, Target, Value
from barehull.guidelines.language import Languages

Status = Literal["pass", "fail", "not-applicable", "unknown"]


@dataclass(frozen=True, slots=True)
class Shipped:
    """An image that a Dockerfile makes and that is deployed: what a guideline judges."""

    facts: Facts
    target: Target
    catalog: Catalog
    today: date
    language: str  # what it really ships, as in OfficialImage.language; "" where it could not be told
    languages: Languages
    seen: dict[Value, object] = field(default_factory=dict, repr=False, compare=False)  # a cache: see images.known

    @property
    def stage(self) -> StageFacts:
        """The stage that becomes the image."""
        return self.facts.stages[self.target.stage]

    @property
    def sources(self) -> tuple[StageFacts, ...]:
        """The stage itself, its FROM parents, and every stage that something is copied or mounted from, in order."""
        return tuple(self.facts.stages[index] for index in self.target.closure)

    @property
    def layers(self) -> tuple[StageFacts, ...]:
        """The stages whose files all ship: the stage itself and its FROM parents in this file, parents first."""
        return tuple(self.facts.stages[index] for index in self.stage.lineage)


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that is wrong (error, warning) or worth knowing (note), where it stands, and what to do."""

    message: str
    severity: Severity
    span: Span
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A guideline's answer. It fails where a remark is an error; `reason` says on what grounds it answers."""

    status: Status
    reason: str
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Guideline:
    """One point of the guideline. `name` is what users write; `summary` a line; `why` and `advice` Markdown paragraphs.

    `bad` and `good` are Dockerfiles that fail and pass it: they are shown by `barehull explain`, and tested. `reads`
    says whose commands decide: where one of their RUNs could not be read, it does not pass but is unknown.
    """

    name: str
    summary: str
    why: str
    advice: str
    bad: str
    good: str
    check: Callable[[Shipped], Answer]
    reads: Literal["", "layers", "sources"] = ""
    source: str = "https://github.com/kubeflow/community"


def judged(remarks: tuple[Remark, ...] | list[Remark], reason: str) -> Answer:
    """Fail where there is an error among the remarks, else pass; `reason` is the grounds of a pass."""
    errors = [remark.message for remark in remarks if remark.severity == "error"]
    return Answer("fail" if errors else "pass", errors[0] if errors else reason, tuple(remarks))
