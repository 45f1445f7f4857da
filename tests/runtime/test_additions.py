"""runtime.packages on a minimal recipe: what comes along, and what is refused, with the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from barehull.core.errors import InputError
from barehull.debian.archive import Archive
from barehull.debian.closure import UnsatisfiedError
from barehull.debian.index import Newest, parse
from barehull.debian.mirror import Mirror
from barehull.files import Store
from barehull.lock import LockedDeb
from barehull.net import Fetcher
from barehull.runtime.additions import additions
from barehull.runtime.shelf import Shelf

from ..proof.conftest import MadeElf  # noqa: TID252 - the one maker of ELF files

Deb = Callable[..., LockedDeb]


def library(soname: str, *needed: str, **more: object) -> bytes:
    return bytes(MadeElf(soname=soname, needed=needed, **more))


@dataclass
class Shop:
    """An archive of small packages, which lie in the store."""

    deb: Deb
    shelf: Shelf
    stanzas: list[str] = field(default_factory=list)

    def sells(self, name: str, files: dict[str, bytes | str], *fields: str, source: str = "") -> None:
        made = self.deb(name, files)
        lines = [f"Package: {name}", "Version: 1.0", "Architecture: amd64", *fields, f"Filename: {made.path}"]
        lines += [f"Source: {source or name}", f"SHA256: {made.sha256}", f"Size: {made.size}"]
        self.stanzas.append("\n".join(lines) + "\n\n")

    def adds(self, *names: str, base: Sequence[str] = ("libc6",)) -> list[str]:
        index = parse(["".join(self.stanzas).encode()], archive="debian", suite="trixie")
        archive = Archive("amd64", Newest([index]), ())
        taken = [archive.packages[name] for name in base]
        return [package.name for package in additions(taken, names, archive, self.shelf)]


@pytest.fixture
def shop(deb: Deb, store: Store, tmp_path: Path) -> Iterator[Shop]:
    with Fetcher() as fetcher:
        # The mirror is empty: what the store has is not fetched.
        shop = Shop(deb, Shelf(Mirror(str(tmp_path), str(tmp_path)), fetcher, store, "amd64"))
        shop.sells("libc6", {"usr/lib/libc.so.6": library("libc.so.6", defines=("GLIBC_2.36",))})
        yield shop


def test_of_the_dependencies_only_those_with_a_needed_library_come_along(shop: Shop) -> None:
    shop.sells("libpq5", {"usr/lib/libpq.so.5": library("libpq.so.5", "libldap.so.2", "libc.so.6")},
               "Depends: libc6, debconf, libldap2, libunused1")  # fmt: skip
    shop.sells("libldap2", {"usr/lib/libldap.so.2": library("libldap.so.2", "libsasl2.so.2")}, "Depends: libsasl2-2")
    shop.sells("libsasl2-2", {"usr/lib/libsasl2.so.2": library("libsasl2.so.2")}, "Depends: libsasl2-modules-db")
    shop.sells("libsasl2-modules-db", {"usr/lib/sasl2/libsasldb.so": library("libsasldb.so")})
    shop.sells("libunused1", {"usr/lib/libunused.so.1": library("libunused.so.1")})
    shop.sells("debconf", {"usr/bin/debconf": b"#!/usr/bin/perl", "usr/bin/dpkg": b"x"})
    assert shop.adds("libpq5") == ["libpq5", "libldap2", "libsasl2-2"]


def test_what_the_recipe_has_is_not_added_again(shop: Shop) -> None:
    assert shop.adds("libc6") == []


def test_data_of_the_same_source_and_version_comes_along(shop: Shop) -> None:
    shop.sells("libmagic1", {"usr/lib/libmagic.so.1": library("libmagic.so.1")},
               "Depends: libmagic-mgc (= 1.0), other-data (= 1.0), file-doc (>= 1.0)", source="file")  # fmt: skip
    shop.sells("libmagic-mgc", {"usr/lib/file/magic.mgc": b"magic"}, source="file")
    shop.sells("other-data", {"usr/share/other": b"other"})
    shop.sells("file-doc", {"usr/share/doc/file": b"words"}, source="file")
    assert shop.adds("libmagic1") == ["libmagic1", "libmagic-mgc"]


def test_a_program_brings_its_interpreter(shop: Shop) -> None:
    shop.sells("tool", {"usr/bin/tool": bytes(MadeElf(program=True, interpreter="/lib64/ld.so.2"))}, "Depends: loader")
    shop.sells("loader", {"usr/lib/ld.so.2": library("ld.so.2")})
    assert shop.adds("tool") == ["tool", "loader"]


def test_a_renamed_package_is_found_by_what_it_provides(shop: Shop) -> None:
    shop.sells("a", {"usr/lib/liba.so.1": library("liba.so.1", "libb.so.1")}, "Depends: libb1")
    shop.sells("libb1t64", {"usr/lib/libb.so.1": library("libb.so.1")}, "Provides: libb1 (= 1.0)")
    assert shop.adds("a") == ["a", "libb1t64"]


def test_a_library_may_be_a_step_further_away(shop: Shop) -> None:
    shop.sells("a", {"usr/lib/liba.so.1": library("liba.so.1", "libb.so.1")}, "Depends: b-meta")
    shop.sells("b-meta", {"usr/share/doc/b-meta": b""}, "Depends: libb1")
    shop.sells("libb1", {"usr/lib/libb.so.1": library("libb.so.1")})
    assert shop.adds("a") == ["a", "libb1"]


def test_a_name_that_is_not_there_names_what_is_near(shop: Shop) -> None:
    shop.sells("libpq5", {"usr/x": b""})
    with pytest.raises(UnsatisfiedError, match="no package 'libpg5'") as caught:
        shop.adds("libpg5")
    assert "libpq5" in caught.value.advice


def test_a_need_that_nothing_fulfils_names_the_chain(shop: Shop) -> None:
    shop.sells("a", {"usr/lib/liba.so.1": library("liba.so.1", "libb.so.1")}, "Depends: libb1")
    shop.sells("libb1", {"usr/lib/libb.so.1": library("libb.so.1", "libgone.so.4")}, "Depends: libgone4")
    with pytest.raises(UnsatisfiedError, match=r"a -> libb1 needs libgone\.so\.4"):
        shop.adds("a")


def test_a_symbol_version_that_is_not_defined_names_the_chain(shop: Shop) -> None:
    newer = library("liba.so.1", "libc.so.6", versions={"libc.so.6": ("GLIBC_2.41",)})
    shop.sells("a", {"usr/lib/liba.so.1": newer}, "Depends: libc6")
    with pytest.raises(UnsatisfiedError, match=r"a needs libc\.so\.6 with GLIBC_2\.41, which libc6 does not define"):
        shop.adds("a")


def test_a_package_with_a_shell_names_the_chain(shop: Shop) -> None:
    shop.sells("a", {"usr/lib/liba.so.1": library("liba.so.1", "libb.so.1")}, "Depends: libb1")
    shop.sells("libb1", {"usr/lib/libb.so.1": library("libb.so.1"), "usr/bin/sh": "../lib/hidden"})
    with pytest.raises(InputError, match="a -> libb1 brings /usr/bin/sh"):
        shop.adds("a")


def test_contents_are_remembered(shop: Shop) -> None:
    shop.sells("a", {"usr/lib/liba.so.1": library("liba.so.1", "libc.so.6")}, "Depends: libc6")
    assert shop.adds("a") == shop.adds("a") == ["a"]
