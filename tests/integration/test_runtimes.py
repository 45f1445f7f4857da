"""Every minimal recipe on both releases; and a library that psycopg loads, asked for by name, in a real application."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from barehull.debian.archive import open_archive
from barehull.inventory.take import take_inventory
from barehull.lock import Lock, from_json
from barehull.net import Fetcher
from barehull.oci.model import Layer
from barehull.oci.reference import open_image
from barehull.oci.rootfs import Rootfs
from barehull.runtime.compose import compose
from barehull.runtime.recipe import load_recipe
from barehull.runtime.resolve import resolve
from barehull.runtime.shelf import Shelf
from barehull.workshop import open_workshop

from .conftest import Bench
from .test_run import LIMITS, podman
from .test_syft import ours, syft

RELEASES = {12: "3.11", 13: "3.13"}
APP = """\
import ctypes.util
import os

import psycopg

with psycopg.connect(os.environ["DATABASE"]) as connection:
    said = connection.execute("select 6 * 7").fetchone()
print(said[0], psycopg.pq.__impl__, ctypes.util.find_library("pq"), os.getuid())
"""
# What libpq5 needs on top of python3, as its ELF files tell; libgssapi-krb5-2 and libssl3 are in the recipe.
BROUGHT = {12: {"libpq5", "libldap-2.5-0", "libsasl2-2", "libgnutls30"}, 13: {"libpq5", "libldap2", "libsasl2-2"}}


@dataclass
class Database:
    """psycopg's application on one release: its folder, image and lock."""

    debian: int
    bench: Bench
    reference: str
    lock: Lock


@pytest.fixture(scope="module", params=sorted(RELEASES))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, bench: Bench) -> Database:
    debian = request.param
    folder = tmp_path_factory.mktemp(f"database-{debian}")
    (folder / "app").mkdir()
    (folder / "app" / "main.py").write_text(APP)
    (folder / "app" / "barehull.toml").write_text(
        '[application]\nlanguage = "python"\nentrypoint = ["/usr/bin/python3", "main.py"]\n'
        'requirements = ["psycopg==3.2.13"]\n'
        f'[runtime]\nrecipe = "python3"\ndebian = {debian}\npackages = ["libpq5"]\n'
    )
    own = Bench(folder, {"BAREHULL_CACHE": str(bench.folder / "cache")})
    said = own.run("build", "app", "--output", "oci:image", "-q").stdout
    assert said.count("  holds   ") == 5
    lock = from_json((folder / "app" / "barehull.lock").read_text(), "lock")[0]
    return Database(debian, own, f"oci:{folder}/image", lock)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Debian's PostgreSQL on a free port of loopback, as a user that is not root; how to connect to it."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # It refuses to run as root, and pytest's own folders are closed to others.
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    data = Path(tempfile.mkdtemp(prefix="barehull-postgres-"))
    if user:
        shutil.chown(data, "postgres", "postgres")
    try:
        initdb = [programs / "initdb", "-D", data / "data", "-U", "barehull", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=data, timeout=120, **user)
        command = [programs / "postgres", "-D", data / "data", "-p", str(port), "-h", "127.0.0.1", "-k", data, "-F"]
        with (data / "log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd=data, **user)
        try:
            ready = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
            deadline = time.monotonic() + 60
            while subprocess.run(ready, check=False, capture_output=True).returncode:
                assert server.poll() is None, (data / "log").read_text()
                assert time.monotonic() < deadline, (data / "log").read_text()
                time.sleep(0.2)
            yield f"host=127.0.0.1 port={port} user=barehull dbname=postgres"
        finally:
            server.terminate()
            server.wait(60)
    finally:
        shutil.rmtree(data)


def test_psycopg_reaches_the_database(built: Database, postgres: str) -> None:
    said = podman("run", "--rm", *LIMITS, "-e", f"DATABASE={postgres}", built.reference)
    assert said.split() == ["42", "python", "libpq.so.5", "65532"]


def test_the_lock_and_the_inventory_have_the_same_packages(built: Database) -> None:
    image = open_image(built.reference)
    with Rootfs.of(image) as rootfs:
        found = {
            (it.name, it.version) for it in take_inventory(image, rootfs).components if it.purl.startswith("pkg:deb/")
        }
    assert found == {(deb.name, deb.version) for deb in built.lock.debs}
    names = {deb.name for deb in built.lock.debs}
    assert names >= BROUGHT[built.debian]
    assert not names & {"debconf", "dpkg", "dash", "perl-base", "libsasl2-modules-db"}


def test_scanners_see_what_the_library_brought(built: Database, tmp_path: Path) -> None:
    theirs = {(kind, name) for kind, name, _ in syft(built.reference, tmp_path)}
    mine = {(kind, name) for kind, name, _ in ours(built.bench, built.reference)}
    for deb in built.lock.debs:
        assert ("deb", deb.name) in theirs & mine


def test_the_releases_own_python_runs(built: Database) -> None:
    script = (
        "import sys, os, ssl, sqlite3, json, bz2, lzma, uuid, asyncio, zoneinfo, readline, ctypes.util;"
        "print(f'{sys.version_info[0]}.{sys.version_info[1]}', os.getuid(), os.path.exists(json.__cached__),"
        " ctypes.util.find_library('ssl'), os.path.realpath('/usr/bin/python3'))"
    )
    said = podman("run", "--rm", *LIMITS, "--entrypoint", "/usr/bin/python3", built.reference, "-c", script)
    version = RELEASES[built.debian]
    assert said.split() == [version, "65532", "True", "libssl.so.3", f"/usr/bin/python{version}"]


def test_a_package_with_a_shell_and_one_that_is_not_there_are_refused(built: Database) -> None:
    config = built.bench.app / "barehull.toml"
    for package, words in (("bash", "bash brings /bin/bash"), ("libpg5", "no package 'libpg5'")):
        other = config.with_name("other.toml")
        other.write_text(config.read_text().replace("libpq5", package))
        said = built.bench.run("build", "app", "--config", str(other), "--output", "oci:other", "-q", code=2)
        assert words in said.stderr.replace("/usr/bin/", "/bin/")


@pytest.mark.parametrize("debian", sorted(RELEASES))
@pytest.mark.parametrize("recipe", ["static", "base", "cc", "python3"])
def test_a_recipe_composes_to_the_same_bytes(
    recipe: str, debian: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = []
    for number in (1, 2):
        monkeypatch.setenv("BAREHULL_CACHE", str(tmp_path / f"cache{number}"))
        digests.append([layer.digest for layer in _composed(recipe, debian)])
        shutil.rmtree(tmp_path / f"cache{number}")
    assert digests[0] == digests[1]


def _composed(name: str, debian: int) -> tuple[Layer, ...]:
    workshop, recipe = open_workshop(), load_recipe(name, debian)
    with Fetcher() as fetcher:
        archive = open_archive(workshop.mirror, debian, "amd64", fetcher, workshop.store, workshop.now)
        shelf = Shelf(workshop.mirror, fetcher, workshop.store, "amd64")
        debs = resolve(recipe, archive, (), shelf)
        shelf.bring(archive.packages[deb.name] for deb in debs)
    lock = Lock("0", "linux/amd64", name, debian, (), debs, (), "")
    layers = compose(lock, recipe, workshop.store).layers
    print(json.dumps([name, debian, len(debs), sum(layer.size for layer in layers)]))
    return layers
