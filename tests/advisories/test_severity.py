"""Scores of vectors as their publishers gave them: FIRST's examples, NVD's, GitHub's."""

from __future__ import annotations

import pytest

from barehull.advisories.severity import Severity, severity

PUBLISHED = {
    "AV:N/AC:L/Au:N/C:N/I:N/A:C": ("high", 7.8),  # CVE-2002-0392, CVSS 2's guide
    "AV:N/AC:L/Au:N/C:P/I:N/A:N": ("medium", 5.0),  # CVE-2014-0160, NVD
    "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": ("medium", 6.1),  # CVE-2013-1937, FIRST
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": ("critical", 10.0),  # CVE-2021-44228, NVD
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N": ("high", 7.5),  # CVE-2014-0160, NVD
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": ("none", 0.0),
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H": ("critical", 10.0),  # CVE-2021-44228, FIRST
    "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N": ("high", 8.3),
}


@pytest.mark.parametrize("vector", PUBLISHED)
def test_a_published_vector_has_its_published_score(vector):
    level, score = PUBLISHED[vector]
    found = severity(vector, "CVE-1")
    assert (found.level, found.score, found.vector, found.source) == (level, score, vector, "CVE-1")


@pytest.mark.parametrize("vector", ["CVSS:3.1/AV:N", "CVSS:9.9/AV:N", "CVSS:4.0/", "AV:é", "CVSS:3.1" + "/AV:N" * 99])
def test_a_broken_vector_is_unknown_and_shown(vector):
    assert severity(vector, "CVE-1") == Severity("unknown", None, vector, "CVE-1")
    assert severity(vector, "CVE-1").score is None


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("HIGH", "high"),
        ("MODERATE", "medium"),
        ("unimportant", "low"),
        ("low**", "low"),
        ("not yet assigned", "unknown"),
    ],
)
def test_a_word_is_kept_beside_its_level(word, level):
    assert severity(word, "DEBIAN-CVE-1") == Severity(level, None, word, "DEBIAN-CVE-1")


def test_nothing_said_is_nobodys_word():
    assert severity("", "CVE-1") == Severity()
