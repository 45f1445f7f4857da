"""Go and Rust programs as their compilers really make them, beside `go version -m` and Syft: both find the same."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from barehull.inventory.cataloguers import go, rust
from barehull.inventory.model import Component, Inventory
from barehull.inventory.take import take_inventory
from barehull.oci.model import Config, Entry, Image
from barehull.oci.rootfs import Rootfs

SYFT = Path(sys.executable).parent / "syft"
UV = Path(sys.executable).parent / "uv"  # its releases are built by cargo auditable
GO = shutil.which("go")
needs_go = pytest.mark.skipif(GO is None, reason="there is no go")

MAIN = 'package main\n\nimport "rsc.io/quote"\n\nfunc main() { println(quote.Hello()) }\n'
MODULE = """module example.org/hello

go 1.21

require rsc.io/quote v1.5.2

require (
	golang.org/x/text v0.3.0
	rsc.io/sampler v1.3.0
)

replace golang.org/x/text => golang.org/x/text v0.14.0

replace rsc.io/sampler => ./sampler
"""
SAMPLER = 'package sampler\n\nimport _ "golang.org/x/text/language"\n\nfunc Hello(...string) string { return "" }\n'
BUILDS = {
    "plain": ([], {}),
    "stripped": (["-ldflags=-s -w -buildid="], {}),
    "trimmed": (["-trimpath", "-buildvcs=false"], {}),
    "pie": (["-buildmode=pie"], {}),
    "library": (["-buildmode=c-shared"], {"CGO_ENABLED": "1"}),
    "arm64": ([], {"GOARCH": "arm64"}),
    "386": ([], {"GOARCH": "386"}),
    "big-endian": ([], {"GOARCH": "s390x"}),
    "big-endian of 32 bits": ([], {"GOARCH": "mips"}),
}
# Go 1.14 to 1.19; up to 1.17 by pointers.
OLD = ("esbuild-linux-64@0.3.9", "esbuild-linux-64@0.8.20", "esbuild-linux-64@0.14.0", "@esbuild/linux-x64@0.17.0")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The program built in each way."""
    folder = tmp_path_factory.mktemp("hello")
    (folder / "sampler").mkdir()
    for name, text in {
        "go.mod": MODULE,
        "main.go": MAIN,
        "sampler/go.mod": "module rsc.io/sampler\n\ngo 1.21\n\nrequire golang.org/x/text v0.3.0\n",
        "sampler/sampler.go": SAMPLER,
    }.items():
        (folder / name).write_text(text)
    found = {}
    for number, (name, (flags, environment)) in enumerate(BUILDS.items()):
        found[name] = folder / f"program{number}"
        settings = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"} | environment
        command = [str(GO), "build", *flags, "-o", str(found[name]), "."]
        subprocess.run(command, cwd=folder, env=settings, check=True, timeout=500)
    return found


def ours(path: Path | bytes) -> tuple[Component, ...]:
    content = path if isinstance(path, bytes) else path.read_bytes()
    with Rootfs.of_entries([Entry("program", "file", 0o755, content=content)]) as rootfs:
        return (*go.catalogue(rootfs).components, *rust.catalogue(rootfs).components)


def taken(content: bytes) -> Inventory:
    with Rootfs.of_entries([Entry("opt/program", "file", 0o755, content=content)]) as rootfs:
        return take_inventory(Image("sha256:" + "a" * 64, Config(), (), None), rootfs)


def by_go(path: Path) -> list[tuple[str, str]]:
    """What `go version -m` lists, as we list it: what is in the place of a module, and of which version."""
    first, *lines = subprocess.run(
        [str(GO), "version", "-m", str(path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    found = [("stdlib", first.rpartition(": go")[2])]
    for kind, *fields in (line.strip("\n").lstrip("\t").split("\t") for line in lines):
        if kind in ("mod", "dep"):
            found.append((fields[0], fields[1]))
        elif kind == "=>":
            found[-1] = (found[-1][0], "") if fields[1] == "(devel)" else (fields[0], fields[1])
    return sorted(found)


def by_syft(path: Path) -> set[tuple[str, str]]:
    said = subprocess.run(
        [SYFT, "scan", "-q", f"file:{path}", "-o", "json"],
        capture_output=True,
        check=True,
        env=os.environ | {"SYFT_CHECK_FOR_APP_UPDATE": "false"},
        timeout=300,
    ).stdout
    return {(it["purl"], it["name"]) for it in json.loads(said)["artifacts"]}


@needs_go
@pytest.mark.parametrize("name", BUILDS)
def test_a_program_has_the_modules_that_go_lists(name: str, programs: dict[str, Path]) -> None:
    expected = by_go(programs[name])
    assert ("golang.org/x/text", "v0.14.0") in expected
    assert sorted((it.name, it.version) for it in ours(programs[name])) == expected


@needs_go
@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm")
@pytest.mark.parametrize("package", OLD)
def test_a_program_of_an_older_go_has_the_modules_that_go_lists(package: str, tmp_path: Path) -> None:
    subprocess.run(["npm", "pack", "--silent", package], cwd=tmp_path, check=True, timeout=300)
    (archive,) = tmp_path.glob("*.tgz")
    program = tmp_path / "esbuild"
    with tarfile.open(archive) as file:
        member = file.extractfile("package/bin/esbuild")
        assert member is not None
        program.write_bytes(member.read())
    assert sorted((it.name, it.version) for it in ours(program)) == by_go(program)


@needs_go
@pytest.mark.parametrize("name", ["plain", "stripped", "pie"])
def test_syft_finds_the_same_modules(name: str, programs: dict[str, Path]) -> None:
    mine = {(it.purl, it.name) for it in ours(programs[name])}
    syfts = {(purl.replace("(devel)", "%28devel%29"), name) for purl, name in by_syft(programs[name])}
    # A module in whose place a folder is: Syft names the folder, or nothing.
    assert mine - syfts == {("pkg:golang/rsc.io/sampler", "rsc.io/sampler")}
    assert {name for _, name in syfts - mine} <= {"./sampler"}


@needs_go
def test_a_program_without_section_headers_tells_the_same(programs: dict[str, Path]) -> None:
    program = bytearray(programs["plain"].read_bytes())
    struct.pack_into("<Q", program, 40, 0)  # where they are,
    struct.pack_into("<HHH", program, 58, 0, 0, 0)  # their size, count, and names
    assert ours(bytes(program)) == ours(programs["plain"])


@needs_go
@pytest.mark.parametrize("name", BUILDS)
def test_a_program_stripped_of_its_build_information_is_caught(name: str, programs: dict[str, Path]) -> None:
    program = programs[name].read_bytes()
    assert taken(program).files.suspect == ()
    inventory = taken(program.replace(b"\xff Go buildinf:", bytes(14)))
    assert inventory.components == ()
    (suspect,) = inventory.files.suspect
    assert (suspect.path, suspect.maker) == ("opt/program", "go")


def test_a_rust_program_has_the_crates_that_syft_finds() -> None:
    mine = {(it.purl, it.name) for it in ours(UV)}
    assert len(mine) > 100
    assert mine == by_syft(UV)


def test_a_rust_program_stripped_of_its_crates_is_caught() -> None:
    inventory = taken(UV.read_bytes().replace(b".dep-v0", b".xxx-v0"))
    assert [it for it in inventory.components if it.ecosystem == "crates.io"] == []
    (suspect,) = inventory.files.suspect
    assert suspect.maker == "rust"
