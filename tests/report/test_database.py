"""What `barehull db status` says of sources."""

from __future__ import annotations

from barehull.advisories.model import Coverage, Database, SourceState
from barehull.report.database import render


def test_each_source_is_told_with_its_age_or_its_absence():
    sources = (
        SourceState("epss", "FIRST's probabilities", "absent"),
        SourceState("kev", "CISA's catalog", "kept", "2026-11-20", 1400),
        SourceState("npm", "OSV's advisories of npm", "left-out"),
        SourceState("Go", "OSV's advisories of Go", "read", facts=4274),
    )
    coverage = (Coverage("npm", "partial", "2019-12-31", 446, "the rest"),)
    lines = render(Database("sha256:d", "2026-11-24T00:00:00Z", "a test", coverage, sources)).splitlines()
    assert lines[2:] == [
        "  npm: in part, as of 2019-12-31, 446 records; left out: the rest",
        "sources",
        "  epss            none there: FIRST's probabilities",
        "  kev             1,400 facts, as of 2026-11-20, unchanged",
        "  npm             left out: OSV's advisories of npm",
        "  Go              4,274 facts",
    ]
