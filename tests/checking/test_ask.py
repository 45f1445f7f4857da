from __future__ import annotations

import pytest

from .conftest import TOYS, Checking, answers

IGNORE = "# barehull: ignore[{}] {}\n"


def remarks(file: object) -> list[tuple[str, str]]:
    return [(name, remark.severity) for name, remark in file.remarks]  # type: ignore[attr-defined]


def test_a_file_passes(check: Checking) -> None:
    file = check("FROM debian:13\n")
    assert file.state == "passed"
    assert {name: answer.state for name, answer in answers(file).items()} == {
        "quiet": "not-applicable",
        "tagged": "pass",
    }


def test_a_file_fails(check: Checking) -> None:
    file = check("FROM debian:latest\n")
    assert file.state == "failed"
    assert answers(file)["tagged"].reason == "the base floats"


def test_what_is_unknown_is_never_green(check: Checking) -> None:
    assert check("ARG BASE\nFROM $BASE\n").state == "unknown"
    assert check("ARG BASE\nFROM $BASE\nRUN ls\n").state == "failed"


def test_build_arguments_are_used(check: Checking) -> None:
    assert check("ARG BASE\nFROM $BASE\n", build_args={"BASE": "debian:13"}).state == "passed"


def test_warnings_fail_where_they_are_asked_to(check: Checking) -> None:
    assert check("FROM debian\n").state == "passed"
    file = check("FROM debian\n", fail_on="warning")
    assert file.state == "failed"
    assert (answers(file)["tagged"].status, answers(file)["tagged"].state) == ("pass", "fail")


@pytest.mark.parametrize("text", ["", " \n\t\r\n", "\ufeff\n"])
def test_an_empty_file_is_bad_input(check: Checking, text: str) -> None:
    file = check(text)
    assert file.state == "bad-input"
    assert file.error is not None
    assert file.error.message == "it is empty"


@pytest.mark.parametrize(
    "text", ["# only a comment\n", "hello, world\n", "RUN ls\n", "ARG A=1\n", "FROM\n", "FROM a\nFOO b\n"]
)
def test_what_no_build_would_take_is_bad_input(check: Checking, text: str) -> None:
    file = check(text)
    assert file.state == "bad-input"
    assert file.error is not None
    assert file.error.message
    assert file.images == ()


def test_an_ignore_above_an_instruction_is_about_what_stands_there(check: Checking) -> None:
    file = check("FROM debian:13\n" + IGNORE.format("quiet", "it must") + "RUN ls\n")
    answer = answers(file)["quiet"]
    assert (answer.status, answer.state, answer.why_ignored) == ("fail", "ignored", "it must")
    assert [(remark.message, why) for remark, why in answer.ignored] == [
        ("`ls` runs in the image that ships", "it must")
    ]
    assert file.state == "passed"
    assert file.remarks == ()


def test_an_ignore_hides_nothing_that_stands_elsewhere(check: Checking) -> None:
    file = check("FROM debian:13\n" + IGNORE.format("quiet", "it must") + "RUN ls\nRUN cat\n")
    answer = answers(file)["quiet"]
    assert (answer.state, len(answer.remarks), len(answer.ignored)) == ("fail", 1, 1)
    assert file.state == "failed"


def test_an_ignore_above_the_from_of_an_image_is_about_its_whole_answer(check: Checking) -> None:
    text = "FROM a:1 AS build\n\n" + IGNORE.format("quiet, tagged", "old") + "FROM $X\nRUN ls\nRUN cat\n"
    file = check("ARG X\n" + text)
    by_target = {image.target: {it.guideline: it.state for it in image.answers} for image in file.images}
    assert by_target["1"] == {"quiet": "ignored", "tagged": "ignored"}


def test_an_ignore_above_another_stage_is_not_about_an_image_on_it(check: Checking) -> None:
    text = (
        "FROM a:1 AS one\n\n" + IGNORE.format("quiet", "old") + "FROM a:1 AS two\nRUN ls\nFROM a:1 AS three\nRUN ls\n"
    )
    states = {image.target: image.answers[0].state for image in check(text).images}
    assert states["three"] == "fail"
    assert states["two"] == "ignored"


def test_an_ignore_before_the_first_from_is_about_the_whole_file(check: Checking) -> None:
    file = check(IGNORE.format("quiet", "old") + "FROM a:1 AS one\nRUN ls\nFROM a:1 AS two\nRUN ls\n")
    assert {image.answers[0].state for image in file.images} == {"ignored"}
    assert file.state == "passed"


def test_an_ignored_unknown_is_not_unknown_any_more(check: Checking) -> None:
    file = check(IGNORE.format("tagged", "set by CI") + "ARG BASE\nFROM $BASE\n")
    assert answers(file)["tagged"].status == "unknown"
    assert file.state == "passed"


def test_an_ignore_without_a_reason_does_nothing_and_is_an_error(check: Checking) -> None:
    file = check("FROM debian:13\n" + IGNORE.format("quiet", "") + "RUN true\n")
    assert remarks(file) == [("ignore-without-reason", "error")]
    assert file.state == "failed"
    file = check("FROM debian:13\n" + IGNORE.format("quiet", "") + "RUN ls\n")
    assert answers(file)["quiet"].state == "fail"


def test_an_unknown_name_is_an_error(check: Checking) -> None:
    file = check("FROM debian:13\n" + IGNORE.format("quite, quiet", "x") + "RUN ls\n")
    assert remarks(file) == [("unknown-guideline", "error")]
    assert "'quite'" in file.remarks[0][1].message
    assert answers(file)["quiet"].state == "ignored"


def test_a_comment_that_is_not_understood_is_an_error(check: Checking) -> None:
    assert remarks(check("FROM debian:13\n# barehull: ignroe[quiet] x\n")) == [("malformed-ignore", "error")]


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian:13\n" + IGNORE.format("quiet", "x") + "RUN true\n",
        IGNORE.format("quiet", "x") + "FROM debian:13\n",
        "FROM debian:13\n" + IGNORE.format("quiet", "x") + "\nRUN true\n",
        "FROM debian:13\n" + IGNORE.format("quiet", "x") * 2 + "RUN ls\n",
    ],
)
def test_an_ignore_that_nothing_needs_is_a_warning(check: Checking, text: str) -> None:
    file = check(text)
    assert remarks(file) == [("unused-ignore", "warning")]
    assert file.state == "passed"
    assert check(text, fail_on="warning").state == "failed"


def test_an_ignore_of_a_guideline_that_is_not_asked_is_not_called_unused(check: Checking) -> None:
    assert check(IGNORE.format("quiet", "x") + "FROM debian:13\n", guidelines=TOYS[1:]).remarks == ()
