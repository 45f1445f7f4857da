"""What several wheels install together."""

from __future__ import annotations

from pathlib import Path

from barehull.build.python import _installed
from barehull.files import Store
from barehull.lock import LockedWheel

from .test_wheel import FILES, INFO, SITE, make


def kept(store: Store, tmp_path: Path, name: str, files: dict[str, bytes]) -> LockedWheel:
    metadata = f"Name: {name}\nVersion: 1.0\n".encode()
    path = make(tmp_path / name, FILES | {f"{INFO}/METADATA": metadata} | files)
    return LockedWheel(name, "1.0", f"{name}-1.0-py3-none-any.whl", store.put(path.read_bytes()))


def test_of_two_wheels_with_one_file_the_later_one_has_it_and_that_is_told(tmp_path: Path) -> None:
    store, said = Store(tmp_path / "store"), []
    wheels = [kept(store, tmp_path, name, {"tests/__init__.py": name.encode()}) for name in ("a", "b")]
    entries = {entry.path: entry for entry in _installed(wheels, "3.13", store, said.append)}
    assert entries[f"{SITE}/tests/__init__.py"].content == b"b"
    assert f"/{SITE}/tests/__init__.py is in several wheels: the one of b is taken" in said
    assert not any("my_pkg/__init__.py" in line for line in said), "the same in both"
