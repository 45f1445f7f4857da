"""How bad a vulnerability is, in the words of whoever says so: a CVSS vector, or a distribution's own word."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

Level = Literal["critical", "high", "medium", "low", "none", "unknown"]

# What publishers write where they give no vector. "unimportant" is Debian's: no security problem in practice.
_WORDS: dict[str, Level] = {
    "critical": "critical",
    "high": "high",
    "important": "high",
    "medium": "medium",
    "moderate": "medium",
    "low": "low",
    "negligible": "low",
    "unimportant": "low",
    "none": "none",
}


@dataclass(frozen=True, slots=True, order=True)
class Severity:
    """A severity and who says it.

    `score` is the CVSS base score (0.0 to 10.0), None where `vector` is not a CVSS vector but a word ("unimportant"),
    or "". `source` is the record that says it, "" where nothing does.
    """

    level: Level = "unknown"
    score: float | None = field(default=None, compare=False)  # follows from the vector
    vector: str = ""
    source: str = ""


def is_vector(text: str) -> bool:
    """Whether it has the form of a CVSS vector, of any version."""
    return text.startswith(("CVSS:", "AV:"))


def severity(text: str, source: str) -> Severity:
    """What `source` says in `text`: a CVSS vector (2.0, 3.0, 3.1, 4.0) or a word. What cannot be read is "unknown"."""
    if not is_vector(text):
        level = _WORDS.get(text.strip("*").lower(), "unknown")
        return Severity(level, None, text, source) if text else Severity()
    score = _score(text)
    return Severity("unknown" if score is None else _level(score), score, text, source)


def agreed(own: Severity, others: Severity) -> Severity:
    """What counts of what a record says itself and what others say of the same vulnerability: vectors, then words."""
    theirs_is_better = is_vector(others.vector) and not is_vector(own.vector)
    return own if own.vector and not theirs_is_better else others


@lru_cache(maxsize=1 << 14)  # many records have the same few vectors
def _score(vector: str) -> float | None:
    # 14 ms to import, and most scans find little.
    from cvss import CVSS2, CVSS3, CVSS4, CVSSError

    kind = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    try:
        return float(kind(vector).scores()[0])
    except (CVSSError, ValueError, ArithmeticError, KeyError):
        return None


def _level(score: float) -> Level:
    """The qualitative scale of CVSS 3 and 4, for version 2 as well: its own has no "critical"."""
    steps: tuple[tuple[float, Level], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
    return next((level for least, level in steps if score >= least), "none")
