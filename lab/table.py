"""One application in four images, in one table: its conventional Dockerfile, and three distroless ones in its place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barehull.core.errors import IncompleteError
from barehull.core.progress import Progress
from barehull.oci.reference import open_image
from lab.containers import answer, serving
from lab.lab import Lab

EXAMPLE = Path(__file__).parents[1] / "examples" / "volumes-web-app"
DOCKERFILE_BASE = "python:3.11"
REAL_BASE = "gcr.io/distroless/python3-debian13:nonroot"
LISTENS = "0.0.0.0:5000"
_COLUMNS = "image | size | packages | CVEs fixable / all | proofs that hold | user | HTTP | release"
_CONFIG = """\
[application]
name = "volumes-web-app"
exclude = ["replaces"]

[runtime]
{runtime}

[[policy.acceptances]]
subject = "Debian:{debian}"
reason = "the advisories that come with barehull tell of fixed vulnerabilities only"
until = 2099-01-01
"""
_COMPOSED = {
    "composed, Debian 12": (12, 'recipe = "python3"\ndebian = 12'),
    "composed, Debian 13": (13, 'recipe = "python3"\ndebian = 13'),
    f"on `{REAL_BASE}`": (13, f'base = "{REAL_BASE}"\nbase-key = "lab.pub"'),
}
_NOTE = (
    "CVEs by the advisories that come with barehull, which tell only of those that have a fix. The stand-in for "
    f"`{DOCKERFILE_BASE}` has the packages of the day on which it was made: an image that nobody rebuilds has more."
)
_CONVENTIONAL = "conventional Dockerfile, by buildah"


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one image. `release` is what comes of putting it in the place of the conventional one."""

    image: str
    size: int
    packages: int
    fixable: int
    vulnerabilities: int
    holding: int
    proofs: int
    uid: int
    answers: bool
    release: str

    def __str__(self) -> str:
        cells: tuple[object, ...] = (
            self.image,
            f"{self.size / 1e6:.1f} MB",
            self.packages,
            f"{self.fixable} / {self.vulnerabilities}",
        )
        cells += (f"{self.holding} of {self.proofs}", self.uid, "answers" if self.answers else "SILENT", self.release)
        return "".join(f"| {cell} " for cell in cells) + "|"


def make_rows(lab: Lab, folder: Path, progress: Progress) -> list[Row]:
    """Build, prove, compare and run the four images in the empty `folder`. IncompleteError for what goes wrong."""
    lab.fill([DOCKERFILE_BASE, REAL_BASE])
    shutil.copytree(EXAMPLE, folder / "app", ignore=shutil.ignore_patterns("*.lock", "__pycache__", "barehull.toml"))
    shutil.copy(lab.public_key, folder / "app" / "lab.pub")
    environment = lab.environment | {"STORAGE_DRIVER": "overlay"}
    progress("building the conventional image")
    old = ("build", "app", "--engine", "buildah", "--conventional", "--output", "oci:old")
    _barehull(folder, environment, *old)
    rows = [_row(_CONVENTIONAL, folder, environment, _config(folder, 13, ""), "--engine", "buildah")]
    for image, (debian, runtime) in _COMPOSED.items():
        progress(f"building it {image}")
        rows.append(_row(image, folder, environment, _config(folder, debian, runtime)))
    return rows


def to_markdown(rows: list[Row]) -> str:
    """The table, with what to know of it."""
    head = f"| {_COLUMNS} |\n|{'---|' * len(_COLUMNS.split('|'))}\n"
    return head + "".join(f"{row}\n" for row in rows) + f"\n{_NOTE}\n"


def _config(folder: Path, debian: int, runtime: str) -> Path:
    (folder / "app" / "barehull.toml").write_text(_CONFIG.format(debian=debian, runtime=runtime))
    return folder / "app" / "barehull.toml"


def _row(image: str, folder: Path, environment: Mapping[str, str], config: Path, *options: str) -> Row:
    config.with_suffix(".lock").unlink(missing_ok=True)
    arguments = ("release", "app", *options, "--replaces", "oci:old", "--output", "oci:new", "--report", "report")
    _barehull(folder, environment, *arguments)
    report = json.loads((folder / "report" / "report.json").read_text())
    new: dict[str, Any] = report["new"]
    reference = f"oci:{folder}/new"
    with serving(reference, open_image(reference), environment, LISTENS) as (address, uid):
        answers = json.loads(answer(address, "/healthz")) == {"status": "ok"}
    found = {it["vulnerability"]: bool(it["fixed_version"]) for it in new["matches"]}
    return Row(
        image=image,
        size=new["compressed_size"],
        packages=len(new["components"]),
        fixable=sum(found.values()),
        vulnerabilities=len(found),
        holding=sum(it["status"] == "pass" for it in report["proofs"]),
        proofs=len(report["proofs"]),
        uid=uid,
        answers=answers,
        release=report["state"],
    )


def _barehull(folder: Path, environment: Mapping[str, str], *arguments: str) -> None:
    """Run barehull; a verdict that fails, or is undecided, is a result, too."""
    command = [sys.executable, "-m", "barehull", *arguments]
    result = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=1200, check=False
    )
    judged = result.returncode in (1, 3) and "verdict by the policy" in result.stdout
    if result.returncode != 0 and not judged:
        raise IncompleteError(f"barehull {arguments[0]} failed:\n{result.stderr[-2000:]}", advice="See its message.")
