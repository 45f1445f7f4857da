"""Our linker finds the very files that this machine's own dynamic linker loads."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

import pytest

from barehull.elf import read_elf
from barehull.oci.model import Entry
from barehull.oci.rootfs import Rootfs
from barehull.proof.ldcache import read_cache
from barehull.proof.linker import Linker
from barehull.proof.machine import machine_of

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")
CACHE = Path("/etc/ld.so.cache")
pytestmark = pytest.mark.skipif(
    not ARCHITECTURE or not CACHE.exists() or not Path("/etc/debian_version").exists(), reason="needs a Debian machine"
)


def programs(limit: int = 25) -> list[Path]:
    """Programs of this machine, spread over the alphabet."""
    found = []
    for path in sorted(Path("/usr/bin").iterdir()):
        if path.is_file() and os.access(path, os.R_OK) and path.stat().st_size < 16 << 20:
            elf = read_elf(path.read_bytes())
            if elf and elf.interpreter and elf.needed:
                found.append(path.resolve())
    return found[:: max(1, len(found) // limit)]


def loaded_by_the_machine(path: Path, interpreter: str) -> set[str]:
    """The files that the real linker says it would load (`ld.so --list`, nothing is run)."""
    out = subprocess.run([interpreter, "--list", str(path)], capture_output=True, text=True, check=True, env={}).stdout
    paths = re.findall(r"(?:=> |^\s)(/\S+) \(0x", out, re.MULTILINE)
    return {os.path.realpath(path) for path in paths}


@pytest.mark.parametrize("path", programs(), ids=lambda path: path.name)
def test_the_same_files_as_the_machine(path: Path) -> None:
    elf = read_elf(path.read_bytes())
    assert elf is not None
    expected = loaded_by_the_machine(path, elf.interpreter) | {os.path.realpath(elf.interpreter)}
    files = {str(path), *expected}
    entries = [Entry(file.lstrip("/"), "file", 0o755, content=Path(file).read_bytes()) for file in files]
    links = [Path("/lib"), Path("/lib64"), Path(elf.interpreter)]
    for folder in {Path(file).parent for file in expected}:
        links += [link for link in folder.iterdir() if link.is_symlink() and os.path.realpath(link) in expected]
    seen = {entry.path for entry in entries}
    for link in links:
        name = str(link.parent.resolve() / link.name).lstrip("/")
        if link.is_symlink() and name not in seen:
            seen.add(name)
            entries.append(Entry(name, "symlink", 0o777, target=os.readlink(link)))
    machine = machine_of(ARCHITECTURE)
    assert machine is not None
    with Rootfs.of_entries(entries) as rootfs:
        elves = {file.lstrip("/"): elf for file in files if (elf := read_elf(Path(file).read_bytes()))}
        cache = read_cache(CACHE.read_bytes())
        process, _ = Linker(rootfs, machine, elves, cache, (), "").load(str(path).lstrip("/"))
    assert not process.missing
    assert {f"/{file}" for file in process.files} == files


def test_the_cache_of_the_machine_is_read_as_ldconfig_prints_it() -> None:
    out = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    printed = set(re.findall(r"^\t(\S+) \(.*\) => (\S+)$", out, re.MULTILINE))
    ours = {(name, path) for name, paths in read_cache(CACHE.read_bytes()).items() for path in paths}
    assert ours
    assert ours <= printed
    assert all("hwcap" in line for line in out.splitlines() if any(f"=> {p}" in line for _, p in printed - ours))
