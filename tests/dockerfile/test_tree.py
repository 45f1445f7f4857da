from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.core.span import Span
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


@pytest.mark.parametrize(
    ("text", "directives"),
    [
        ("#escape=`\n", {"escape": "`"}),
        ("  \t#\t ESCAPE  =  `  \r\n", {"escape": "`"}),
        ("\xa0# Syntax = a = b \n", {"syntax": "a = b"}),
        ("# check=\t \n", {"check": " "}),  # white space alone is a value
        ("# check=a\v\n", {"check": "a\v"}),
        ("# check=\n# escape=`\n", {}),  # a comment, and so no directive after it
        ("\n# escape=`\n", {}),
        ("FROM a\n# escape=`\n", {}),
        ("# other=1\n# escape=`\n", {}),
        ("# syntax\v=a\n", {}),  # Go's \\s has no vertical tab
    ],
)
def test_directives(text: str, directives: dict[str, str]) -> None:
    assert dict(parse(text).directives) == directives


@pytest.mark.parametrize("text", ["# escape=x\nFROM a", "# escape= \nFROM a", "# check=a\n# CHECK=b\nFROM a"])
def test_bad_directives_are_problems(text: str) -> None:
    assert len(parse(text).problems) == 1


def test_the_escape_character_is_known() -> None:
    assert parse("# escape=`\nFROM a").escape == "`"
    assert parse("FROM a").escape == parse("# escape=x\nFROM a").escape == "\\"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "# syntax=a\n", " \xa0\n"])
def test_a_file_without_instructions_is_a_problem(text: str) -> None:
    assert [problem.message for problem in parse(text).problems] == ["there is no instruction in the file"]


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("RUN " + "a" * 65_531, False),
        ("RUN " + "a" * 65_531 + "\n", False),
        ("RUN " + "a" * 65_532, True),
        ("RUN " + "a" * 65_531 + "\r\n", True),
        ("RUN " + "\u20ac" * 21_843 + "aa", False),
        ("RUN " + "\u20ac" * 21_843 + "aaa", True),
        ("RUN " + "\udcff" * 65_531, False),
        ("# " + "a" * 65_536 + "\nFROM a", True),
    ],
)
def test_a_line_of_more_bytes_than_buildkit_holds_is_a_problem(line: str, refused: bool) -> None:
    assert bool(parse(line).problems) == refused


def test_crlf() -> None:
    assert lines("RUN a \\\r\n b\r\nCMD c\r\n") == ["RUN a  b", "CMD c"]


def heredocs(file: Dockerfile) -> list[str]:
    return [file.text[it.start : it.end] for instruction in file.instructions for it in instruction.heredocs]


def test_here_documents_belong_to_their_instruction() -> None:
    file = parse("COPY <<a <<-'b' /x\n1\na\n\t2\n\tb\nCMD c\n")
    assert heredocs(file) == ["1\n", "\t2\n"]
    assert [it.expand for it in file.instructions[0].heredocs] == [True, False]
    assert [it.keyword for it in file.instructions] == ["COPY", "CMD"]


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        ("RUN <<A\nx\n A\nA \nA\r\n", ["x\n A\nA \n"]),  # the end stands alone on its line
        ("RUN <<A\n# escape\n\\\n\nA", ["# escape\n\\\n\n"]),  # nothing in it has a meaning
        ("ONBUILD RUN <<A\nx\nA\n", ["x\n"]),
        ("# escape=`\nRUN <<'A' `\n b\nx\nA\n", ["x\n"]),
        ("RUN --mount=a=b <<A\nA\n", [""]),
        ('RUN ["<<A"]\nCMD x\n', []),
        ("CMD <<A\nCMD x\n", []),
        ("ONBUILD ONBUILD RUN <<A\nCMD x\n", []),
        ("ONBUILD\nCMD <<\n", []),
        ('RUN [1, "<<A"]\nCMD x\n', []),
    ],
)
def test_here_documents_are_found_as_buildkit_finds_them(text: str, contents: list[str]) -> None:
    file = parse(text)
    assert heredocs(file) == contents
    assert not file.problems


def test_a_here_document_that_does_not_end_is_a_problem() -> None:
    file = parse("FROM a\nRUN <<A\nx\n")
    assert [(problem.message, problem.span) for problem in file.problems] == [
        ("the here-document A does not end", Span(7, 17))
    ]
    assert heredocs(file) == ["x\n"]


def test_a_line_that_buildkit_cannot_split_is_a_problem() -> None:
    assert len(parse("RUN ${X:-a <<\\'b}\n").problems) == 1


def test_a_here_string_is_none() -> None:
    assert len(parse("RUN cat <<< x\nCMD c\n").instructions) == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("RUN a\\  \t\nb", "RUN ab"),  # white space may follow the escape character
        ("RUN a\\\v\nCMD b", "RUN a\\\v"),  # but only blanks and tabs
        ("RUN a\\\\\\\nb", "RUN a\\\\\\"),  # that the one before is escaped itself is not looked at
        ("\\\nRUN a", "RUN a"),
        ("\\\n  RUN a", "  RUN a"),
        ("RUN a\\\n  \\\nb", "RUN a  b"),
        ("RUN a\\\n\xa0# c\n\u3000\nb", "RUN ab"),
        ("RUN a\\", "RUN a"),
        ("\xa0RUN a", "RUN a"),
        ("RUN a\r", "RUN a"),
        ("RUN a\rb\r\r\n", "RUN a\rb"),
        ("\x1cRUN a", "\x1cRUN a"),  # white space to Python, not to Go
    ],
)
def test_lines_are_joined_as_buildkit_joins_them(text: str, line: str) -> None:
    assert lines(text)[0] == line


def test_comments_at_the_end_of_a_continuation_belong_to_it() -> None:
    file = parse("RUN a \\\n# c\n\n")
    assert (file.instructions[0].start, file.instructions[0].end) == (0, 13)


def test_the_arguments_are_without_the_keyword() -> None:
    assert parse("\\\n  run\xa0 \t a b \xa0\n").instructions[0].keyword != "RUN"
    assert parse("\\\n  run \t a b \xa0\n").instructions[0].arguments == "a b"


@given(pieces, st.data())
def test_a_position_is_that_of_the_character(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    line, column = parse(text).position(offset)
    assert (line, column) == (text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1)


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
