"""References to images, as Docker reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.catalog.model import ImageName
from barehull.catalog.name import parse_name

DIGEST = "sha256:" + "0123456789abcdef" * 4

REFERENCES = {
    "golang": ("docker.io", "library/golang", "", ""),
    "golang:1.21": ("docker.io", "library/golang", "1.21", ""),
    "library/golang": ("docker.io", "library/golang", "", ""),
    "docker.io/golang": ("docker.io", "library/golang", "", ""),
    "docker.io/library/golang:1": ("docker.io", "library/golang", "1", ""),
    "index.docker.io/library/golang": ("docker.io", "library/golang", "", ""),
    "index.docker.io/golang": ("docker.io", "library/golang", "", ""),
    "circleci/golang:1.17": ("docker.io", "circleci/golang", "1.17", ""),
    f"golang@{DIGEST}": ("docker.io", "library/golang", "", DIGEST),
    f"golang:1.26-alpine@{DIGEST}": ("docker.io", "library/golang", "1.26-alpine", DIGEST),
    "gcr.io/distroless/static:nonroot": ("gcr.io", "distroless/static", "nonroot", ""),
    "localhost/app": ("localhost", "app", "", ""),
    "localhost:5000/app:v1": ("localhost:5000", "app", "v1", ""),
    "registry.example:5000/a/b/c:x": ("registry.example:5000", "a/b/c", "x", ""),
    "[::1]:5000/app": ("[::1]:5000", "app", "", ""),
    "192.168.0.1/app": ("192.168.0.1", "app", "", ""),
    "Registry/app": ("Registry", "app", "", ""),
    "a__b/c-d--e.f": ("docker.io", "a__b/c-d--e.f", "", ""),
    "nginx:_x.Y-Z": ("docker.io", "library/nginx", "_x.Y-Z", ""),
    "host:80": ("docker.io", "library/host", "80", ""),
}


@pytest.mark.parametrize("text", REFERENCES)
def test_a_reference_is_normalised(text: str) -> None:
    assert parse_name(text) == ImageName(*REFERENCES[text])


@pytest.mark.parametrize(
    "text",
    [
        "",
        " golang",
        "golang ",
        "Golang",
        "golang:",
        "golang@",
        "golang:1.21:2",
        "golang@sha256:abc",
        "golang@sha256",
        f"golang@{DIGEST}@{DIGEST}",
        "/golang",
        "golang/",
        "a//b",
        "host:80x/a",
        ":1.21",
        "golang:" + "a" * 129,
        "golang:-x",
        "a___b",
        ".a",
        "a" * 256,
        "f" * 64,
        "${BASE}",
        "golang:${VERSION}",
        "golang\n",
        "golang:1\n",
        "gölang",
        "golang:\u0661",
        "https://gcr.io/x",
        "scratch",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_name(text)


@given(st.one_of(st.text(), st.text(alphabet="aA0.-_:/@[] \n")))
def test_no_text_crashes_it_and_what_is_parsed_is_written_back(text: str) -> None:
    try:
        name = parse_name(text)
    except ValueError:
        return
    written = name.path + (f":{name.tag}" if name.tag else "") + (f"@{name.digest}" if name.digest else "")
    assert parse_name(written) == name


@pytest.mark.parametrize("text", ["a-" * 500_000, "a/" * 500_000, "A" * 1_000_000, "a" + "-" * 1000 + "!"])
def test_a_long_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):  # a quadratic reader would take hours
        parse_name(text)
