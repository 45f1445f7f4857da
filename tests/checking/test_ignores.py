from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.checking.ignores import read_ignores
from barehull.checking.model import Ignore
from barehull.dockerfile.tree import parse


def read(text: str) -> list[Ignore]:
    ignores, malformed = read_ignores(parse(text))
    assert malformed == ()
    return [*ignores]


def reaches(text: str) -> list[object]:
    """What each ignore of a text is about: "file", the keyword of an instruction, or None."""
    dockerfile = parse(text)
    return [
        dockerfile.instructions[ignore.reach].keyword if isinstance(ignore.reach, int) else ignore.reach
        for ignore in read_ignores(dockerfile)[0]
    ]


def test_names_and_reason() -> None:
    (ignore,) = read("# barehull: ignore[multi-stage, exec-form] needs a shell\nFROM a\n")
    assert (ignore.names, ignore.reason) == (("multi-stage", "exec-form"), "needs a shell")


@pytest.mark.parametrize(
    "comment",
    [
        "#barehull:ignore[x] why",
        "  #  barehull:  ignore [x]  why  ",
        "\t# barehull: ignore[ x ,] - why",
        "# barehull: ignore[x]: why",
        "# barehull: ignore[x] why\r",
    ],
)
def test_spaces_are_free(comment: str) -> None:
    (ignore,) = read(f"{comment}\nFROM a\n")
    assert (ignore.names, ignore.reason) == (("x",), "why")


def test_a_reason_may_be_missing_and_is_empty_then() -> None:
    assert [ignore.reason for ignore in read("# barehull: ignore[x]\nFROM a\n")] == [""]


@pytest.mark.parametrize("comment", ["# barehull: ignroe[x] y", "# barehull: ignore x", "# barehull: ignore[] y"])
def test_what_is_not_understood_is_reported(comment: str) -> None:
    ignores, malformed = read_ignores(parse(f"FROM a\n{comment}\n"))
    assert ignores == ()
    assert [(span.start, span.end) for span in malformed] == [(7, 7 + len(comment))]


IGNORE = "# barehull: ignore[x] y\n"


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        (f"{IGNORE}FROM a\n", "file"),
        (f"{IGNORE}\nARG x=1\nFROM a\n", "file"),
        (f"ARG x=1\n{IGNORE}\n\nFROM a\n", "file"),
        (f"FROM a\n{IGNORE}RUN b\n", "RUN"),
        (f"FROM a\n{IGNORE}# another comment\nRUN b\n", "RUN"),
        (f"FROM a\n# a comment\n  {IGNORE}  RUN b\n", "RUN"),
        (f"FROM a\n{IGNORE}\nRUN b\n", None),
        (f"FROM a\n{IGNORE}", None),
        (f"FROM a\nRUN b\n{IGNORE}FROM c\n", "FROM"),
        (f"FROM a\nRUN b && \\\n{IGNORE}  c\n", "RUN"),
        (f"FROM a\nCOPY <<E /x\n{IGNORE}E\n", "nothing"),
        (f"FROM a\nRUN b\\\n\n{IGNORE}", "RUN"),
    ],
)
def test_how_far_an_ignore_reaches(text: str, reach: str | None) -> None:
    assert reaches(text) == ([] if reach == "nothing" else [reach])


def test_several_above_one_instruction_are_all_about_it() -> None:
    assert reaches(f"FROM a\n{IGNORE}{IGNORE}RUN b\n") == ["RUN", "RUN"]


def test_many_stay_quick() -> None:
    started = time.monotonic()
    assert len(read("FROM a\n" + IGNORE * 50_000 + "RUN b\n")) == 50_000
    assert time.monotonic() - started < 10


@given(st.text(alphabet="#brehul:ignoe[x] \n\\\r\t"), st.text(alphabet="#RUNFOM <<E\n\\"))
def test_no_text_breaks_it(before: str, after: str) -> None:
    dockerfile = parse(f"{before}\n{IGNORE}{after}\n{IGNORE}")
    for ignore in read_ignores(dockerfile)[0]:
        assert dockerfile.text[ignore.span.start] == "#"
