"""OSV's export (https://google.github.io/osv.dev/data/#data-dumps): for each ecosystem a zip of records."""

from __future__ import annotations

from barehull.advisories.feed import Feed, zipped_records

ADDRESS = "https://osv-vulnerabilities.storage.googleapis.com"
ECOSYSTEMS = (
    "Alpine",
    "Chainguard",
    "Debian",
    "Go",
    "Maven",
    "PyPI",
    "Ubuntu",
    "Wolfi",
    "crates.io",
    "npm",
)  # what there are matchers for

FEEDS = tuple(
    Feed(
        name,
        f"OSV's advisories of {name}",
        f"{name}/all.zip",
        f"{ADDRESS}/{name}/all.zip",
        zipped_records,
        listed=True,
    )
    for name in ECOSYSTEMS
)
