"""Which stages are images of their own, and which of those are meant to ship."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from barehull.dockerfile.facts import StageFacts, Target

# Stages for people and for CI, by the words of their names.
_DEVELOPMENT = re.compile(
    r"(?:^|[-_.])(?:dev|devel|develop|development|debug|debugger|delve|dlv|test|tests|testing|tester|unittest|unit|e2e|lint|linter|"
    r"ci|check|checks|coverage|format|fmt|verify|validate|bench|benchmark|docs|generate|codegen|devcontainer|air|hot|watch|"
    r"local|mock|export|artifact|artifacts|binaries|output)(?:$|[-_.])",
    re.IGNORECASE,
)


def targets_of(stages: Sequence[StageFacts]) -> tuple[Target, ...]:
    """Every leaf, in order: the stages that no other one draws from, but for those that are there for development."""
    draws = [drawn_from(stage) for stage in stages]
    development = {stage.index: why for stage in stages if (why := _for_development(stage, stages))}
    used = {index for stage in stages if stage.index not in development for index in draws[stage.index]}
    used_at_all = {index for drawn in draws for index in drawn}
    parents = {stages[index].base.stage for index in development}
    targets = []
    for stage in stages:
        if stage.index in development:
            if stage.index not in used_at_all:
                targets.append(_target(stage.index, draws, ships=False, why=development[stage.index]))
        elif stage.index not in used and (stage.index not in used_at_all or _ships_under(stage, parents)):
            targets.append(_target(stage.index, draws))
    if stages and not any(target.ships for target in targets):
        # The default target is what a plain build makes: it is judged, whatever it is called.
        last = len(stages) - 1
        targets = [target for target in targets if target.stage != last] + [_target(last, draws)]
    return tuple(targets)


def drawn_from(stage: StageFacts) -> tuple[int, ...]:
    """The stages that a stage draws from directly: FROM, COPY --from, RUN --mount from."""
    found = [] if stage.base.stage is None else [stage.base.stage]
    found += [copy.stage for copy in stage.copies if copy.stage is not None]
    found += [index for run in stage.runs for index in run.mounts_from]
    return tuple(dict.fromkeys(found))


def _target(index: int, draws: Sequence[Iterable[int]], *, ships: bool = True, why: str = "") -> Target:
    seen, ahead = {index}, [index]
    while ahead:
        for other in draws[ahead.pop()]:
            if other not in seen:
                seen.add(other)
                ahead.append(other)
    return Target(index, tuple(sorted(seen)), ships, why)


def _ships_under(stage: StageFacts, parents: Container[int | None]) -> bool:
    """What only development stages are built on ships, unless it is their tool box, which starts nothing."""
    return stage.index in parents and (stage.entrypoint is not None or stage.cmd is not None)


def _for_development(stage: StageFacts, stages: Sequence[StageFacts]) -> str:
    if len(stages) > 1 and _DEVELOPMENT.search(stage.name):
        return f"the name {stage.name!r} says that it is not for shipping"
    return ""
