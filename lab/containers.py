"""Images run by podman in the lab, on this machine's network: where one answers, and as which user."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from barehull.core.errors import IncompleteError
from barehull.oci.model import Image

# They work inside containers, too, where there is no systemd and limits cannot be raised.
_PODMAN = ("podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs")
_LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--network", "host")
_PATIENCE = 60.0  # seconds until an image answers


def podman(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """What podman prints. IncompleteError, with its words, when it fails."""
    result = subprocess.run(
        [*_PODMAN, *arguments], env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False
    )
    if result.returncode != 0:
        raise IncompleteError(
            f"podman {arguments[0]} failed: {result.stderr.strip()[-500:]}", advice="Look at the image."
        )
    return result.stdout.strip()


def run_once(reference: str, environment: Mapping[str, str], *arguments: str) -> str:
    """What the image at oci:DIR prints when it is run with arguments."""
    with _stored(reference, environment) as identifier:
        return podman(["run", "--rm", *_LIMITS, identifier, *arguments], environment)


@contextlib.contextmanager
def serving(reference: str, image: Image, environment: Mapping[str, str], listens: str) -> Iterator[tuple[str, int]]:
    """The address and the uid of the image at oci:DIR, running; `listens` is the word that says where."""
    address = f"127.0.0.1:{_free_port()}"
    command = [address if word == listens else word for word in (*image.config.entrypoint, *image.config.cmd)]
    with _stored(reference, environment) as stored:
        identifier = podman(["run", "-d", *_LIMITS, "--entrypoint", json.dumps(command), stored], environment)
        try:
            yield address, _uid(podman(["inspect", "-f", "{{.State.Pid}}", identifier], environment))
        finally:
            podman(["rm", "-f", identifier], environment)


def answer(address: str, path: str) -> bytes:
    """What is under a path, as soon as somebody answers. IncompleteError when nobody does."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as response:
                return bytes(response.read(1 << 20))
        except OSError as error:
            if time.monotonic() > deadline:
                raise IncompleteError(
                    f"{address}{path} does not answer: {error}", advice="Look at the image."
                ) from error
            time.sleep(0.1)


@contextlib.contextmanager
def _stored(reference: str, environment: Mapping[str, str]) -> Iterator[str]:
    """The image at oci:DIR in podman's storage, for as long as it takes: its ID."""
    identifier = podman(["pull", "--quiet", reference], environment).splitlines()[-1]
    try:
        yield identifier
    finally:
        podman(["rmi", "--force", identifier], environment)


def _uid(pid: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[2])
    raise IncompleteError(f"the process {pid} has no user", advice="Run it again.")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
