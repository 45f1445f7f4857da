"""Variables at each point of a file are as if they were copied there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from barehull.core.span import Span
from barehull.dockerfile.environment import Environment, Log, Texts, Value

# A history: sets of variables, and new stages on what is there.
STEPS = st.lists(st.just("stage") | st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 99).map(str), min_size=1))


def value(text: str) -> Value:
    return Value(text, Span(0, 0))


@given(STEPS, st.integers(0, 250))
def test_every_view_stays_as_it_was(steps: list[str | dict[str, str]], stages: int) -> None:
    log = Log()
    expected: dict[str, str] = {}
    seen: list[tuple[Environment, dict[str, str]]] = []
    for step in [*steps, *["stage"] * stages, {"E": "last"}]:
        if isinstance(step, str):
            log = Log(log.now())
        else:
            log.set({name: value(text) for name, text in step.items()}, exported=True)
            expected = expected | step
        seen.append((log.now(), expected))
    for environment, plain in seen:
        assert dict(Texts(environment)) == plain
        assert len(environment) == len(plain)
        assert all((name in environment) == (name in plain) for name in "ABCDE")
        assert all(environment.is_exported(name) for name in plain)


def test_two_stages_on_one_do_not_see_each_other() -> None:
    log = Log()
    log.set({"A": value("1")}, exported=True)
    base = log.now()
    one, other = Log(base), Log(base)
    one.set({"A": value("2")}, exported=True)
    log.set({"A": value("3")}, exported=True)
    assert [it.now()["A"].text for it in (one, other)] == ["2", "1"]
