"""Proofs with a memory give what proofs without one give, whatever was remembered of images before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barehull.files import Store
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import Image
from barehull.proof import facts
from barehull.proof.run import prove

from .conftest import GOOD, LIBRARIES, SITE, ImageMaker, MadeElf, distribution

SOURCES = [b"", b"import json\n", b"import nowhere\n", b"def f():\n    import nowhere\n", b"import (\n", b"\xff\0"]
SOURCES += [b"try:\n    import nowhere\nexcept ImportError:\n    import json\n", b"import sys\nsys.path.append('/x')\n"]
MACHINE_CODE = [MadeElf(), MadeElf(needed=("libc.so.6",)), MadeElf(needed=("libgone.so",)), MadeElf(machine=183)]
MACHINE_CODE += [
    MadeElf(program=True, text=b"GNU bash, version 5"),
    MadeElf(soname="libc.so.6", defines=("GLIBC_2.2.5",)),
]
PATHS = ["app/shop.py", "app/more.py", f"{SITE}/counter/__init__.py", "usr/lib/python3.13/json/decoder.py", "app/code"]
PATHS += ["usr/bin/python3.13", f"{LIBRARIES}/libc.so.6", f"{LIBRARIES}/libgone.so", "usr/bin/tool", "etc/passwd"]
ANYTHING = st.sampled_from([*SOURCES, *MACHINE_CODE, "python3.13", "/app", b"#!/usr/bin/python3\n", b"#!/bin/sh\n"])
LOWER = ("usr/", "etc/", "lib")  # what is in the runtime's layer
CHANGES = st.dictionaries(st.sampled_from(PATHS), ANYTHING, max_size=4)
MODES = st.dictionaries(st.sampled_from(PATHS), st.sampled_from([0o644, 0o755, 0o600, 0o4755]), max_size=2)


def image_of(made: ImageMaker, store: Store) -> Image:
    """The runtime in one layer, the rest in another."""
    entries = with_parents(made._entries())
    lower = [entry for entry in entries if f"{entry.path}/".startswith(LOWER)]
    upper = [entry for entry in entries if entry not in lower]
    layers = tuple(write_layer(part, store, created_by="test") for part in (lower, upper))
    return make_image(made.config, layers, store)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("memory"))


@given(files=CHANGES, modes=MODES, lacking=st.sets(st.sampled_from(sorted(GOOD.files)), max_size=2))
@settings(max_examples=300, deadline=None)
def test_the_answers_are_those_of_proofs_without_a_memory(
    memory: Store, files: dict[str, bytes | str | MadeElf], modes: dict[str, int], lacking: set[str]
) -> None:
    image = image_of(GOOD.lacking(*lacking).having(files, modes), memory)
    expected = prove(image)
    assert prove(image, memory) == expected  # with what earlier examples left
    assert prove(image, memory) == expected  # with all


@pytest.mark.parametrize("release", ["3.12", "3.13"])
def test_what_depends_on_the_release_is_remembered_by_it(memory: Store, release: str) -> None:
    moved = {path.replace("3.13", release): data for path, data in GOOD.files.items()}
    moved["usr/bin/python3"] = f"python{release}"
    source = b"import sys\nif sys.version_info >= (3, 13):\n    import nowhere\n"
    made = replace(GOOD, files={**moved, **distribution("counter"), "app/shop.py": source})
    image = image_of(made, memory)
    assert prove(image, memory) == prove(image, memory) == prove(image)


def test_what_is_remembered_is_not_worked_out_again(memory: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    image = image_of(GOOD, memory)
    expected = prove(image, memory)

    def never(data: bytes, **_: object) -> tuple[()]:
        assert not data
        return ()

    monkeypatch.setattr(facts, "read_elf", never)
    monkeypatch.setattr("barehull.proof.python_imports.imports_of", never)
    assert prove(image, memory) == expected
    with pytest.raises(AssertionError):
        prove(image)


def test_a_memory_folder_that_is_damaged_is_none(tmp_path: Path) -> None:
    memory = Store(tmp_path)
    image = image_of(GOOD.having({"app/shop.py": b"import nowhere\n"}), memory)
    expected = prove(image, memory)
    for path in (tmp_path / "facts").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"nowhere", b"json   "))
    assert prove(image, memory) == expected == prove(image)
