from __future__ import annotations

import pytest
from click.testing import CliRunner

from barehull.cli.explain import command
from barehull.core.errors import UsageError
from barehull.guidelines.judge import all_guidelines


def explain(*arguments: str) -> str:
    result = CliRunner().invoke(command, list(arguments), catch_exceptions=False, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.output


@pytest.mark.parametrize("guideline", all_guidelines(), ids=lambda guideline: guideline.name)
def test_a_guideline_is_explained_with_both_examples(guideline) -> None:
    text = explain(guideline.name)
    assert text.startswith(f"# {guideline.name}\n\n{guideline.summary}")
    assert guideline.bad.rstrip() in text
    assert guideline.good.rstrip() in text
    assert f"ignore[{guideline.name}]" in text


def test_without_a_name_all_are_listed() -> None:
    lines = explain().splitlines()
    assert [line.split()[0] for line in lines] == [guideline.name for guideline in all_guidelines()]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("multistage", "multi-stage"),
        ("distroless", "distroless-runtime"),
        ("Go_Version", "go-version"),
        ("root", "non-root"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UsageError) as error:
        explain(name)
    assert error.value.exit_code == 2
    assert repr(name) in error.value.what
    assert f"Did you mean {nearest}?" in error.value.advice


def test_a_name_that_is_like_none_is_refused_with_the_way_to_the_list() -> None:
    with pytest.raises(UsageError) as error:
        explain("xyzzy")
    assert error.value.advice == "`barehull explain` lists them all."
