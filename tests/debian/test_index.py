from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import IntegrityError
from barehull.debian.index import Index, Newest, Package, parse

SHA = "0123456789abcdef" * 4
ZLIB = f"""\
Package: zlib1g
Source: zlib
Version: 1:1.3.dfsg+really1.3.1-1+b1
Installed-Size: 163
Maintainer: Mark Brown <broonie@debian.org>
Architecture: amd64
Provides: libz1
Depends: libc6 (>= 2.14)
Breaks: libxml2 (<< 2.7.6.dfsg-2)
Description: compression library - runtime
Multi-Arch: same
Section: libs
Priority: optional
Filename: pool/main/z/zlib/zlib1g_1.3.dfsg+really1.3.1-1+b1_amd64.deb
Size: 88872
SHA256: {SHA}
"""
DPKG = f"""\
Package: dpkg
Source: dpkg (1.22.20)
Version: 1.22.20+b2
Architecture: amd64
Essential: yes
Priority: required
Pre-Depends: libbz2-1.0,
 libc6 (>= 2.38),
 liblzma5 (>= 5.4.0)
Filename: pool/main/d/dpkg/dpkg_1.22.20_amd64.deb
Size: 1
SHA256: {SHA}
"""


def read(*stanzas: str, suite: str = "trixie") -> Index:
    return parse(["\n".join(stanzas).encode()], archive="debian", suite=suite)


def test_a_package() -> None:
    assert list(read(ZLIB, DPKG).versions("zlib1g")) == [
        Package(
            name="zlib1g",
            version="1:1.3.dfsg+really1.3.1-1+b1",
            architecture="amd64",
            source="zlib",
            source_version="1:1.3.dfsg+really1.3.1-1+b1",
            path="pool/main/z/zlib/zlib1g_1.3.dfsg+really1.3.1-1+b1_amd64.deb",
            sha256=SHA,
            size=88872,
            essential=False,
            priority="optional",
            multi_arch="same",
            depends="libc6 (>= 2.14)",
            pre_depends="",
            provides="libz1",
            archive="debian",
            suite="trixie",
        )
    ]


def test_a_binary_only_rebuild_names_the_version_of_its_source() -> None:
    (dpkg,) = read(ZLIB, DPKG).versions("dpkg")
    assert (dpkg.source, dpkg.source_version, dpkg.version) == ("dpkg", "1.22.20", "1.22.20+b2")
    assert dpkg.essential
    assert dpkg.multi_arch == "no"


def test_a_field_may_go_on_in_further_lines() -> None:
    (dpkg,) = read(DPKG).versions("dpkg")
    assert dpkg.pre_depends.split() == ["libbz2-1.0,", "libc6", "(>=", "2.38),", "liblzma5", "(>=", "5.4.0)"]


@given(st.lists(st.integers(1, 400), max_size=8))
def test_it_does_not_matter_where_the_pieces_are_cut(lengths: list[int]) -> None:
    text = f"{ZLIB}\n{DPKG}".encode()
    pieces, at = [], 0
    for length in lengths:
        pieces.append(text[at : at + length])
        at += length
    index = parse([*pieces, text[at:]], archive="debian", suite="trixie")
    assert list(index.names()) == ["zlib1g", "dpkg"]
    assert list(index.versions("dpkg")) == list(read(DPKG).versions("dpkg"))


def test_an_empty_index_has_no_packages() -> None:
    assert list(parse([], archive="debian", suite="trixie").names()) == []
    assert list(parse([b""], archive="debian", suite="trixie").versions("dpkg")) == []


def test_the_newest_of_several_suites_and_of_several_stanzas() -> None:
    older, newer = (ZLIB.replace("1.3.1-1+b1", f"1.3.1-1+b{number}") for number in (9, 10))
    index = read(older, DPKG, newer)
    assert len(list(index.versions("zlib1g"))) == 2
    assert Newest([index])["zlib1g"].version.endswith("+b10")
    security = read(ZLIB.replace("1.3.1-1+b1", "1.3.1-1+b2"), suite="trixie-security")
    assert Newest([read(ZLIB), security])["zlib1g"].suite == "trixie-security"
    assert Newest([security, read(ZLIB)])["zlib1g"].suite == "trixie-security"


def test_of_equal_versions_the_one_of_the_first_suite() -> None:
    assert Newest([read(ZLIB), read(ZLIB, suite="trixie-security")])["zlib1g"].suite == "trixie"


def test_newest_is_a_mapping_by_name() -> None:
    packages = Newest([read(ZLIB, DPKG), read(ZLIB, suite="trixie-security")])
    assert sorted(packages) == ["dpkg", "zlib1g"]
    assert len(packages) == 2
    assert "zlib1g" in packages
    assert packages.get("zlib") is None


def test_packages_by_a_line() -> None:
    packages = Newest([read(ZLIB, DPKG)])
    assert [package.name for package in packages.with_line("Essential: yes")] == ["dpkg"]
    assert [package.name for package in packages.with_line("Provides: ")] == ["zlib1g"]


@pytest.mark.parametrize("text", ["Version: 1\n", "\n\n\nPackage: x\n", "<html>"])
def test_a_stanza_without_a_package_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError, match="index of trixie"):
        read(text)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (f"SHA256: {SHA}\n", ""),
        (SHA, SHA[:-1]),
        (SHA, SHA.replace("a", "/")),
        ("Size: 88872", "Size: many"),
        ("Filename:", "File:"),
        ("Version:", "Ver:"),
        ("Source: zlib", "Source: zlib (1"),
    ],
)
def test_a_package_that_lacks_what_is_needed_is_refused(good: str, bad: str) -> None:
    index = read(ZLIB.replace(good, bad))
    with pytest.raises(IntegrityError, match="index of trixie"):
        list(index.versions("zlib1g"))
