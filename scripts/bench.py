"""Builds of the example beside buildah, and images to and from a registry beside skopeo: medians of interleaved runs.

All that is fetched is near, for both: a mirror of Debian's archive and a Python index on loopback, filled before the
clock starts, and the Dockerfile's base as a local image, as it would be for a developer. The registry is Debian's
docker-registry on loopback, with a new repository for each push. Run it by `make bench`, on a machine that does nothing
else. Times are of whole processes; "after start" is what remains without the time of `barehull --version`.
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
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench_places import make_index, near_mirror, registry

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "volumes-web-app"
BUILDAH = ("buildah", "--storage-driver", "overlay")
BASE = "localhost/bench/python:debian"
APPLICATION = "localhost/bench/app"
# What the command of this name does, without an image of its own to write: as `scan docker://...` begins.
PULL = "import sys; from barehull.oci.reference import open_image; open_image(sys.argv[1])"
PUSH = "import sys; from barehull.oci.reference import open_image, save_image; save_image(open_image(sys.argv[1]), sys.argv[2])"


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
    verdict = command[:2] == ("barehull", "scan") and result.returncode in (1, 3)  # which is no failure of the command
    if result.returncode and not verdict:
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
    """A folder with a copy of the example and with an application that is Python alone, gone afterwards."""
    # Not by a random name: buildah makes an image name of it, and "-_" has no place in one.
    folder = Path(tempfile.gettempdir()) / f"barehull-bench-{os.getpid()}"
    folder.mkdir()
    try:
        shutil.copytree(EXAMPLE, folder / "app", ignore=shutil.ignore_patterns("*.lock", "__pycache__"))
        (folder / "python3").mkdir()
        (folder / "python3" / "main.py").write_text("print('hello')\n")
        (folder / "python3" / "barehull.toml").write_text(
            '[application]\nlanguage = "python"\nentrypoint = ["/usr/bin/python3", "main.py"]\nrequirements = []\n[runtime]\ndebian = 13\n'
        )
        yield folder
    finally:
        shutil.rmtree(folder)


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
    barehull(folder, "app", f"oci:{layout}", "--config", str(configuration))
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
    settings = folder / "pip.conf"
    settings.write_text(f"[global]\nindex-url = {os.environ['UV_DEFAULT_INDEX']}\n")
    options += ["--volume", f"{settings}:/etc/pip.conf:ro"]
    run(*BUILDAH, "bud", *options, "-f", str(dockerfile), "-t", APPLICATION, str(folder / "app"))
    run(*BUILDAH, "push", "-q", APPLICATION, f"oci:{out}")


def barehull(folder: Path, application: str, output: str, *options: str) -> None:
    run("barehull", "build", str(folder / application), "--quiet", "--output", output, *options)


def fresh(folder: Path, *names: str) -> None:
    """Remove what earlier runs left: caches, outputs, locks."""
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).unlink(missing_ok=True)


def builds(folder: Path, rows: dict[str, Row], number: int) -> None:
    """One run of each build."""
    fresh(folder, "cache", "out", "python3/barehull.lock", "python3-out", "app/barehull.lock")
    timed(rows["barehull --version"], lambda: run("barehull", "--version"))
    timed(rows["python3 alone, cold"], lambda: barehull(folder, "python3", f"oci:{folder / 'python3-out'}"))
    fresh(folder, "cache")
    for name in ("cold", "warm", "one line"):
        if name == "one line":
            change_one_line(folder / "app", number)
        timed(rows[name], lambda: barehull(folder, "app", f"oci:{folder / 'out'}"))
    timed(rows["buildah, one line"], lambda: buildah(folder, cached=True))
    timed(rows["buildah, cold"], lambda: buildah(folder, cached=False))
    timed(rows["scan"], lambda: run("barehull", "scan", f"oci:{folder / 'out'}"))


def transports(folder: Path, rows: dict[str, Row], host: str, number: int) -> None:
    """One push and one pull of each, of the image that barehull built."""
    image, ours, theirs = f"oci:{folder / 'out'}", f"docker://{host}/ours:{number}", f"docker://{host}/skopeo{number}:1"
    ours = f"docker://{host}/barehull{number}:1"
    fresh(folder, "cache", "skopeo-out")
    timed(rows["push"], lambda: run(sys.executable, "-c", PUSH, image, ours))
    timed(rows["skopeo, push"], lambda: run("skopeo", "copy", "--dest-tls-verify=false", f"{image}:latest", theirs))
    timed(rows["pull"], lambda: run(sys.executable, "-c", PULL, ours))
    out = f"oci:{folder / 'skopeo-out'}:latest"
    timed(rows["skopeo, pull"], lambda: run("skopeo", "copy", "--src-tls-verify=false", theirs, out))


def peak_of_tree(work: Callable[[], None]) -> float:
    """The most memory, in MB, that all processes of `work` have together, looked at every 10 ms (shared pages count once)."""
    peak, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.01):
            peak = max(peak, sum(map(_proportional, _descendants(os.getpid()))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    ended.set()
    watcher.join()
    return peak / 1000


def _descendants(process: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{process}/task"):
            for child in map(int, Path(f"/proc/{process}/task/{task}/children").read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _proportional(process: int) -> int:
    """Kilobytes of a process (PSS); 0 when it has ended."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return 0


PEERS = {"cold": "buildah, cold", "one line": "buildah, one line", "push": "skopeo, push", "pull": "skopeo, pull"}
NAMES = (
    "barehull --version",
    "python3 alone, cold",
    "cold",
    "warm",
    "one line",
    "scan",
    "push",
    "pull",
    *PEERS.values(),
)


def measure(runs: int) -> tuple[dict[str, Row], float]:
    """The rows of the table, and the memory of a cold build in MB."""
    rows = {name: Row(name) for name in NAMES}
    with workplace() as folder, near_mirror(folder / "near") as near, registry(folder / "registry") as host:
        make_index(folder / "app" / "requirements.txt", folder / "near" / "simple", "3.13")
        os.environ.update(
            BAREHULL_MIRROR=near, BAREHULL_CACHE=str(folder / "cache"), UV_DEFAULT_INDEX=f"{near}/simple/"
        )
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
        import_base(folder)
        buildah(folder, cached=True)
        barehull(folder, "python3", f"oci:{folder / 'python3-out'}")
        for number in range(runs):
            builds(folder, rows, number)
            transports(folder, rows, host, number)
            print(f"run {number + 1} of {runs}", file=sys.stderr)
        fresh(folder, "cache", "out", "app/barehull.lock")
        memory = peak_of_tree(lambda: barehull(folder, "app", f"oci:{folder / 'out'}"))
    return rows, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    rows, memory = measure(parser.parse_args().runs)
    start = rows["barehull --version"].median
    print("| | median s | min | max | after start | peak MB | peer | peer's median s | times quicker |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, row in rows.items():
        if name in PEERS.values():
            continue
        cells = [f"{row.median:.2f}", f"{min(row.seconds):.2f}", f"{max(row.seconds):.2f}", f"{row.median - start:.2f}"]
        peer = rows.get(PEERS.get(name, ""))
        beside = [peer.name, f"{peer.median:.2f}", f"{peer.median / row.median:.1f}"] if peer else ["", "", ""]
        print("| " + " | ".join([name, *cells, f"{row.peak:.0f}", *beside]) + " |")
    print(f"memory of all processes of a cold build together: {memory:.0f} MB")


if __name__ == "__main__":
    main()
