"""Cold, warm and one-line-change builds of the example, beside buildah on its conventional Dockerfile.

Prints a table of medians (five runs each, interleaved, in one go) and the ratios. Run it by `make bench`.
The base image of the Dockerfile is local before the clock starts, as it would be on a developer's machine.
No container registry is needed: the base is composed from Debian's packages and imported under its name.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "volumes-web-app"
BUILDAH = ("buildah", "--storage-driver", "overlay")
BASE = "localhost/bench/python:debian"
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


@dataclass
class Row:
    """One line of the table: seconds of each run, and the peak resident memory of the child in MB."""

    name: str
    seconds: list[float] = field(default_factory=list)
    peak: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def run(*command: str, cwd: Path | None = None, **environment: str) -> None:
    """Run a command silently; on failure show what it said and stop."""
    result = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if result.returncode not in (0, 1, 3):  # a verdict is not a failure of the command
        sys.exit(f"{' '.join(command)} exited {result.returncode}:\n{result.stdout[-4000:]}")


def timed(row: Row, work: Callable[[], None]) -> None:
    """Add one run of `work`, measured from outside in a child process, to `row`."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            work()
        except SystemExit as error:
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"{row.name} failed")
    row.seconds.append(time.perf_counter() - start)
    row.peak = max(row.peak, usage.ru_maxrss / 1000)


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder with a copy of the example, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="barehull-bench-") as name:
        folder = Path(name)
        shutil.copytree(EXAMPLE, folder / "app", ignore=shutil.ignore_patterns("*.lock", "__pycache__"))
        yield folder


def change_one_line(application: Path, number: int) -> None:
    """Change one line of the application's code, as a developer would."""
    source = next(path for path in sorted(application.rglob("*.py")) if "test" not in path.name)
    lines = [line for line in source.read_text().splitlines() if not line.startswith("# change ")]
    source.write_text("\n".join([*lines, f"# change {number}"]) + "\n")


def import_base(folder: Path) -> None:
    """Compose the conventional base (Debian, Python, pip) and make it a local image of buildah's."""
    configuration = folder / "base.toml"
    configuration.write_text(
        '[application]\nname = "base"\nlanguage = "python"\nentrypoint = ["/usr/bin/python3"]\ninclude = ["README.md"]\n'
        'requirements = []\n[runtime]\nrecipe = "debian"\ndebian = 13\npackages = ["python3", "python3-pip"]\n'
    )
    layout = folder / "base"
    run("barehull", "build", str(folder / "app"), "--config", str(configuration), "--output", f"oci:{layout}")
    recipe = folder / "Containerfile"
    recipe.write_text(
        f"FROM oci:{layout}\nUSER 0\nENTRYPOINT []\nWORKDIR /\n"
        "RUN rm -f /usr/lib/python3*/EXTERNALLY-MANAGED && ln -sf python3 /usr/bin/python\n"
    )
    run(*BUILDAH, "bud", "--isolation", "chroot", "-f", str(recipe), "-t", BASE, str(folder))


def buildah(folder: Path, *, cached: bool) -> None:
    """Build the conventional Dockerfile to an OCI layout, on the local base."""
    text = (folder / "app" / "Dockerfile").read_text()
    first = next(line for line in text.splitlines() if line.startswith("FROM "))
    dockerfile = folder / "Dockerfile.local"
    dockerfile.write_text(text.replace(first, f"FROM {BASE}"))
    out = folder / "buildah-out"
    shutil.rmtree(out, ignore_errors=True)
    options = ["--isolation", "chroot", "--network", "host", f"--layers={str(cached).lower()}"]
    if Path(CA_BUNDLE).exists():
        options += ["--volume", f"{CA_BUNDLE}:{CA_BUNDLE}:ro", "--env", f"PIP_CERT={CA_BUNDLE}"]
    name = "localhost/bench/app"
    run(*BUILDAH, "bud", *options, "-f", str(dockerfile), "-t", name, str(folder / "app"))
    run(*BUILDAH, "push", "-q", name, f"oci:{out}")


def barehull(folder: Path, cache: Path) -> None:
    run(
        "barehull", "build", str(folder / "app"), "--quiet", "--output", f"oci:{folder / 'out'}",
        BAREHULL_CACHE=str(cache),
    )  # fmt: skip


def measure(runs: int) -> list[Row]:
    """The rows of the table."""
    names = ("barehull cold", "barehull warm", "barehull one line", "buildah cold", "buildah one line")
    cold, warm, line, peer_cold, peer_line = rows = [Row(name) for name in names]
    with workplace() as folder:
        import_base(folder)
        buildah(folder, cached=True)
        for number in range(runs):
            cache = folder / "cache"
            shutil.rmtree(cache, ignore_errors=True)
            shutil.rmtree(folder / "out", ignore_errors=True)
            (folder / "app" / "barehull.lock").unlink(missing_ok=True)
            timed(cold, lambda: barehull(folder, folder / "cache"))
            timed(warm, lambda: barehull(folder, folder / "cache"))
            change_one_line(folder / "app", number)
            timed(line, lambda: barehull(folder, folder / "cache"))
            timed(peer_line, lambda: buildah(folder, cached=True))
            timed(peer_cold, lambda: buildah(folder, cached=False))
            print(f"run {number + 1} of {runs}", file=sys.stderr)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    rows = measure(parser.parse_args().runs)
    by_name = {row.name: row.median for row in rows}
    print(f"| {'build of the example':<20} | median s | min | max | peak MB |\n|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.name:<20} | {row.median:.2f} | {min(row.seconds):.2f} | {max(row.seconds):.2f} | {row.peak:.0f} |"
        )
    for kind in ("cold", "one line"):
        print(f"buildah / barehull, {kind}: {by_name[f'buildah {kind}'] / by_name[f'barehull {kind}']:.1f}")


if __name__ == "__main__":
    main()
