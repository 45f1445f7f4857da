from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from barehull.application.config import read_settings
from barehull.application.policy import AcceptanceSettings, PolicySettings, overridden
from barehull.core.errors import BarehullError, InputError, UsageError


def read(folder: Path, text: str) -> PolicySettings:
    path = folder / "barehull.toml"
    path.write_text(f"[policy]\n{text}\n")
    return read_settings(path).policy


def refused(caught: pytest.ExceptionInfo[BarehullError], *words: str) -> None:
    for word in words:
        assert word in f"{caught.value.what} {caught.value.advice}"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("", ("guideline",)),
        ('name = "fixable"', ("fixable",)),
        ('rules = ["no-new", "fixable", "no-new"]', ("no-new", "fixable")),
        ('rules = ["guideline", "max-severity"]\nmax-severity = "high"', ("guideline", "max-severity")),
        ("deny-known-exploited = true", ("guideline", "no-known-exploited")),
        ('rules = ["no-new"]\ndeny-known-exploited = true', ("no-new", "no-known-exploited")),
    ],
)
def test_the_rules_of_a_configuration(tmp_path: Path, text: str, rules: tuple[str, ...]) -> None:
    assert read(tmp_path, text).all_rules == rules


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "guidline"', ("policy.name", "'guidline'", "Did you mean 'guideline'?")),
        ('rules = ["nonew"]', ("policy.rules", "'nonew'", "Did you mean 'no-new'?", "fixable")),
        ('rules = ["No-New"]', ("'No-New'", "Did you mean 'no-new'?")),
        ('rules = "no-new"', ("policy.rules", "array")),
        ('name = "no-new"\nrules = ["fixable"]', ("policy.name", "policy.rules", "Leave one")),
        ('rules = ["max-severity"]', ("no level", 'max-severity = "high"')),
        ('max-severity = "high"', ("not among the rules", 'rules = ["guideline", "max-severity"]')),
        ('rules = ["max-severity"]\nmax-severity = "hihg"', ("'hihg'", "Did you mean 'high'?", "none, low, medium")),
        ('rules = ["max-severity"]\nmax-severity = "critical"', ("'critical'", "none, low, medium, high")),
        ("max_severity = 3", ("max_severity", "Did you mean 'max-severity'?")),
        ("deny-known-exploited = 1", ("deny_known_exploited", "bool")),
        ('vex = "x.json"', ("policy.vex", "array")),
        ('vex = ["vex/*.json"]', ("'vex/*.json'", "matches no file", "relative to")),
        ('vex = [""]', ("''", "matches no file")),
        ('vex = ["/nowhere/x.json"]', ("/nowhere/x.json", "matches no file")),
        ('vex = ["a**b/"]', ("'a**b/'", "matches no file")),
        ("[policy.rules]", ("policy.rules",)),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    refused(caught, "barehull.toml", *words)


def test_vex_documents_are_found_beside_the_configuration_sorted_and_each_once(tmp_path: Path) -> None:
    (tmp_path / "vex" / "deep").mkdir(parents=True)
    for name in ("vex/b.json", "vex/a.json", "vex/deep/c.json", "vex/note.txt"):
        (tmp_path / name).write_text("{}")
    whole = tmp_path / "vex" / "note.txt"
    policy = read(tmp_path, f'vex = ["vex/*.json", "vex/**/*.json", "{whole}"]')
    names = [str(Path(path).relative_to(tmp_path)) for path in policy.vex]
    assert names == ["vex/a.json", "vex/b.json", "vex/deep/c.json", "vex/note.txt"]


ACCEPTED = AcceptanceSettings("Debian:13", "fine", date(2027, 1, 1))
SETTINGS = PolicySettings(
    rules=("max-severity", "guideline"),
    max_severity="low",
    vex=("a",),
    acceptances=(ACCEPTED,),
    deny_known_exploited=True,
)


@pytest.mark.parametrize(
    ("policy", "rules", "level"),
    [
        (None, ("max-severity", "guideline", "no-known-exploited"), "low"),
        ("fixable", ("fixable",), ""),
        ("fixable, no-new", ("fixable", "no-new"), ""),
        ("max-severity", ("max-severity",), "low"),
        ("guideline,max-severity=high", ("guideline", "max-severity"), "high"),
    ],
)
def test_a_command_line_takes_the_place_of_rules_and_leaves_what_is_accepted(
    policy: str | None, rules: tuple[str, ...], level: str
) -> None:
    settings = overridden(SETTINGS, policy, [Path("b")])
    assert (settings.all_rules, settings.max_severity) == (rules, level)
    assert settings.acceptances == (ACCEPTED,)
    assert settings.vex == ("a", "b")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("", ("''", "There are: fixable")),
        ("nonew", ("'nonew'", "Did you mean 'no-new'?")),
        ("fixable=high", ("takes no level",)),
        ("max-severity=hihg", ("'hihg'", "Did you mean 'high'?")),
        ("max-severity=", ("''", "none, low, medium, high")),
        ("max-severity", ("no level", "max-severity=high")),
    ],
)
def test_a_wrong_command_line_is_told(policy: str, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        overridden(PolicySettings(), policy, [])
    refused(caught, "--policy", *words)
