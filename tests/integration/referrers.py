"""Registries that list what refers to an image, each in its own way."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .go_programs import built
from .registries import docker_registry

SOURCE = Path(__file__).parent / "referrers_registry"
KINDS = ("tag only", "API", "API that says so, in pages")


@contextmanager
def registry_of(kind: str, folder: Path) -> Iterator[str]:
    """HOST:PORT of Debian's docker-registry, which has no referrers API, or of go-containerregistry's, which has.

    Go 1.19 of Debian 12 will do. Where it cannot be built the tests fail: nothing else here speaks the API.
    """
    if kind == "tag only":
        with docker_registry(folder) as address:
            yield address
        return
    options = ["-subject", "-page", "2"] if kind != "API" else []
    process = subprocess.Popen([str(built(SOURCE, "referrers-registry")), *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout:
            process.stdout.close()
