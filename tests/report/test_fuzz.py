"""Whatever an image says: every renderer answers, what it writes is valid, and nothing of an image acts in it."""

from __future__ import annotations

import json as stdlib_json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import barehull.report
from barehull.advisories.severity import Severity, severity
from barehull.compare.compare import compare
from barehull.compare.model import Acceptance, Policy, Waiver
from barehull.compare.policy import judge, judge_alone
from barehull.core.finding import Finding
from barehull.core.outcome import Failed, Unknown
from barehull.document import Document, Side
from barehull.inventory.model import Component
from barehull.proof.run import Proof
from barehull.report import cyclonedx, json, junit, markdown, sarif, text
from barehull.scan.model import Match, Undecided, Vulnerability

from .conftest import rich, scan

BOM = JsonStrictValidator(SchemaVersion.V1_6)
OURS = jsonschema.Draft202012Validator(
    stdlib_json.loads((Path(barehull.report.__file__).parent / "schemas/report-1.json").read_text())
)
TODAY, LATER = date(2026, 11, 24), date(2027, 1, 1)

EVIL = st.sampled_from(
    [
        "`|`", "@octocat", "#1", "<img src=x onerror=y>", "</details>", "<!-- x -->", "[x](http://evil.example)",
        "![x](y)", "http://evil.example", "www.evil.example", "\n# heading", "\n\n- item", "---", "===", "1. x",
        "    code", "\r", "\t", "\x1b[2J", "\u202e", "\ud800", "\udcff", "\x00", "]]>", "&amp;", "$$x$$", "~~x~~",
        "**x**", "__x__", "\\", "| a | b |", "{0}", "船", "\u0301", "../../etc", "%2e", "x" * 400,
    ]
)  # fmt: skip
NAMES = st.lists(EVIL | st.text(max_size=12), min_size=1, max_size=4).map("".join)
SEVERITIES = st.sampled_from(
    [
        Severity(),
        severity("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "GHSA"),
        severity("AV:N/AC:L/Au:N/C:N/I:N/A:C", "NVD"),
        severity("CVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", "NVD"),
        severity("CVSS:9.9/nonsense", "x\n"),
        severity("unimportant", "Debian"),
    ]
)


@st.composite
def components(draw: st.DrawFn) -> Component:
    name, version = draw(NAMES), draw(NAMES)
    digits = draw(st.integers(0, 5))
    vendored = f"pkg:pypi/w@{digits}" if draw(st.booleans()) else ""
    evidence = tuple(draw(st.lists(NAMES, max_size=2)))
    return Component(f"pkg:pypi/p{digits}@1", name, version, "Debian:13", name, version, evidence, vendored)


@st.composite
def matches(draw: st.DrawFn) -> Match:
    known = st.integers(1, 6).map(lambda number: f"CVE-2026-{number}")
    vulnerability = Vulnerability(draw(known | NAMES), tuple(draw(st.lists(NAMES, max_size=2))))
    status, fixed = draw(st.sampled_from(["", "unfixed", "postponed"])), draw(st.just("") | NAMES)
    likely = draw(st.none() | st.floats(0, 1))
    return Match(
        vulnerability, draw(components()), draw(NAMES), fixed, draw(SEVERITIES), status, draw(st.booleans()), likely
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    name, word = draw(NAMES), draw(NAMES)
    undecided = tuple(
        Undecided(subject, f"gap: {word}", f"gap: {subject}") for subject in draw(st.lists(NAMES, max_size=3))
    )
    sides = []
    for image in "ab":
        found = draw(st.lists(matches(), max_size=5))
        one = scan(image, [match.component for match in found], found, 13)
        sides.append(replace(one, undecided=(*one.undecided, *undecided[: draw(st.integers(0, 3))])))
    old, new = sides
    waivers = tuple(Waiver(match.vulnerability.id, "*", word, LATER) for match in new.matches[:1])
    policy = Policy(waivers=waivers, acceptances=(Acceptance("Debian:13", word, LATER),))
    comparison = compare(old, new) if draw(st.booleans()) else None
    return replace(
        rich(),
        name=name,
        new=Side(word, new),
        old=Side(name, old) if comparison else None,
        comparison=comparison,
        verdict=judge(comparison, policy, TODAY) if comparison else judge_alone(new, policy, TODAY),
        proofs=(Proof("a", "a", Failed((Finding(name, word, name),))), Proof("b", "b", Unknown(word))),
    )


@pytest.fixture(scope="module")
def sarif_schema(published_schema: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return published_schema("sarif-2.1.0")


MANY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@MANY
@given(documents())
def test_what_is_written_is_valid(sarif_schema: dict[str, Any], document: Document) -> None:
    jsonschema.Draft7Validator(sarif_schema).validate(stdlib_json.loads(sarif.render(document)))
    OURS.validate(stdlib_json.loads(json.render(document)))
    assert BOM.validate_str(cyclonedx.render(document)) is None
    suites = ElementTree.fromstring(junit.render(document).encode())
    failed = len(suites.findall(".//failure")) + len(suites.findall(".//error"))
    assert failed == int(suites.attrib["failures"]) + int(suites.attrib["errors"])
    assert (failed == 0) == (document.state == "passed")
    for renderer in (text, markdown, sarif, json, junit, cyclonedx):
        said = renderer.render(document)
        assert said == renderer.render(document)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]", said)


def shown(document: Document) -> str:
    """The comment as GitHub shows it, but for what it does to that HTML afterwards."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown.render(document))


TAGS = {
    "h2", "h3", "p", "strong", "ul", "li", "code", "table", "thead", "tbody", "tr", "th", "td", "a", "br",
    "details", "summary",
}  # fmt: skip


@MANY
@given(documents())
def test_nothing_of_an_image_acts_in_the_comment(document: Document) -> None:
    html = shown(document)
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= TAGS
    assert len(re.findall("<!--", html)) == 1
    assert html.count("<details>") == html.count("</details>") == html.count("<summary>")
    assert all(it.startswith("https://osv.dev/vulnerability/CVE-2026-") for it in re.findall(r'<a href="([^"]*)', html))
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.S)
    outside = re.sub(r"<a .*?</a>", "", outside)
    assert not re.search(r"@\w|#\d|://\w|www\.", outside)
    rows = [row.count("<td") for row in re.findall(r"<tr>.*?</tr>", html, flags=re.S) if "<td" in row]
    assert set(rows) <= {2, 3, 4, 5}


def large(count: int, name: str) -> Document:
    """With `count` of everything that there can be many of, all of that name."""
    component = Component("pkg:deb/debian/a@1", name, "1", "Debian:13", name, "1", (name,))
    found = [Match(Vulnerability(f"CVE-2026-{10000 + n}"), component, name, name) for n in range(count)]
    undecided = tuple(Undecided(f"{n}{name}", f"gap: {name}", f"gap: {n}") for n in range(count))
    old = scan("a", [component], found[: count // 2], 13)
    new = scan("b", [component], found[count // 4 :], 13)
    new = replace(new, undecided=undecided)
    comparison = compare(old, new)
    verdict = replace(judge(comparison, Policy(), TODAY), used=(name,) * count, reasons=(name,) * count)
    finding = Finding(name, name, name)
    proofs = tuple(Proof(f"p{n}", name, Failed((finding,) * (count // 100 + 1))) for n in range(10))
    base = replace(rich(), name=name, new=Side(name, new), old=Side(name, old), comparison=comparison)
    return replace(base, verdict=verdict, proofs=proofs)


@pytest.mark.parametrize("name", ["x", "@" * 1000, "\x00<&|" * 300, "船" * 5000])
@pytest.mark.parametrize("count", [1, 40, 1000])
def test_a_comment_is_never_longer_than_github_takes(count: int, name: str) -> None:
    said = markdown.render(large(count, name))
    assert len(said) <= markdown.LIMIT
    assert said.startswith(f"{markdown.MARKER}\n## ")
    assert "❌ failed" in said
    if count == 1000:
        assert re.search(r"\*[\d,]+ (more )?lines left out here", said)
    assert said.count("<details>") == said.count("</details>")


def test_what_github_would_refuse_is_cut_and_said() -> None:
    document = large(sarif.MOST + 10, "x")
    run = stdlib_json.loads(sarif.render(document))["runs"][0]
    assert len(run["results"]) == sarif.MOST
    assert len(run["tool"]["driver"]["rules"]) <= sarif.MOST
    assert "results are left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
