from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.runtime.ldcache import Library, is_candidate, write_cache

NAMES = [
    "libc.so.6",
    "libssl.so.3",
    "libz.so.1",
    "libz.so.10",
    "libz.so.9",
    "libstdc++.so.6",
    "ld-linux-x86-64.so.2",
    "liba1b.so",
]
libraries = st.lists(
    st.from_regex(r"lib[a-z0-9+_.-]{1,8}\.so(\.[0-9]{1,3})?", fullmatch=True).map(
        lambda name: Library(name, f"/lib/{name}")
    ),
    max_size=30,
)
LDCONFIG = shutil.which("ldconfig") or shutil.which("/sbin/ldconfig")


@given(libraries, st.randoms())
def test_any_order_of_the_same_libraries_gives_the_same_bytes(some: list[Library], random: object) -> None:
    other = list(some)
    random.shuffle(other)
    assert write_cache(some, "amd64") == write_cache(other, "amd64")


@pytest.mark.skipif(LDCONFIG is None, reason="no ldconfig here")
def test_ldconfig_reads_it(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_bytes(write_cache([Library(name, f"/lib/{name}") for name in NAMES], "amd64"))
    said = subprocess.run([LDCONFIG, "-p", "-C", str(cache)], capture_output=True, text=True, check=True).stdout
    listed = [line.split()[0] for line in said.splitlines() if "=>" in line]
    assert sorted(listed) == sorted(NAMES)
    # In descending order, numbers by value: the loader searches it in halves.
    assert listed.index("libz.so.10") < listed.index("libz.so.9") < listed.index("libz.so.1")


@pytest.mark.parametrize(
    ("path", "candidate"),
    [
        ("usr/lib/x86_64-linux-gnu/libssl.so.3", True),
        ("usr/lib/libfoo.so", True),
        ("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", True),
        ("usr/lib/x86_64-linux-gnu/gconv/libCNS.so", False),
        ("usr/lib/x86_64-linux-gnu/libfoo.a", False),
        ("opt/libfoo.so", False),
    ],
)
def test_only_libraries_in_the_loaders_folders_are_listed(path: str, candidate: bool) -> None:
    assert is_candidate(path, "amd64") is candidate
