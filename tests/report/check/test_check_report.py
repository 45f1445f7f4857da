from __future__ import annotations

import json as stdlib_json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

import barehull.report
from barehull.checking.model import CheckedFile, CheckReport, FileError
from barehull.report.check import github, json, junit, markdown, sarif, text

from .conftest import CASES, case, checked

NAMES = sorted(path.name for path in CASES.iterdir())
SCHEMA = Path(barehull.report.__file__).parent / "schemas" / "check-1.json"
RENDERERS: dict[str, ModuleType] = {
    "report.txt": text,
    "report.json": json,
    "report.sarif": sarif,
    "report.github": github,
    "report.md": markdown,
    "report.xml": junit,
}


@pytest.fixture(params=NAMES)
def report(request: pytest.FixtureRequest) -> CheckReport:
    return case(request.param)


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize("name", NAMES)
def test_reports_are_as_they_were(name: str, form: str) -> None:
    """`UPDATE_GOLDENS=1 make test` writes them anew; look at the difference before you commit it."""
    golden = CASES / name / form
    said = RENDERERS[form].render(case(name)).encode()
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_bytes(said)
    assert said == golden.read_bytes()


def test_the_json_fits_its_schema(report: CheckReport) -> None:
    jsonschema.validate(stdlib_json.loads(json.render(report)), stdlib_json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("path", sorted(CASES.glob("*/report.json")), ids=lambda path: path.parent.name)
def test_reports_of_version_1_still_fit_the_schema(path: Path) -> None:
    jsonschema.validate(stdlib_json.loads(path.read_text()), stdlib_json.loads(SCHEMA.read_text()))


def test_the_schema_takes_no_other_report() -> None:
    validator = jsonschema.Draft202012Validator(stdlib_json.loads(SCHEMA.read_text()))
    value = stdlib_json.loads(json.render(case("fails")))
    for break_it in (
        lambda it: it.update(schema="barehull/check/2"),
        lambda it: it["files"][0].update(scope="maybe"),
        lambda it: it["files"][0].update(scope="out"),
        lambda it: it["files"][0]["images"][0]["guidelines"]["tagged"].update(status="failed"),
        lambda it: it["files"][0]["images"][0]["guidelines"]["tagged"]["findings"][0].pop("end"),
        lambda it: it["files"][0]["images"][0]["guidelines"]["tagged"]["findings"][0]["start"].update(column=0),
    ):
        broken = stdlib_json.loads(stdlib_json.dumps(value))
        break_it(broken)
        assert not validator.is_valid(broken)


@pytest.fixture(scope="module")
def sarif_schema(published_schema: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return published_schema("sarif-2.1.0")


def test_the_sarif_fits_the_standards_schema(report: CheckReport, sarif_schema: dict[str, Any]) -> None:
    jsonschema.validate(stdlib_json.loads(sarif.render(report)), sarif_schema)


def run_of(report: CheckReport) -> dict[str, Any]:
    return stdlib_json.loads(sarif.render(report))["runs"][0]


def test_sarif_has_columns_and_the_texts_of_the_rules() -> None:
    run = run_of(case("fails"))
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["tagged"]["fullDescription"]["text"].startswith("A base that floats")
    assert "Name a tag" in rules["tagged"]["help"]["markdown"]
    result = next(it for it in run["results"] if it["ruleId"] == "tagged")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "tagged"
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 5,
        "startColumn": 6,
        "endLine": 5,
        "endColumn": 19,
    }
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "app/Dockerfile"
    assert [it["name"] for it in result["locations"][0]["logicalLocations"]] == ["web", "worker"]


def test_fingerprints_outlive_lines_that_move() -> None:
    def prints(source: str) -> list[str]:
        results = run_of(checked({"Dockerfile": source}))["results"]
        return [result["partialFingerprints"][sarif.FINGERPRINT] for result in results]

    source = (CASES / "fails" / "Dockerfile").read_text()
    assert prints(source) == prints("# one more line\n\n" + source)
    assert len(set(prints(source))) == len(prints(source))
    assert prints("FROM a:latest\n") != prints("FROM b:latest\n")


def test_what_is_ignored_is_suppressed_with_the_reason() -> None:
    results = run_of(case("ignored"))["results"]
    assert next(it["suppressions"] for it in results if "suppressions" in it) == [
        {"kind": "inSource", "justification": "the image is a tool box, run by hand"}
    ]


def test_what_could_not_be_checked_is_an_error_of_the_run() -> None:
    (invocation,) = run_of(case("bad-input"))["invocations"]
    assert not invocation["executionSuccessful"]
    assert len(invocation["toolExecutionNotifications"]) == 2


def test_what_is_unknown_is_open() -> None:
    (result,) = run_of(case("unknown"))["results"]
    assert (result["kind"], result["level"]) == ("open", "none")


@pytest.mark.parametrize(
    "path", ["a b/é%/Dockerfile", "/a/Dockerfile", "\udcff/Dockerfile", "../x:y/Dockerfile", "\ud800"]
)
def test_any_path_is_a_reference(path: str, sarif_schema: dict[str, Any]) -> None:
    report = checked({path: "FROM a:latest\n"})
    jsonschema.validate(
        stdlib_json.loads(sarif.render(report)), sarif_schema, format_checker=jsonschema.FormatChecker()
    )
    uri = run_of(report)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9._~%/-]+|file:///[A-Za-z0-9._~%/-]+", uri)


HOSTILE = "x\x1b[2J\udcff\ud800\r\n::error::,:%|`<script>\u202e\x00\ufffe]]>\"'&"


def hostile() -> CheckReport:
    report = checked({HOSTILE: "FROM a:latest\n", "b": (CASES / "hostile/Dockerfile").read_bytes().decode("latin-1")})
    error = CheckedFile(HOSTILE, error=FileError(HOSTILE, HOSTILE))
    scope = CheckedFile(HOSTILE, out_of_scope=HOSTILE, development=((HOSTILE, HOSTILE),))
    file = report.files[0]
    answer = file.images[0].answers[1]
    remark = replace(answer.remarks[0], message=HOSTILE, advice=HOSTILE)
    image = replace(
        file.images[0], target=HOSTILE, base=HOSTILE, answers=(replace(answer, reason=HOSTILE, remarks=(remark,)),)
    )
    file = replace(file, images=(image, image))
    return replace(report, files=(file, report.files[1], error, scope), skipped=((HOSTILE, HOSTILE),))


def test_hostile_names_are_written_out(sarif_schema: dict[str, Any]) -> None:
    said = {name: renderer.render(hostile()) for name, renderer in RENDERERS.items()}
    for name, it in said.items():
        it.encode()  # no lone surrogates
        assert not set(it) & set("\x1b\u202e\x00\r\ufffe"), name
    assert "<script>" not in said["report.md"].replace("`", "").split("## ")[0]
    ElementTree.fromstring(said["report.xml"])
    jsonschema.validate(stdlib_json.loads(said["report.json"]), stdlib_json.loads(SCHEMA.read_text()))
    jsonschema.validate(stdlib_json.loads(said["report.sarif"]), sarif_schema)


def test_hostile_names_make_no_command_of_github() -> None:
    for line in github.render(hostile()).splitlines()[:-1]:
        command = re.fullmatch(r"::(error|warning|notice) ([^:\r\n]*)::([^\r\n]*)", line)
        assert command is not None, line
        for part in command[2].split(","):
            assert re.fullmatch(r"(file|line|endLine|col|endColumn|title)=[^,:]*", part), line


def test_a_table_in_markdown_keeps_its_columns() -> None:
    rows = [line for line in markdown.render(hostile()).splitlines() if line.startswith("|")]
    assert len(rows) > 4
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) == 4, row


def test_colours_are_only_there_where_they_are_asked_for(report: CheckReport) -> None:
    coloured = text.render(report, colour=True)
    assert "\x1b[1m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text.render(report)


def test_the_marks_of_an_excerpt_stand_below_what_they_mark() -> None:
    said = text.render(checked({"Dockerfile": "FROM\tdebian:latest\n"}))
    line, marks = re.search(r"1 \| (.*)\n +\| (.*)\n", said).groups()
    assert line == "FROM    debian:latest"
    assert line[marks.index("^") : marks.rindex("^") + 1] == "debian:latest"


def test_a_line_that_is_far_too_long_is_cut_around_the_mark() -> None:
    said = text.render(checked({"Dockerfile": f"FROM {'a' * 100_000}:latest\n"}))
    assert max(map(len, said.splitlines()[3:])) < 200_000
    source = next(line for line in said.splitlines() if line.startswith("  1 |"))
    assert len(source) < 140
    assert source.endswith("...")


def test_a_long_range_is_shown_by_its_ends() -> None:
    said = text.render(case("fails"))
    assert "apt-get install -y --no-install-recommends" in said
    assert "..." in said
    assert "    jq \\" not in said


def test_a_report_is_said_in_numbers() -> None:
    assert text.render(case("fails")).splitlines()[-2] == "FAILED: 1 file, 3 images: 4 failed, 1 warning"
    assert github.render(case("passes")) == "1 file, 1 image: 0 failed\n"
    assert "; 2 files not checked; 1 file out of scope; 1 file skipped" in text.render(case("bad-input"))


def test_a_finding_about_several_images_is_shown_once_with_their_names() -> None:
    assert "(image web, worker)" in text.render(case("fails"))
    assert text.render(case("fails")).count("is another one tomorrow") == 1


def test_junit_counts_what_is_unknown_and_what_is_bad_as_errors() -> None:
    suite = ElementTree.fromstring(junit.render(case("unknown")))
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("0", "1", "1")
    suites = ElementTree.fromstring(junit.render(case("bad-input")))
    assert suites.get("errors") == "2"
    assert len(suites.findall(".//testcase")) == int(suites.get("tests"))


def test_a_whole_that_is_large_stays_quick() -> None:
    report = checked({"Dockerfile": "".join(f"FROM a:latest AS s{number}\nRUN b\n" for number in range(2000))})
    for renderer in RENDERERS.values():
        assert renderer.render(report)
