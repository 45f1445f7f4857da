"""Where the archive is read from: an option, the environment, the machine's apt sources, or Debian's own address.

Any place will do, since Release files are signed and everything else is checked by hash.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from barehull.core.errors import IncompleteError, InputError, UsageError
from barehull.net import join, shown

# A source is Debian's if it has one of Debian's suites with its component main.
_SUITE = re.compile(
    r"(?:bullseye|bookworm|trixie|forky|oldoldstable|oldstable|stable|testing|sid|unstable)(-security)?/?"
)
_ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.*)")
SNAPSHOT = "https://snapshot.debian.org/archive"
_SCHEMES = ("http://", "https://", "file:/")


@dataclass(frozen=True, slots=True)
class Mirror:
    """The roots, each a URL or a folder, of the archives "debian" and "debian-security".

    `snapshot` is the root of all that they ever had, in the layout of snapshot.debian.org: ARCHIVE/TIME/PATH.
    """

    debian: str
    security: str
    snapshot: str = SNAPSHOT

    def url(self, archive: str, path: str) -> str:
        """The address of a path in "debian" or "debian-security". InputError for another archive, or a path outside."""
        roots = {"debian": self.debian, "debian-security": self.security}
        if archive not in roots:
            advice = "Make the lock again: this one is damaged, or of a newer barehull."
            raise InputError(f"{archive!r} is not an archive of Debian", advice=advice)
        return join(roots[archive], path)

    def past_url(self, archive: str, path: str, time: datetime) -> str:
        """The address of what the path was at a time (UTC). The snapshot answers with the last state before it."""
        self.url(archive, path)  # refuses what is no archive
        return join(self.snapshot, f"{archive}/{time:%Y%m%dT%H%M%SZ}/{path}")

    def __str__(self) -> str:
        return " ".join(shown(root) for root in (self.debian, self.security))


DEFAULT = Mirror("http://deb.debian.org/debian", "http://deb.debian.org/debian-security")


def mirror_from(option: str | None, environment: Mapping[str, str], apt: Path = Path("/etc/apt")) -> Mirror:
    """The mirror by the first of these that says one: `option`, BAREHULL_MIRROR, the apt sources in `apt`, `DEFAULT`.

    The first two are the URL or folder that holds debian/ and debian-security/, or the addresses of both, with a space
    between. BAREHULL_SNAPSHOT names another snapshot. Errors: UsageError when there are more addresses,
    IncompleteError when the apt sources cannot be read.
    """
    return replace(_named(option, environment, apt), snapshot=environment.get("BAREHULL_SNAPSHOT") or SNAPSHOT)


def _named(option: str | None, environment: Mapping[str, str], apt: Path) -> Mirror:
    text = option or environment.get("BAREHULL_MIRROR", "")
    roots = text.split()
    if os.path.isdir(text):  # a folder's name may have spaces
        roots = [os.path.abspath(text)]
    if len(roots) == 1:
        root = roots[0].rstrip("/")
        return Mirror(f"{root}/debian", f"{root}/debian-security")
    if len(roots) == 2:
        return Mirror(roots[0], roots[1])
    if roots:
        advice = "Give the address that holds debian/ and debian-security/, or the addresses of both."
        raise UsageError(f"a mirror is one address or two, not {len(roots)}", advice=advice)
    return _of_apt(apt)


def _of_apt(apt: Path) -> Mirror:
    found: dict[str, str] = {}
    for uri, suite in _apt_sources(apt):
        match = _SUITE.fullmatch(suite)
        if match and uri.startswith(_SCHEMES):
            found.setdefault("security" if match[1] else "debian", uri)
    return Mirror(found.get("debian", DEFAULT.debian), found.get("security", DEFAULT.security))


def _apt_sources(apt: Path) -> Iterator[tuple[str, str]]:
    """URI and suite of each source of binaries in main that nobody else signs (sources.list(5))."""
    readers = {".list": _one_line, ".sources": _deb822}
    try:
        # Debian's own file first: others may give their suites Debian's names.
        folder = sorted(apt.glob("sources.list.d/*"), key=lambda path: (path.name != "debian.sources", path.name))
        for path in [apt / "sources.list", *folder]:
            if path.suffix in readers and path.is_file():
                yield from readers[path.suffix](path.read_text("utf-8", "replace"))
    except OSError as error:
        advice = "Name a mirror with --mirror or BAREHULL_MIRROR."
        raise IncompleteError(f"the apt sources in {apt} cannot be read: {error.strerror}", advice=advice) from error


def _deb822(text: str) -> Iterator[tuple[str, str]]:
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        pairs = re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza)
        fields = {name.lower(): value.split() for name, value in pairs}
        if "deb" not in fields.get("types", []) or "no" in fields.get("enabled", []):
            continue
        signer = " ".join(fields.get("signed-by", []))
        if "main" in fields.get("components", []) and (not signer or "debian" in signer):
            yield from ((uri, suite) for uri in fields.get("uris", []) for suite in fields.get("suites", []))


def _one_line(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        match = _ONE_LINE.fullmatch(line.partition("#")[0].strip())
        if match and "main" in match["components"].split():
            signer = re.search(r"signed-by=(\S+)", match["options"] or "")
            if signer is None or "debian" in signer[1]:
                yield match["uri"], match["suite"]
