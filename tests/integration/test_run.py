"""The image runs: under podman, as uid 65532, and its libraries are found."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from barehull.elf import read_elf
from barehull.oci.reference import open_image
from barehull.oci.rootfs import Rootfs

PODMAN = ("podman", "--storage-driver", "overlay", "--runtime", "runc", "--cgroup-manager", "cgroupfs")
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--network", "host")


def podman(*arguments: str) -> str:
    result = subprocess.run([*PODMAN, *arguments], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def container(new: str, port: int) -> Iterator[str]:
    """The example, running with its own command but for the port."""
    words = [*open_image(new).config.entrypoint]
    words[words.index("0.0.0.0:5000")] = f"127.0.0.1:{port}"
    identifier = podman("run", "-d", *LIMITS, "--entrypoint", json.dumps(words), new)
    try:
        yield identifier
    finally:
        podman("rm", "-f", identifier)


def get(port: int, path: str) -> bytes:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
                return bytes(response.read())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_it_answers(container: str, port: int) -> None:
    assert json.loads(get(port, "/healthz")) == {"status": "ok"}
    assert b"mnist-data" in get(port, "/")
    listed = json.loads(get(port, "/api/namespaces/serving/volumes"))
    assert [volume["name"] for volume in listed["volumes"]] == ["models"]


def test_it_runs_as_nobody_that_the_host_knows(container: str, port: int) -> None:
    get(port, "/healthz")
    pid = podman("inspect", "-f", "{{.State.Pid}}", container)
    uids = {line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(("Uid", "Gid"))}
    assert all(set(line.split()[1:]) == {"65532"} for line in uids)


def test_the_standard_library_is_there_and_compiled(new: str) -> None:
    script = (
        "import ssl, sqlite3, ctypes.util, json, os, zoneinfo, bz2, lzma, uuid, asyncio;"
        "zoneinfo.ZoneInfo('Europe/Berlin');"
        "print(os.path.exists(json.__cached__), ssl.create_default_context().cert_store_stats()['x509_ca'] > 100,"
        " ctypes.util.find_library('ssl'))"
    )
    said = podman("run", "--rm", *LIMITS, "--entrypoint", "/usr/bin/python3", new, "-c", script)
    assert said.split() == ["True", "True", "libssl.so.3"]


def test_ldconfig_lists_every_library(new: str, tmp_path: Path) -> None:
    cache = tmp_path / "ld.so.cache"
    with Rootfs.of(open_image(new)) as rootfs:
        cache.write_bytes(rootfs.read("etc/ld.so.cache"))
        folders = ("usr/lib", "usr/lib/x86_64-linux-gnu")
        libraries = set()
        for node in rootfs.files():
            folder, _, name = node.path.rpartition("/")
            if folder in folders and ".so" in name:
                elf = read_elf(rootfs.read(node.path))
                libraries |= {elf.soname or name} if elf and elf.has_dynamic else set()
    said = subprocess.run(["/sbin/ldconfig", "-p", "-C", str(cache)], capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in said.splitlines() if "=>" in line} == libraries
    assert len(libraries) > 40
