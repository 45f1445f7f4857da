"""FIRST's EPSS (https://www.first.org/epss): for each CVE the probability that it is exploited within 30 days."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from barehull.advisories.facts import AsOf, Fact, Probability
from barehull.advisories.feed import Feed, damaged

_MAX_ROWS = 2_000_000
_MAX_LINE = 4096  # characters
_DAY = re.compile(r"score_date:(\d{4}-\d\d-\d\d)")


def read(path: Path, what: str) -> Iterator[Fact]:
    """The rows: a comment with the day, a line of titles, then CVE, probability and percentile."""
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            lines = iter(lambda: file.readline(_MAX_LINE), "")
            day = _DAY.search(next(lines, ""))
            if not day or next(lines, "").split(",")[:2] != ["cve", "epss"]:
                raise damaged(what, "it does not begin as EPSS's files do")
            yield AsOf(day[1])
            for row in csv.reader(islice(lines, _MAX_ROWS)):
                probability = float(row[1])
                if not 0 <= probability <= 1:
                    raise ValueError(f"{row[0]} has the probability {row[1]}")
                yield Probability(row[0], probability)
    except (OSError, EOFError, zlib.error, ValueError, IndexError, csv.Error) as error:
        raise damaged(what, error) from error


FEEDS = (
    Feed(
        "epss",
        "FIRST's probabilities of exploitation (EPSS)",
        "epss/epss_scores-current.csv.gz",
        "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
        read,
        limit=64 << 20,
    ),
)
