"""Comparison + policy -> Verdict.

All rules of the policy must pass. A failure that is certain stands whatever could not be decided; a pass needs
everything decided, or accepted by name. What is over does not count; where it would have changed the verdict, that is
said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from barehull.compare.model import Acceptance, Accepted, Case, Comparison, Policy, Ruling, State, Verdict, Waiver
from barehull.compare.policies import rules
from barehull.compare.policies._words import many
from barehull.compare.weigh import Weighed, accepted, accepts, text, weigh
from barehull.scan.model import Scan, Undecided

_WORDS = {"passed": "passes", "failed": "FAILS", "undecided": "is UNDECIDED"}
_WERE = {"passed": "passed", "undecided": "been undecided"}
_RANK = {"failed": 0, "undecided": 1, "passed": 2}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked: may the image of `new`, at `reference`, be released, as of `today`?"""

    new: Scan
    comparison: Comparison | None
    reference: str
    today: date


@dataclass(frozen=True, slots=True)
class _Decided:
    """What all rules come to: each with its ruling and state; the questions that are left."""

    weighed: Weighed
    rulings: tuple[tuple[str, Ruling, State], ...]
    questions: tuple[Undecided, ...]
    accepted: tuple[Accepted, ...]
    served: tuple[Acceptance, ...]

    @property
    def state(self) -> State:
        return min((state for _, _, state in self.rulings), key=_RANK.__getitem__, default="undecided")


def judge(comparison: Comparison, policy: Policy, today: date, reference: str = "") -> Verdict:
    """Whether the new image, which is at `reference`, may take the place of the old one by `policy`, as of `today`."""
    return _verdict(_Asked(comparison.new, comparison, reference, today), policy)


def judge_alone(scan: Scan, policy: Policy, today: date, reference: str = "") -> Verdict:
    """Whether an image may be released that replaces nothing."""
    return _verdict(_Asked(scan, None, reference, today), policy)


def label(policy: Policy) -> str:
    """The policy's rules by name: "guideline, max-severity=high"."""
    return ", ".join(_label(rule, policy) for rule in policy.rules)


def _label(rule: str, policy: Policy) -> str:
    return f"{rule}={policy.max_severity}" if rule == "max-severity" else rule


def _verdict(asked: _Asked, policy: Policy) -> Verdict:
    decided = _decide(asked, policy)
    reasons: list[str] = []
    for rule, ruling, state in decided.rulings:
        if len(decided.rulings) > 1:
            reasons.append(f"{_label(rule, policy)} {_WORDS[state]}: {'; '.join(ruling.reasons)}")
        else:
            reasons += ruling.reasons
    if decided.questions:
        reasons.append(f"{many(len(decided.questions), 'question')} about the new image could not be decided")
    ever: tuple[Waiver | Acceptance, ...] = (*policy.waivers, *policy.acceptances)
    over = [it for it in ever if it.until < asked.today]
    reasons += _causes(decided, asked, policy) if over else []
    unused = (it for it in policy.acceptances if it.until >= asked.today and it not in decided.served)
    reasons += [*decided.weighed.remarks, *(f"unused: {text(it)}" for it in unused)]
    used = (*decided.weighed.used, *map(text, decided.served))
    return Verdict(
        decided.state, label(policy), tuple(reasons), used, tuple(map(text, over)), decided.weighed.waived,
        decided.questions, decided.accepted,
    )  # fmt: skip


def _decide(asked: _Asked, policy: Policy) -> _Decided:
    weighed = weigh(asked.new, policy, asked.reference, asked.today)
    case = Case(asked.new, asked.comparison, weighed.matches, policy.max_severity)
    known = rules()
    rulings: list[tuple[str, Ruling, State]] = []
    questions: dict[Undecided, None] = {}
    settled: dict[Undecided, Acceptance] = {}
    served = set[Acceptance]()
    for name in policy.rules:
        ruling = known[name].judge(case)
        left, took = accepted(ruling.questions, policy, asked.today)
        rulings.append((name, ruling, "failed" if ruling.failed else "undecided" if left else "passed"))
        questions |= dict.fromkeys(left)
        taken = set(ruling.questions).difference(left)
        settled |= {it: next(by for by in took if accepts(by, it)) for it in ruling.questions if it in taken}
        served.update(took)
    by_name = tuple(Accepted(it, by) for it, by in settled.items())
    in_order = tuple(it for it in policy.acceptances if it in served)
    return _Decided(weighed, tuple(rulings), tuple(questions), by_name, in_order)


def _causes(decided: _Decided, asked: _Asked, policy: Policy) -> list[str]:
    """What is over and counted before, where the verdict would be better with it."""
    waivers = {replace(it, until=max(it.until, asked.today)): it for it in policy.waivers}
    acceptances = {replace(it, until=max(it.until, asked.today)): it for it in policy.acceptances}
    before = _decide(asked, replace(policy, waivers=tuple(waivers), acceptances=tuple(acceptances)))
    if _RANK[before.state] <= _RANK[decided.state]:
        return []
    used = {*before.weighed.used, *map(text, before.served)}
    renewed: tuple[tuple[Waiver | Acceptance, Waiver | Acceptance], ...]
    renewed = (*waivers.items(), *acceptances.items())
    over = [text(old) for new, old in renewed if old.until < asked.today and text(new) in used]
    return [f"it would have {_WERE[before.state]} until this was over: {it}" for it in over]
