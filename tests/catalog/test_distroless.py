"""Distroless images: names, tags, and whether they still have support."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.catalog.catalog import Catalog, parse_name
from barehull.catalog.model import Distroless, ImageName

TODAY = date(2026, 11, 24)


def find(catalog: Catalog, name: str, today: date = TODAY) -> Distroless:
    found = catalog.distroless(parse_name(name), today)
    assert found is not None
    return found


# name below gcr.io/distroless/ -> family, version, debian, debug, nonroot, state, ends
NAMES = {
    "static": ("static", "", "13", False, False, "supported", None),
    "static:nonroot": ("static", "", "13", False, True, "supported", None),
    "static:debug-nonroot-arm64": ("static", "", "13", True, True, "supported", None),
    "static:latest-riscv64": ("static", "", "13", False, False, "supported", None),
    "static:debug-" + "ab" * 20: ("static", "", "13", True, False, "supported", None),
    "static:v1": ("static", "", "13", False, False, "unknown", None),
    "static@sha256:" + "ab" * 32: ("static", "", "13", False, False, "supported", None),
    "static-debian13:nonroot": ("static", "", "13", False, True, "supported", None),
    "static-debian12:nonroot": ("static", "", "12", False, True, "ended", date(2026, 9, 30)),
    "base-nossl-debian12": ("base-nossl", "", "12", False, False, "ended", date(2026, 9, 30)),
    "static-debian11": ("static", "", "11", False, False, "removed", date(2024, 9, 3)),
    "base-debian10": ("base", "", "10", False, False, "removed", date(2022, 9, 6)),
    "cc-debian9": ("cc", "", "9", False, False, "removed", date(2021, 7, 28)),
    "static-debian14": ("static", "", "14", False, False, "unknown", None),
    "python3": ("python3", "3.13", "13", False, False, "supported", None),
    "python3-debian12": ("python3", "3.11", "12", False, False, "removed", date(2026, 5, 12)),
    "python3-debian10": ("python3", "3.7", "10", False, False, "removed", date(2022, 2, 7)),
    "python2.7-debian10": ("python2.7", "2.7", "10", False, False, "removed", date(2021, 9, 20)),
    "nodejs22-debian13:nonroot": ("nodejs", "22", "13", False, True, "supported", date(2027, 4, 30)),
    "nodejs26": ("nodejs", "26", "13", False, False, "supported", date(2029, 4, 30)),
    "nodejs22-debian12": ("nodejs", "22", "12", False, False, "removed", date(2026, 2, 27)),
    "nodejs20-debian13": ("nodejs", "20", "13", False, False, "removed", date(2026, 5, 1)),
    "nodejs18-debian11:debug": ("nodejs", "18", "11", True, False, "removed", date(2024, 9, 3)),
    "nodejs:16": ("nodejs", "16", "13", False, False, "removed", date(2023, 3, 21)),
    "nodejs-debian11:16-debug": ("nodejs", "16", "11", True, False, "removed", date(2023, 3, 21)),
    "nodejs": ("nodejs", "", "13", False, False, "removed", date(2023, 3, 21)),
    "nodejs23": ("nodejs", "23", "13", False, False, "unknown", None),
    "java17-debian13": ("java", "17", "13", False, False, "supported", None),
    "java21-debian12": ("java", "21", "12", False, False, "removed", date(2026, 2, 27)),
    "java11": ("java", "11", "13", False, False, "removed", date(2024, 9, 3)),
    "java:11-debug": ("java", "11", "13", True, False, "removed", date(2022, 4, 19)),
    "java-debian10": ("java", "", "10", False, False, "removed", date(2022, 2, 7)),
    "java-base-debian13": ("java-base", "", "13", False, False, "supported", None),
    "dotnet": ("dotnet", "", "13", False, False, "removed", date(2021, 4, 4)),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_what_it_is_and_the_tables_until_when(name: str, catalog: Catalog) -> None:
    it = find(catalog, f"gcr.io/distroless/{name}")
    assert (it.family, it.version, it.debian, it.debug, it.nonroot, it.state, it.ends) == NAMES[name]
    assert not it.mirror
    assert it.why or it.state == "supported"


def test_support_ends_on_its_day(catalog: Catalog) -> None:
    name = "gcr.io/distroless/static-debian12"
    assert find(catalog, name, date(2026, 9, 29)).state == "supported"
    assert find(catalog, name, date(2026, 9, 30)).state == "ended"
    assert find(catalog, name, date.min).state == "supported"


def test_node_images_end_with_their_node(catalog: Catalog) -> None:
    it = find(catalog, "gcr.io/distroless/nodejs22-debian13", date(2027, 5, 1))
    assert (it.state, it.ends, it.why) == ("ended", date(2027, 4, 30), "node 22 ends on 2027-04-30")


@pytest.mark.parametrize(
    "name",
    ["ghcr.io/me/distroless/static:nonroot", "harbor.example/gcr.io/distroless/static", "eu.gcr.io/distroless/static"],
)
def test_a_copy_elsewhere_is_a_mirror(name: str, catalog: Catalog) -> None:
    it = find(catalog, name)
    assert (it.family, it.mirror) == ("static", True)


@pytest.mark.parametrize(
    "name",
    [
        "gcr.io/distroless/other",
        "gcr.io/distroless/static12",
        "gcr.io/distroless/staticdebian12",
        "gcr.io/other/static",
        "gcr.io/mydistroless/static",
        "ghcr.io/distroless/static",
        "mcr.microsoft.com/azurelinux/distroless/base",
        "cgr.dev/chainguard/static",
        "distroless/static",
        "alpine",
    ],
)
def test_other_images_are_not_distroless(name: str, catalog: Catalog) -> None:
    assert catalog.distroless(parse_name(name), TODAY) is None


def test_families_serve_their_languages(catalog: Catalog) -> None:
    served = {
        name: find(catalog, f"gcr.io/distroless/{name}").languages
        for name in ("static", "base", "cc", "python3", "nodejs22", "java21")
    }
    assert served == {
        "static": ("go", "rust"),
        "base": ("go", "rust", "cpp"),
        "cc": ("rust", "cpp"),
        "python3": ("python",),
        "nodejs22": ("node",),
        "java21": ("java",),
    }
    cc = find(catalog, "gcr.io/distroless/cc")
    assert set(cc.languages) < set(cc.serves)
    assert "go" in cc.serves


@pytest.mark.parametrize(
    ("language", "version", "image"),
    [
        ("go", "1.21", "static-debian13"),
        ("python", "3.10", "python3-debian13"),
        ("node", "16.20.2", "nodejs22-debian13"),
        ("node", "22", "nodejs22-debian13"),
        ("node", "23.1", "nodejs24-debian13"),
        ("node", "27", "nodejs26-debian13"),
        ("node", "", "nodejs26-debian13"),
        ("java", "8", "java17-debian13"),
        ("java", "17.0.9", "java17-debian13"),
        ("rust", "", "cc-debian13"),
        ("cpp", "13", "cc-debian13"),
        ("dotnet", "8.0", ""),
        ("ruby", "3.2", ""),
        ("", "", ""),
    ],
)
def test_the_image_of_the_guideline(language: str, version: str, image: str, catalog: Catalog) -> None:
    found = catalog.recommended(language, version)
    assert found == (f"gcr.io/distroless/{image}" if image else "")
    if found:
        it = find(catalog, f"{found}:nonroot")
        assert it.state == "supported"
        assert language in it.languages


@given(
    name=st.one_of(st.text(), st.from_regex(r"[a-z]{1,8}[0-9]{0,3}(-debian[0-9]{0,3})?", fullmatch=True)),
    tag=st.one_of(st.text(), st.lists(st.sampled_from(["16", "debug", "nonroot", "", "x", "²"])).map("-".join)),
)
def test_no_name_crashes_it(name: str, tag: str, catalog: Catalog) -> None:
    catalog.distroless(ImageName("gcr.io", f"distroless/{name}", tag), TODAY)
