"""Which Python compiles bytecode, on which machine."""

from __future__ import annotations

import dataclasses
import os
from types import SimpleNamespace

import pytest

from barehull.core.errors import IncompleteError
from barehull.debian.archive import Archive
from barehull.debian.index import Newest, parse
from barehull.files import Store
from barehull.lock import LockedDeb
from barehull.runtime.compiler import resolve_tools
from barehull.runtime.interpreter import unpack_interpreter
from barehull.runtime.resolve import locked

NAMES = ("libc6", "libpython3.13-stdlib", "python3.13-minimal", "netbase")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="x86_64"))


def archive(architecture: str, versions: dict[str, str] | None = None) -> Archive:
    text = "".join(
        f"Package: {name}\nVersion: {(versions or {}).get(name, '1')}\nArchitecture: {architecture}\n"
        f"Filename: pool/{name}_{architecture}.deb\nSize: 1\nSHA256: {'a' * 64}\n\n"
        for name in NAMES
    )
    return Archive(architecture, Newest([parse([text.encode()], archive="debian", suite="trixie")]), ())


def debs(there: Archive) -> list[LockedDeb]:
    return [locked(there.packages[name]) for name in NAMES]


def unasked(architecture: str) -> Archive:
    raise AssertionError(architecture)


def test_the_images_own_python_needs_no_other() -> None:
    native = archive("amd64")
    assert resolve_tools(debs(native), "3.13", native, unasked) == ()


def test_an_image_without_python_needs_none() -> None:
    foreign = archive("arm64")
    assert resolve_tools(debs(foreign), "", foreign, unasked) == ()


def test_a_foreign_image_has_this_machines_python_of_the_same_version() -> None:
    foreign = archive("arm64")
    found = resolve_tools(debs(foreign), "3.13", foreign, archive)
    assert [(deb.name, deb.architecture) for deb in found] == [(name, "amd64") for name in NAMES if name != "netbase"]


def test_a_libc_of_another_build_does_no_harm() -> None:
    foreign = archive("arm64")
    assert resolve_tools(debs(foreign), "3.13", foreign, lambda kind: archive(kind, {"libc6": "1+b1"}))


def test_another_version_of_python_is_not_taken() -> None:
    foreign = archive("arm64")
    with pytest.raises(IncompleteError, match=r"python3.13-minimal 1 for arm64, and 2 for amd64"):
        resolve_tools(debs(foreign), "3.13", foreign, lambda kind: archive(kind, {"python3.13-minimal": "2"}))


def test_a_lock_made_on_another_machine_says_what_it_lacks(store: Store) -> None:
    with pytest.raises(IncompleteError, match="runs on this machine, which is amd64") as caught:
        unpack_interpreter(debs(archive("arm64")), "3.13", store)
    assert "--update" in caught.value.advice


def test_a_machine_of_another_kind_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="riscv64"))
    foreign = archive("arm64")
    assert resolve_tools(debs(foreign), "3.13", foreign, unasked) == ()
    riscv = [dataclasses.replace(deb, architecture="riscv64") for deb in debs(foreign)]
    with pytest.raises(IncompleteError, match="riscv64"):
        unpack_interpreter(riscv, "3.13", store)
