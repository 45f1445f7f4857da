from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.dockerfile.instructions import (
    CommandLine,
    Copy,
    From,
    Healthcheck,
    Invalid,
    Onbuild,
    Pairs,
    Run,
    Start,
    Typed,
    Word,
    Words,
    read,
)
from barehull.dockerfile.tree import parse

KEYWORDS = (
    "FROM RUN COPY ADD ENV LABEL ARG CMD ENTRYPOINT HEALTHCHECK SHELL USER VOLUME EXPOSE ONBUILD WORKDIR STOPSIGNAL "
    "MAINTAINER X"
).split()
texts = st.lists(
    st.sampled_from(
        [*KEYWORDS, " ", "\n", "\\\n", "`", "\\", "'", '"', "=", "a", "b=c", "--x", "--from=a", "$X", "<<EOF"]
    )
    | st.sampled_from(
        ['["a"]', "[1]", "[", "\nEOF\n", "# c\n", "# escape=`\n", "AS", "CMD x", "NONE", "é", "\xa0", "\udca0"]
    )
    | st.text(max_size=3),
    max_size=30,
).map("".join)

LOST = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # as Go's JSON has them


def only(text: str) -> Typed:
    file = parse(text)
    (instruction,) = file.instructions
    return read(instruction, file.escape)


def invalid(text: str) -> Invalid:
    typed = only(text)
    assert isinstance(typed, Invalid)
    return typed


def pairs(text: str) -> list[tuple[str, str | None]]:
    typed = only(text)
    assert isinstance(typed, Pairs)
    return [(pair.key.text, pair.value.text if pair.value else None) for pair in typed.pairs]


def command(text: str) -> CommandLine:
    typed = only(text)
    assert isinstance(typed, (Run, Start))
    return typed.command


def words(text: str) -> list[str]:
    typed = only(text)
    assert isinstance(typed, Words)
    return [word.text for word in typed.words]


class TestFrom:
    def test_the_image_and_the_name_of_the_stage(self) -> None:
        typed = only("FROM --platform=$BUILDPLATFORM golang:1.22 as Builder\n")
        assert isinstance(typed, From)
        assert (typed.image, typed.name) == (Word("golang:1.22", 31, 42), Word("Builder", 46, 53))
        assert typed.flag("platform") == "$BUILDPLATFORM"

    @pytest.mark.parametrize(
        "text", ["FROM", "FROM a b", "FROM a AS", "FROM a IS b", "FROM a AS b c", "FROM a AS 1", "FROM a AS b/c"]
    )
    def test_other_numbers_of_words_and_odd_names_are_refused(self, text: str) -> None:
        assert invalid(text).why.startswith("FROM")


class TestCommands:
    def test_the_shell_form(self) -> None:
        assert command("CMD  a 'b c' \n") == CommandLine(Word("a 'b c'", 5, 12), script="a 'b c'")

    def test_the_exec_form(self) -> None:
        found = command('ENTRYPOINT ["a", "b\\"c"]')
        assert (found.exec_form, found.words, found.script) == (True, ("a", 'b"c'), "")

    def test_an_empty_array_is_in_the_exec_form(self) -> None:
        assert command("CMD []") == CommandLine(Word("[]", 4, 6), exec_form=True)

    @pytest.mark.parametrize("text", ["['a']", '["a",]', '["a"] b', "[ -f x ] && y", "[a]"])
    def test_what_is_no_json_is_in_the_shell_form(self, text: str) -> None:
        assert command(f"RUN {text}").script == text

    def test_other_things_than_strings_are_refused(self) -> None:
        assert "strings only" in invalid('CMD ["a", 1]').why

    def test_flags_of_run_stand_before_the_command(self) -> None:
        typed = only("RUN --mount=type=cache,target=/x --mount=type=ssh go build")
        assert isinstance(typed, Run)
        assert [flag.value for flag in typed.flags] == ["type=cache,target=/x", "type=ssh"]
        assert typed.command.script == "go build"

    def test_cmd_takes_no_flags(self) -> None:
        assert invalid("CMD --x a").where == Word("--x", 4, 7)

    def test_the_script_of_a_continued_line_is_the_joined_one(self) -> None:
        assert command("RUN a && \\\n  # why\n  b\n").script == "a &&   b"


class TestCopy:
    def test_sources_and_destination(self) -> None:
        typed = only("COPY --from=build --chown=1:2 a b /c/\n")
        assert isinstance(typed, Copy)
        assert ([word.text for word in typed.sources], typed.destination.text, typed.adds) == (["a", "b"], "/c/", False)
        assert (typed.flag("from"), typed.flag("chown"), typed.flag("link")) == ("build", "1:2", None)

    def test_the_json_form_may_have_spaces(self) -> None:
        typed = only('ADD ["a b", "/c d"]')
        assert isinstance(typed, Copy)
        assert (typed.sources[0], typed.destination.text, typed.adds) == (Word("a b", 5, 10), "/c d", True)

    def test_heredocs_stand_among_the_sources(self) -> None:
        typed = only("COPY <<A b /c/\nx\nA\n")
        assert isinstance(typed, Copy)
        assert [word.text for word in typed.sources] == ["<<A", "b"]

    @pytest.mark.parametrize(
        "text", ["COPY a", "COPY", 'COPY ["a"]', "ADD --link a", "COPY a <<B\nB", "COPY [1]", "COPY --x=y a b"]
    )
    def test_what_has_no_destination_is_refused(self, text: str) -> None:
        assert invalid(text).why


class TestPairs:
    def test_env(self) -> None:
        assert pairs('ENV a=b c=\'d e\' f="g\\" h" i=') == [("a", "b"), ("c", "'d e'"), ("f", '"g\\" h"'), ("i", "")]

    @pytest.mark.parametrize("keyword", ["ENV", "LABEL"])
    def test_the_old_form_takes_the_rest_of_the_line(self, keyword: str) -> None:
        assert pairs(f"{keyword} a  b=c 'd  e' ") == [("a", "b=c 'd  e'")]

    def test_arg_may_have_no_value(self) -> None:
        assert pairs("ARG a b=c d=") == [("a", None), ("b", "c"), ("d", "")]

    def test_arg_lets_pass_any_flag(self) -> None:
        assert pairs("ARG --x a") == [("a", None)]

    def test_keys_and_values_are_where_they_say(self) -> None:
        typed = only("ENV a=b \\\n  cc='d'\n")
        assert isinstance(typed, Pairs)
        value = typed.pairs[1].value
        assert value is not None
        span = typed.span(value)
        assert "ENV a=b \\\n  cc='d'\n"[span.start : span.end] == "'d'"

    def test_a_value_may_run_over_lines(self) -> None:
        text = "ENV a=b\\\nc d=e\n"
        typed = only(text)
        assert isinstance(typed, Pairs)
        value = typed.pairs[0].value
        assert value is not None
        span = typed.span(value)
        assert (value.text, text[span.start : span.end]) == ("bc", "b\\\nc")

    @pytest.mark.parametrize(
        "text",
        ["ENV", "ENV a", "ENV a=b c", "ENV =b", "LABEL", "LABEL a", "ARG", "ARG =x", "ENV --x a=b", "ENV a\xa0b"],
    )
    def test_what_has_no_name_or_value_is_refused(self, text: str) -> None:
        assert invalid(text).why


class TestHealthcheck:
    def test_a_command(self) -> None:
        typed = only("HEALTHCHECK --interval=5s cmd curl x")
        assert isinstance(typed, Healthcheck)
        assert typed.command == CommandLine(Word("curl x", 30, 36), script="curl x")

    def test_the_exec_form(self) -> None:
        typed = only('HEALTHCHECK CMD ["a"]')
        assert isinstance(typed, Healthcheck)
        assert typed.command
        assert typed.command.words == ("a",)

    @pytest.mark.parametrize(
        "text", ["HEALTHCHECK NONE", "HEALTHCHECK none", "HEALTHCHECK NONE []", "HEALTHCHECK --x NONE"]
    )
    def test_none(self, text: str) -> None:
        typed = only(text)
        assert isinstance(typed, Healthcheck)
        assert typed.command is None

    @pytest.mark.parametrize(
        "text", ["", "NONE x", "CMD", "CMD []", "curl x", "--x CMD y", "--retries=a CMD y", "CMD [1]"]
    )
    def test_what_checks_nothing_is_refused(self, text: str) -> None:
        assert invalid(f"HEALTHCHECK {text}").why


class TestWords:
    def test_of_several(self) -> None:
        assert words("EXPOSE 80 53/udp") == ["80", "53/udp"]
        assert words("VOLUME /a /b") == ["/a", "/b"]
        assert words('VOLUME ["/a b"]') == ["/a b"]
        assert words('SHELL ["bash", "-c"]') == ["bash", "-c"]

    def test_of_one(self) -> None:
        assert words("WORKDIR /a b ") == ["/a b"]
        assert words("USER 65532") == ["65532"]
        assert words("STOPSIGNAL --x 9") == ["9"]
        assert words("MAINTAINER a <b@c>") == ["a <b@c>"]

    @pytest.mark.parametrize(
        "text",
        [
            "EXPOSE",
            "VOLUME",
            'VOLUME [""]',
            'VOLUME [" "]',
            "VOLUME [1]",
            "SHELL",
            "SHELL []",
            "SHELL bash",
            "USER",
            "WORKDIR --x /",
            "STOPSIGNAL",
        ],
    )
    def test_what_says_nothing_is_refused(self, text: str) -> None:
        assert invalid(text).why


class TestOnbuild:
    def test_the_instruction_within_has_words_of_the_same_line(self) -> None:
        text = "onbuild  copy --from=a \\\n b /c\n"
        typed = only(text)
        assert isinstance(typed, Onbuild)
        inner = typed.inner
        assert isinstance(inner, Copy)
        assert (inner.instruction.keyword, inner.instruction.arguments) == ("COPY", "--from=a  b /c")
        span = inner.span(inner.destination)
        assert text[span.start : span.end] == "/c"

    @pytest.mark.parametrize("text", ["", "ONBUILD RUN a", "FROM a", "MAINTAINER a", "--x RUN a", "ENV a", "RUN [1]"])
    def test_some_cannot_be_within(self, text: str) -> None:
        assert isinstance(only(f"ONBUILD {text}"), Invalid)

    @pytest.mark.parametrize("text", ["COPY a", "FOO", "RUN --x a"])
    def test_buildkit_does_not_look_at_the_meaning_of_what_is_within(self, text: str) -> None:
        typed = only(f"ONBUILD {text}")
        assert isinstance(typed, Onbuild)
        assert isinstance(typed.inner, Invalid)

    def test_a_long_chain_does_not_recurse(self) -> None:
        assert invalid("ONBUILD " * 5000).why


def test_an_unknown_keyword_is_refused() -> None:
    assert invalid("RUNN a").where == Word("RUNN", 0, 4)
    assert invalid("\\\n").why.endswith("without a name")


def test_what_is_said_of_hostile_words_is_short_and_printable() -> None:
    why = invalid("COPY --" + "a\udcff" * 5000 + " b c").why
    assert len(why) < 200
    assert why.isprintable()


@given(texts)
def test_no_text_breaks_it_and_words_are_where_they_say(text: str) -> None:
    file = parse(text)
    for instruction in file.instructions:
        typed = read(instruction, file.escape)
        for word in words_of(typed):
            span = typed.span(word)
            written = instruction.line[word.start : word.end]
            assert 0 <= span.start <= span.end <= len(text)
            assert span.end > span.start or not written
            assert text[span.start : span.start + len(written[:1])] == written[:1]
            assert word.text == written or json.loads(written).translate(LOST) == word.text


def words_of(typed: Typed) -> list[Word]:
    found = [flag.word for flag in typed.flags]
    match typed:
        case From():
            found += [typed.image, *([typed.name] if typed.name else [])]
        case Copy():
            found += [*typed.sources, typed.destination]
        case Run() | Start():
            found.append(typed.command.whole)
        case Pairs():
            found += [word for pair in typed.pairs for word in (pair.key, pair.value) if word]
        case Words():
            found += typed.words
        case Invalid():
            found.append(typed.where)
        case Onbuild() if typed.inner:
            found += words_of(typed.inner)
    return found


def test_long_inputs_take_linear_work() -> None:
    # Without a clock: quadratic work on these would not end within the test run.
    for text in (
        "ENV " + "a=b " * 200_000,
        "ENV a='" + "'" * 300_000,
        'ENV a="' + '\\"' * 300_000,
        "COPY " + "--x=' " * 100_000,
        "RUN [" + '"a",' * 200_000,
        "RUN " + "[" * 300_000,
        "RUN --mount=" + '\\"' * 300_000 + " x",
        "HEALTHCHECK --interval=" + "1" * 300_000 + " CMD x",
        "RUN " + "<<a " * 20_000,
    ):
        assert only(text)
