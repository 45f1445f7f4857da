from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from barehull.checking.lines import Lines
from barehull.dockerfile.tree import parse


def test_columns_count_characters() -> None:
    lines = Lines("FROM a\r\nRUN é𝄞x\n")
    assert lines.position(0) == (1, 1)
    assert lines.position(8) == (2, 1)
    assert lines.position(14) == (2, 7)
    assert lines.line(1) == "FROM a"
    assert lines.line(2) == "RUN é𝄞x"
    assert lines.line(3) == ""


def test_a_byte_order_mark_is_no_column() -> None:
    lines = Lines("\ufeffFROM a\n")
    assert lines.position(1) == (1, 1)
    assert lines.position(0) == (1, 1)
    assert lines.line(1) == "FROM a"


@given(st.text(alphabet="ab\n\r\x0b\u2028"), st.data())
def test_positions_are_those_of_the_tree(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    assert Lines(text).position(offset) == parse(text).position(offset)
