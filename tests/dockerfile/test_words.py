from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.dockerfile.words import NotStringsError, fields, json_words, lower, shown, split_command, words

texts = st.lists(
    st.sampled_from([*"'\"\\` \t=-[],$é\xa0\u3000ab", "--", "--x", '"a"', "\\u00e9", "\udca0", "\udcc3"])
    | st.text(max_size=4)
).map("".join)


def flags(text: str, escape: str = "\\") -> tuple[list[tuple[str, str]], str]:
    line = f"COPY {text}"
    _, found, start, end = split_command(line, 0, len(line), escape)
    return [(flag.name, flag.value) for flag in found], line[start:end]


def split(text: str, escape: str = "\\") -> list[str]:
    return [word.text for word in words(text, 0, len(text), escape)]


def strings(text: str) -> list[str] | None:
    found = json_words(text, 0, len(text))
    return None if found is None else [word.text for word in found]


class TestKeyword:
    @pytest.mark.parametrize(
        ("line", "keyword"),
        [
            ("from a", "FROM"),
            ("  FROM\ta", "FROM"),
            ("", ""),
            ("CMD\xa0a", "CMD\xa0a"),  # only ASCII white space ends it
            ("CMD\x85", "CMD"),
            ("WOR\u212aDIR /x", "WORKDIR"),  # Go makes a k of the Kelvin sign
            ("U\u017fER x", "U\u017fER"),  # but no s of a long s, as Python's upper() does
            ("\udc85\u212a", "\udc85\u212a"),
        ],
    )
    def test_it_is_read_as_go_reads_it(self, line: str, keyword: str) -> None:
        assert split_command(line, 0, len(line), "\\")[0] == keyword

    def test_small_letters_are_gos_too(self) -> None:
        assert lower("B\u212a\u0130") == "bki"


class TestFlags:
    @pytest.mark.parametrize(
        ("text", "found", "rest"),
        [
            ("a b", [], "a b"),
            ("--from=x a b", [("from", "x")], "a b"),
            ("--a  --b=1\ta", [("a", ""), ("b", "1")], "a"),
            ("--chown='a b' x", [("chown", "a b")], "x"),
            ('--x="a\\"b" c', [("x", 'a"b')], "c"),
            ("--x=a\\ b c", [("x", "a b")], "c"),
            ("--x=a\\", [("x", "a")], ""),
            ("--x='a b", [("x", "a b")], ""),
            ("--x='a\\' b' c", [("x", "a' b")], "c"),
            ("--x -- --y a", [("x", "")], "--y a"),
            ("--x --", [("x", "")], ""),
            ("- --x", [], "- --x"),
            ("a --x", [], "a --x"),
            ("--=x a", [("", "x")], "a"),
        ],
    )
    def test_they_stand_before_the_arguments(self, text: str, found: list[tuple[str, str]], rest: str) -> None:
        assert flags(text) == (found, rest)

    def test_another_escape_character(self) -> None:
        assert flags("--x=a` b c:\\ d", "`") == ([("x", "a b")], "c:\\ d")

    def test_each_byte_is_a_character(self) -> None:
        assert flags("--x=\xe9 b") == ([("x", "\xc3\xa9")], "b")
        assert flags("--x=\xe0b c") == ([("x", "\xc3")], "b c")  # the second byte of it is a space by itself

    def test_a_flag_without_a_value_differs_from_an_empty_value(self) -> None:
        _, found, _, _ = split_command("RUN --a --b= x", 0, 14, "\\")
        assert [flag.assigned for flag in found] == [False, True]

    @given(texts)
    def test_ranges_are_of_the_line(self, text: str) -> None:
        line = f"RUN --{text}"
        _, found, start, end = split_command(line, 0, len(line), "\\")
        at = 0
        for flag in found:
            assert at <= flag.word.start < flag.word.end
            assert line[flag.word.start : flag.word.end] == flag.word.text
            at = flag.word.start + 1
        assert at <= start <= end


class TestWords:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("a b", ["a", "b"]),
            ("  a\t\vb ", ["a", "b"]),
            ("a\xa0b\u3000c", ["a", "b", "c"]),
            ("a='b c' d", ["a='b c'", "d"]),
            ('a="b \\" c" d', ['a="b \\" c"', "d"]),
            ("a='b\\' c", ["a='b\\'", "c"]),  # nothing is escaped between single quotes
            ("a\\ b c", ["a\\ b", "c"]),
            ("a\\'b c", ["a\\'b", "c"]),
            ("a='b c", ["a='b c"]),
            ("a='b' 'c", ["a='b'", "'c"]),
            ('a"b c\\', ['a"b c']),
            ("a\\", ["a"]),
            ("a \\", ["a"]),
            ("''", ["''"]),
            ("\x1c", ["\x1c"]),  # white space to Python, not to Go
            ("", []),
        ],
    )
    def test_quotes_and_escapes_hold_them_together(self, text: str, found: list[str]) -> None:
        assert split(text) == found

    def test_another_escape_character(self) -> None:
        assert split("a` b c:\\ d", "`") == ["a` b", "c:\\", "d"]

    @given(texts, st.sampled_from("\\`"))
    def test_each_is_where_it_says(self, text: str, escape: str) -> None:
        at = 0
        for word in words(text, 0, len(text), escape):
            assert at <= word.start < word.end
            assert text[word.start : word.end] == word.text
            at = word.end

    def test_fields_know_no_quotes(self) -> None:
        assert [word.text for word in fields("x 'a b'\xa0c", 2, 9)] == ["'a", "b'\xa0c"]


class TestJson:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("[]", []),
            ("[ ]", []),
            ('["a"]', ["a"]),
            ('[ "a" , "b c" ]', ["a", "b c"]),
            ('["\\u00e9\\n\\/"]', ["é\n/"]),
            ('["\\ud83d\\ude00"]', ["\U0001f600"]),
            ('["\\ud800"]', ["\ufffd"]),
            ('["\udcff"]', ["\ufffd"]),
            ("['a']", None),
            ('["a",]', None),
            ('["a" "b"]', None),
            ('["a"] x', None),
            ('["a', None),
            ('["\\x"]', None),
            ('["a\tb"]', None),
            ("[a]", None),
            ("[NaN]", None),
            ("[01]", None),
            ("[1e999]", None),  # too large for Go, which then takes it for no JSON at all
            ("[" + "9" * 400 + "]", None),
            ('{"a": "b"}', None),
            ("[" * 5000, None),
        ],
    )
    def test_it_is_read_as_go_reads_it(self, text: str, found: list[str] | None) -> None:
        assert strings(text) == found

    @pytest.mark.parametrize("text", ["[1]", "[null]", '["a", []]', '[{"a": 1}]', "[1e9]", "[-0.5]", '["a", true]'])
    def test_other_things_than_strings_are_refused(self, text: str) -> None:
        with pytest.raises(NotStringsError):
            strings(text)

    def test_the_range_of_a_string_is_with_its_quotes(self) -> None:
        line = 'CMD ["a\\n", "b"]'
        found = json_words(line, 4, len(line))
        assert found is not None
        assert [line[word.start : word.end] for word in found] == ['"a\\n"', '"b"']

    @given(texts)
    def test_no_text_breaks_it(self, text: str) -> None:
        try:
            strings(f"[{text}]")
        except NotStringsError:
            pass


def test_what_is_shown_is_short_and_printable() -> None:
    assert shown("a\nb\udcff") == "a\ufffdb\ufffd"
    assert len(shown("a" * 1000)) < 70
