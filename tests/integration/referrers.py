"""Registries that list what refers to an image, each in its own way."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .registries import docker_registry

SOURCE = Path(__file__).parent / "referrers_registry"
KINDS = ("tag only", "API", "API that says so, in pages")


@contextmanager
def registry_of(kind: str, folder: Path) -> Iterator[str]:
    """HOST:PORT of Debian's docker-registry, which has no referrers API, or of go-containerregistry's, which has."""
    if kind == "tag only":
        with docker_registry(folder) as address:
            yield address
        return
    options = ["-subject", "-page", "2"] if kind != "API" else []
    process = subprocess.Popen([str(built()), *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout:
            process.stdout.close()


def built() -> Path:
    """The program, built once for all runs by whatever Go is there (1.19 of Debian 12 will do), from go.sum's modules.

    Where it cannot be built the tests fail: nothing else here speaks the API.
    """
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCE.iterdir()))).hexdigest()
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    program = base / "barehull-tests" / f"referrers-registry-{digest[:16]}"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        made = program.with_suffix(f".{os.getpid()}")
        settings = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
        command = ["go", "build", "-trimpath", "-buildvcs=false", "-o", str(made), "."]
        done = subprocess.run(command, cwd=SOURCE, env=settings, capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, done.stderr
        made.rename(program)
    return program
