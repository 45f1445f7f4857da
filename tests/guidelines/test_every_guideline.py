"""What holds for each guideline, whichever there are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barehull.catalog.catalog import load_catalog
from barehull.guidelines.judge import all_guidelines, judge
from barehull.guidelines.model import Guideline
from barehull.guidelines.page import index, page

TODAY = date(2026, 8, 25)
CATALOG = load_catalog()
DOCS = Path(__file__).parents[2] / "docs" / "guidelines"
EVERY = pytest.mark.parametrize("guideline", all_guidelines(), ids=lambda guideline: guideline.name)


def test_the_points_of_the_guideline_are_there_sorted_and_once() -> None:
    names = [guideline.name for guideline in all_guidelines()]
    assert names == sorted(set(names))
    assert {"multi-stage", "official-build-image", "go-version", "go-static-flags", "distroless-runtime"} <= set(names)
    assert len(names) >= 11


@EVERY
def test_its_file_has_its_name(guideline: Guideline) -> None:
    assert guideline.check.__module__ == f"barehull.guidelines.{guideline.name.replace('-', '_')}"


@EVERY
def test_its_bad_example_fails_it_with_a_place_and_advice(ask, guideline: Guideline) -> None:
    told = ask(guideline.name, guideline.bad)
    assert told.status == "fail"
    assert any(severity == "error" and underlined for severity, underlined in told.marks)


@EVERY
def test_its_bad_example_fails_nothing_that_its_fix_does_not_touch(ask, guideline: Guideline) -> None:
    """An example shows one thing: every other failure in `bad` must be one that `good` has mended."""
    failing = {it.name for it in all_guidelines() if ask(it.name, guideline.bad).status == "fail"}
    assert guideline.name in failing
    assert not {it for it in failing if ask(it, guideline.good).status == "fail"}


@EVERY
@pytest.mark.parametrize("other", all_guidelines(), ids=lambda guideline: guideline.name)
def test_its_good_example_fails_nothing(ask, guideline: Guideline, other: Guideline) -> None:
    told = ask(other.name, guideline.good)
    assert told.status in ("pass", "not-applicable"), told.reason
    if other is guideline:
        assert told.status == "pass"


@EVERY
def test_it_has_a_page_that_says_what_the_code_says(guideline: Guideline) -> None:
    path = DOCS / f"{guideline.name}.md"
    assert path.read_text() == page(guideline), "run `python scripts/make_guideline_pages.py`"


def test_there_are_pages_for_nothing_else() -> None:
    assert {path.stem for path in DOCS.glob("*.md")} == {guideline.name for guideline in all_guidelines()} | {"README"}
    assert (DOCS / "README.md").read_text() == index(all_guidelines())


ODD = (
    "FROM scratch",
    "FROM ${A}",
    "FROM ${A:-alpine}:${B}",
    "FROM ${A}/golang:1.26\nRUN go build .",
    "FROM alpine@sha256:" + "0" * 64,
    "FROM alpine\nUSER :",
    'FROM alpine\nUSER ""',
    "FROM alpine\nUSER 99999999999999999999999",
    "FROM alpine\nUSER \u0663",
    "FROM golang:1.99999999999999999999\nRUN go build .",
    "FROM golang:1.\u0663\nRUN go build .",
    "FROM alpine\nENTRYPOINT []",
    "FROM alpine\nCMD []",
    'FROM alpine\nENTRYPOINT [""]',
    'FROM alpine\nCMD ["sh", "-c"]',
    "FROM alpine\nHEALTHCHECK CMD []",
    "FROM alpine\nSHELL []\nRUN x",
    "FROM alpine\nCOPY --from=alpine / /",
    "FROM alpine\nCOPY --from= x /",
    "FROM alpine\nRUN --mount=from= x",
    "FROM alpine\nRUN ${X} ; go build ; $(go build)",
    "FROM alpine AS a\nFROM a AS b\nFROM b",
    "FROM alpine\nRUN rm",
    "FROM alpine\nRUN apk add --virtual",
    "FROM gcr.io/distroless/",
    "FROM gcr.io/distroless/python3\nCMD []",
    "FROM " + "x" * 5000,
    "FROM alpine\nRUN " + "go build; " * 2000,
)


@pytest.mark.parametrize("text", ODD)
def test_every_guideline_answers_about_odd_files(catalog, text: str) -> None:
    for image in judge(text, catalog, TODAY).images:
        for name, answer in image.answers:
            assert answer.reason, name
            assert all(0 <= it.span.start <= it.span.end <= len(text) for it in answer.remarks), name


PIECES = """
FROM alpine golang:1.26 scratch gcr.io/distroless/static:nonroot AS RUN go build make CGO_ENABLED=0 COPY --from=a
--from=0 a 0 USER root 65532 CMD ENTRYPOINT ["sh","-c","x"] ["/m"] ${X} ${X:-y} ARG ENV X X=1 HEALTHCHECK pip install
apk add gcc SHELL && ; /usr/lib/x.so / $ \\ " ' [ ] { } @ : =
""".split()
WORDS = st.sampled_from([piece + end for piece in PIECES for end in ("", " ")] + ["\n"] * 30)


@given(st.lists(WORDS, max_size=40).map(lambda words: "FROM alpine AS a\n" + "".join(words)))
@settings(max_examples=300, deadline=None)
def test_every_guideline_answers_about_any_text(text: str) -> None:
    for image in judge(text, CATALOG, TODAY).images:
        for name, answer in image.answers:
            assert answer.reason, name
            assert (answer.status == "fail") == any(it.severity == "error" for it in answer.remarks), name
            assert all(0 <= it.span.start <= it.span.end <= len(text) for it in answer.remarks), name
