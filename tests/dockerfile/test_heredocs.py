from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.dockerfile.heredocs import Mark, is_heredoc, marks

texts = st.lists(st.sampled_from(["<<", "<", "EOF", "'", '"', "\\", "${", "}", ":-", "$x", " ", "/", "#", "%"])).map(
    "".join
)


def names(line: str) -> list[str]:
    return [mark.name for mark in marks(line)]


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("RUN <<EOF", Mark("EOF", True, False)),
        ("RUN <<-EOF", Mark("EOF", True, True)),
        ("RUN << \tEOF", Mark("EOF", True, False)),
        ("RUN 3<<EOF", Mark("EOF", True, False)),
        ("RUN <<'EOF'", Mark("EOF", False, False)),
        ('RUN <<"E F"', Mark("E F", False, False)),
        ("RUN <<E'O'F", Mark("EOF", False, False)),
        ("RUN <<\\EOF", Mark("EOF", True, False)),  # only quotes count, not escapes
        ("RUN <<E\\ F", Mark("E F", True, False)),
        ("RUN <<$X", Mark("$X", True, False)),
        ("RUN <<${X}", Mark("${X}", True, False)),
        ("RUN <<a.b-c/d", Mark("a.b-c/d", True, False)),
    ],
)
def test_a_mark_has_a_name(line: str, mark: Mark) -> None:
    assert marks(line) == [mark]


@pytest.mark.parametrize(
    "line",
    [
        "RUN cat <<<EOF",
        "RUN x<<EOF",
        "RUN <<",
        "RUN <<EOF<a",
        "RUN 'a <<EOF'",
        "RUN \\<<EOF",
        'RUN echo "it is <<EOF',  # BuildKit cannot split the line, so nothing is announced
        "RUN ${ <<EOF",
        "RUN ${x@y} <<EOF",
        "RUN ${x:#y} <<EOF",
        "RUN <<${X:-EOF}",  # as in BuildKit, the substitution takes away what the word had before it
        "RUN " + "${x:-" * 3000 + " <<EOF",
    ],
)
def test_what_is_none(line: str) -> None:
    assert names(line) == []


def test_several() -> None:
    assert names("COPY <<a <<-'b' 3<<c /x") == ["a", "b", "c"]


def test_white_space_in_a_substitution_splits_words() -> None:
    assert names("RUN ${X:-a <<EOF} b") == ["EOF}"]
    assert names('RUN "${X:-a <<EOF}" b') == []


def test_a_bad_name_is_no_heredoc() -> None:
    assert is_heredoc("<<EOF")
    assert not is_heredoc("<<'EOF")
    assert not is_heredoc("x")


def test_a_name_that_the_lexer_refuses_is_a_problem() -> None:
    # The substitution loses its escape, so that the quote in the name is open.
    with pytest.raises(ValueError, match="quote"):
        marks("RUN ${X:-a <<\\'b}")


@given(texts)
def test_no_line_breaks_it(text: str) -> None:
    try:
        marks(f"RUN <<{text}")
    except ValueError:
        pass
    is_heredoc(f"<<{text}")
