from __future__ import annotations

import pytest

from barehull.debian.archive import Archive
from barehull.debian.closure import UnsatisfiedError, closure, essential_names, required_names
from barehull.debian.index import Newest, parse


def archive(text: str) -> Archive:
    """One package a line: NAME, then fields separated by semicolons."""
    stanzas = []
    for line in text.strip().splitlines():
        name, *fields = (part.strip() for part in line.split(";"))
        known = {"Version": "1.0"} | dict(field.split(": ", 1) for field in fields)
        body = "".join(f"{key}: {value}\n" for key, value in known.items())
        stanzas.append(f"Package: {name}\n{body}Architecture: amd64\nFilename: p\nSize: 1\nSHA256: {'0' * 64}\n")
    index = parse(["\n".join(stanzas).encode()], archive="debian", suite="trixie")
    return Archive("amd64", Newest([index]), ())


def names(text: str, *wanted: str, essential: bool = False) -> list[str]:
    return [package.name for package in closure(archive(text), wanted, essential=essential)]


def test_what_it_depends_on_and_so_on() -> None:
    text = """
    app; Depends: lib (>= 1); Recommends: manual
    lib; Pre-Depends: libc
    libc
    manual
    """
    assert names(text, "app") == ["app", "lib", "libc"]


def test_packages_that_depend_on_each_other() -> None:
    assert names("a; Depends: b\nb; Depends: a", "a") == ["a", "b"]


def test_the_first_alternative_that_can_be_had() -> None:
    text = "app; Depends: gone | old (>= 2) | third | fourth\nold\nthird\nfourth"
    assert names(text, "app") == ["app", "third"]


def test_an_alternative_that_is_chosen_already_will_do() -> None:
    text = "app; Depends: first | second\nfirst\nsecond"
    assert names(text, "app", "second") == ["app", "second"]


def test_a_virtual_package_by_priority_then_name() -> None:
    text = """
    app; Depends: awk
    gawk; Provides: awk; Priority: optional
    mawk; Provides: awk; Priority: required
    a-awk; Provides: awk; Priority: optional
    """
    assert names(text, "app") == ["app", "mawk"]
    assert names(text.replace("required", "optional"), "app") == ["a-awk", "app"]
    assert names(text, "app", "gawk") == ["app", "gawk"]


def test_a_version_is_met_only_by_a_provided_version() -> None:
    text = """
    app; Depends: api (>= 2)
    none; Provides: api
    old; Provides: api (= 1)
    fit; Provides: other, api (= 2)
    """
    assert names(text, "app") == ["app", "fit"]


def test_a_name_is_not_its_beginning() -> None:
    assert names("app; Depends: awk\nx; Provides: awk-tools\ny; Provides: awk", "app") == ["app", "y"]


def test_essential_and_required_packages() -> None:
    text = """
    dash; Essential: yes; Depends: libc
    libc
    mawk; Priority: required
    other; Essential: no; Priority: optional
    """
    assert essential_names(archive(text)) == ("dash",)
    assert required_names(archive(text)) == ("mawk",)
    assert names(text, essential=True) == ["dash", "libc"]
    assert names(text) == []


def test_the_order_of_the_wishes_does_not_matter() -> None:
    text = "a; Depends: x | y\nb; Depends: y | x\nx\ny"
    assert names(text, "a", "b") == names(text, "b", "a")


def test_a_missing_dependency_names_the_chain() -> None:
    text = "app; Depends: web\nweb; Depends: lib (>= 2) | gone\nlib"
    with pytest.raises(UnsatisfiedError, match=r"app -> web needs lib \(>= 2\) \| gone"):
        names(text, "app")


def test_a_wanted_package_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(UnsatisfiedError, match="no package 'libpq'") as caught:
        names("libpq5\nother", "libpq")
    assert "libpq5" in caught.value.advice
