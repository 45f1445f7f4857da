"""`barehull check` beside hadolint and tally, over the same Dockerfiles, in one run; and whether time stays linear.

Prints tables of medians (five runs each, interleaved). Run it by `make bench`. DOCKERFILES names a folder of real ones;
without it, 291 are made of the examples that the guidelines come with. A peer that is not installed is left out.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from barehull.guidelines.judge import all_guidelines

RUNS = 5
COUNT = 291
BARE = ("barehull", "check", "--format", "json", "--output", os.devnull)
PEERS: dict[str, Callable[[list[str]], list[str]]] = {
    "hadolint": lambda files: ["hadolint", "--no-fail", "--format", "json", *files],
    # Without the checks that ask a network, and without ShellCheck, which judges shell and not images.
    "tally": lambda files: [
        *["tally", "lint", "--slow-checks", "off", "--ignore", "shellcheck/*", "--format", "json"],
        *files,
    ],
}
# What grows, and how large: (small, large). Linear time makes the ratio of times that of the sizes, at most.
SHAPES: dict[str, tuple[Callable[[int], str], int]] = {
    "a line of 1 MB": (lambda size: "FROM a\nRUN " + "x" * (size - 11) + "\n", 1 << 20),
    "a file of 1 MB": (lambda size: "FROM a\n" + "RUN apt-get install -y curl\n" * (size // 28), 1 << 20),
    "150,000 continuations": (lambda size: "FROM a\nRUN x \\\n" + " y \\\n" * size + " z\n", 150_000),
    "10,000 stages, copied from": (
        lambda size: "".join(f"FROM a AS s{n}\nCOPY --from=s{n - 1} /a /b\n" for n in range(1, size)),
        10_000,
    ),
    "10,000 stages, built on": (
        lambda size: "FROM a AS s0\n" + "".join(f"FROM s{n - 1} AS s{n}\nENV A{n}=1\n" for n in range(1, size)),
        10_000,
    ),
    "40,000 variables": (lambda size: "FROM a\n" + "".join(f"ENV A{n}=$A{n - 1}\n" for n in range(size)), 40_000),
    "10,000 images": (lambda size: "FROM a AS b\nRUN make\n" + "FROM c\nCOPY --from=b /a /a\n" * size, 10_000),
    "3,000 nested ${": (lambda size: "ARG A=" + "${A:-" * size + "}" * size + "\nFROM a:$A\n", 3_000),
}


def made(folder: Path) -> list[str]:
    """As many Dockerfiles as Kubeflow has, from the guidelines' own examples."""
    texts = [text for guideline in all_guidelines() for text in (guideline.bad, guideline.good)]
    for number in range(COUNT):
        (folder / f"Dockerfile.{number:03}").write_text(texts[number % len(texts)])
    return sorted(str(path) for path in folder.iterdir())


def seconds(command: list[str]) -> float:
    """How long a command takes, as a whole process. Exit codes tell of findings, and are not looked at."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def peers(files: list[str]) -> None:
    """The table beside others."""
    commands = {"barehull check": [*BARE, *files]}
    commands |= {name: make(files) for name, make in PEERS.items() if shutil.which(make([])[0])}
    commands["barehull --version"] = ["barehull", "--version"]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(RUNS + 1):
        for name, command in commands.items():
            took = seconds(command)
            if number:  # the first round warms up
                times[name].append(took)
    ours = statistics.median(times["barehull check"])
    print(f"| {len(files)} Dockerfiles | median s | min | max | of ours |\n|---|---|---|---|---|")
    for name, found in times.items():
        median = statistics.median(found)
        print(f"| {name} | {median:.2f} | {min(found):.2f} | {max(found):.2f} | {median / ours:.1f} |")


def shapes(folder: Path) -> None:
    """The table of hostile sizes: a tenth of it, and all of it."""
    start = statistics.median(
        seconds(["barehull", "check", *BARE[2:], str(folder / "Dockerfile.000")]) for _ in range(3)
    )
    print("\n| one file | a tenth, s | whole, s | whole / tenth |\n|---|---|---|---|")
    for name, (make, size) in SHAPES.items():
        took = []
        for part in (size // 10, size):
            path = folder / "Dockerfile.large"
            path.write_text(make(part))
            took.append(max(seconds([*BARE, str(path)]) - start, 0.001))
            path.unlink()
        print(f"| {name} | {took[0]:.2f} | {took[1]:.2f} | {took[1] / took[0]:.1f} |")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="barehull-bench-") as name:
        folder = Path(name)
        files = made(folder)
        given = os.environ.get("DOCKERFILES")
        if given:
            files = sorted(
                str(path) for path in Path(given).rglob("*") if path.is_file() and "dockerfile" in path.name.lower()
            )
            if not files:
                sys.exit(f"{given} has no Dockerfiles")
        peers(files)
        shapes(folder)


if __name__ == "__main__":
    main()
