from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from barehull.debian.deb import Deb, DebEntry
from barehull.debian.known_files import Origin, note_files, origin_of
from barehull.files import Store

ELF = b"\x7fELF" + bytes(60)
OLD = Origin("libssl3t64", "3.5.1-1+b1", "amd64", "openssl", "3.5.1-1", 13)


def deb(content: bytes) -> Deb:
    return Deb({"control": b""}, (DebEntry("usr/lib/libssl.so.3", "file", 0o644, 0, 0, 0, content),))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_machine_code_is_put_down_to_the_package_that_had_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    note_files(store, deb(ELF), OLD)
    assert origin_of(store, sha256(ELF)) == OLD
    assert origin_of(store, sha256(ELF + b"x")) is None


def test_what_is_no_machine_code_is_not_noted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    note_files(store, deb(b"#!/bin/sh"), OLD)
    assert origin_of(store, sha256(b"#!/bin/sh")) is None


def test_a_file_that_a_newer_version_left_as_it_was_is_as_good_as_the_newer_one(tmp_path: Path) -> None:
    new, newest = replace(OLD, version="3.5.1-1+deb13u2"), replace(OLD, version="3.0.17-1", release=14)
    store = Store(tmp_path)
    for origin, expected in ((new, new), (OLD, new), (newest, newest), (new, newest)):
        note_files(store, deb(ELF), origin)
        assert origin_of(store, sha256(ELF)) == expected


def test_a_note_of_another_version_of_barehull_is_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.remember("debian-files", sha256(ELF), b'{"name": "libssl3t64"}')
    assert origin_of(store, sha256(ELF)) is None
    note_files(store, deb(ELF), OLD)
    assert origin_of(store, sha256(ELF)) == OLD
