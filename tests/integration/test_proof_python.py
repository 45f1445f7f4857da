"""Modules are found where the very Python that runs these tests finds them."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import sysconfig
from pathlib import Path

import pytest

from barehull.oci.model import Config, Entry
from barehull.oci.rootfs import Rootfs
from barehull.proof.python_home import Python, python_of
from barehull.proof.python_modules import Finder
from barehull.proof.subject import Subject

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")


def entries() -> list[Entry]:
    """The running interpreter and the names of its standard library, as an image below /opt/py."""
    prefix = Path(sys.base_prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    program = prefix / "bin" / version
    found = [Entry(f"opt/py/bin/{version}", "file", 0o755, content=program.resolve().read_bytes())]
    library = sysconfig.get_config_var("INSTSONAME") or ""
    if (prefix / "lib" / library).is_file():
        found.append(Entry(f"opt/py/lib/{library}", "file", content=(prefix / "lib" / library).read_bytes()))
    for folder, folders, names in os.walk(prefix / "lib" / version):
        folders[:] = [name for name in folders if name not in ("site-packages", "__pycache__", "test")]
        inside = Path(folder).relative_to(prefix)
        found += [Entry(f"opt/py/{inside}/{name}", "file") for name in names]
    return found


@pytest.mark.skipif(not ARCHITECTURE, reason="the architecture is in no table")
def test_the_standard_library_is_found_as_the_interpreter_finds_it() -> None:
    config = Config(architecture=ARCHITECTURE, entrypoint=(f"/opt/py/bin/python3.{sys.version_info.minor}",))
    with Rootfs.of_entries(entries()) as rootfs:
        python = python_of(Subject(rootfs, config))
        if not isinstance(python, Python):
            pytest.skip(f"this machine's Python is put together in another way: {python}")
        finder = Finder(rootfs, python)
        found = {name for name in sys.stdlib_module_names if finder.find(name)}
    real = {name for name in sys.stdlib_module_names if _exists(name)} - {"test"}
    assert len(real) > 200
    assert found - {"test"} == real


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # __main__ and the like, loaded without a spec
        return True
