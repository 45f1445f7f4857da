from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.dockerfile.tree import Dockerfile, decode, parse

BOM = "\ufeff"
pieces = st.lists(
    st.sampled_from(
        ["FROM a", "RUN x", "\n", "\r\n", "\\", "`", " ", "\t", "# c", "# escape=`", "<<EOF", "EOF", '["a"]', BOM, "é"]
    )
    | st.text(max_size=5),
    max_size=30,
).map("".join)


def lines(text: str) -> list[str]:
    return [instruction.line for instruction in parse(text).instructions]


@given(pieces)
def test_printing_gives_back_the_same_text(text: str) -> None:
    assert "".join(parse(text).pieces()) == text


@given(st.binary(max_size=100))
def test_every_byte_survives(data: bytes) -> None:
    if b"\0" not in data:
        text = decode(data, "x")
        assert "".join(parse(text).pieces()).encode("utf-8", "surrogateescape") == data


@given(pieces)
def test_each_character_of_a_line_is_found_in_the_text(text: str) -> None:
    for instruction in parse(text).instructions:
        for at, character in enumerate(instruction.line):
            assert text[instruction.offset(at)] == character


def test_continuations_are_joined() -> None:
    assert lines("RUN a \\\n  b\n") == ["RUN a   b"]


def test_comments_and_empty_lines_within_a_continuation_are_not_of_it() -> None:
    assert lines("RUN a \\\n# why\n\n  && b\nCMD c\n") == ["RUN a   && b", "CMD c"]


def test_a_keyword_may_be_split() -> None:
    assert parse("FR\\\nOM a\n").instructions[0].keyword == "FROM"


def test_an_escaped_escape_does_not_continue() -> None:
    assert lines("RUN a \\\\\nCMD c\n") == ["RUN a \\\\", "CMD c"]


def test_another_escape_character() -> None:
    assert lines("# escape=`\nRUN a `\n b\nRUN c:\\\n") == ["RUN a  b", "RUN c:\\"]


def test_directives_come_in_any_order_and_end_with_the_first_line_that_is_none() -> None:
    text = BOM + "# check=skip=all\n# syntax=docker/dockerfile:1\n# comment\n# escape=`\nFROM a\n"
    assert dict(parse(text).directives) == {"check": "skip=all", "syntax": "docker/dockerfile:1"}


def test_crlf() -> None:
    assert lines("RUN a \\\r\n b\r\nCMD c\r\n") == ["RUN a  b", "CMD c"]


def heredocs(file: Dockerfile) -> list[str]:
    return [file.text[it.start : it.end] for instruction in file.instructions for it in instruction.heredocs]


def test_here_documents_belong_to_their_instruction() -> None:
    file = parse("COPY <<a <<-'b' /x\n1\na\n\t2\n\tb\nCMD c\n")
    assert heredocs(file) == ["1\n", "\t2\n"]
    assert [it.expand for it in file.instructions[0].heredocs] == [True, False]
    assert [it.keyword for it in file.instructions] == ["COPY", "CMD"]


def test_a_here_string_is_none() -> None:
    assert len(parse("RUN cat <<< x\nCMD c\n").instructions) == 2


def test_positions_count_from_one() -> None:
    file = parse("# x\n\n  CMD c\n")
    assert file.position(file.instructions[0].start) == (3, 3)


@pytest.mark.parametrize("data", [b"\0", b"x" * ((16 << 20) + 1)])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        decode(data, "x")


def test_long_inputs_take_linear_work() -> None:
    # Without a clock: quadratic work on these would not end within the test run.
    assert len(parse("RUN a \\\n" + "b \\\n" * 150_000 + "c\n").instructions) == 1
    assert len(parse("FROM a\n" * 10_000).instructions) == 10_000
    assert len(parse("RUN " + "${" * 3_000 + "\n").instructions) == 1
