from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import UsageError
from barehull.oci.registry_name import Name, is_loopback, parse_name

from .conftest import value_or_known_error

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("python", Name("docker.io", "library/python")),
        ("python:3.13-slim", Name("docker.io", "library/python", "3.13-slim")),
        ("team/app", Name("docker.io", "team/app")),
        ("docker.io/debian", Name("docker.io", "library/debian")),
        ("index.docker.io/library/debian:13", Name("docker.io", "library/debian", "13")),
        ("gcr.io/distroless/cc-debian13:nonroot", Name("gcr.io", "distroless/cc-debian13", "nonroot")),
        (f"quay.io/a/b__c/d@{DIGEST}", Name("quay.io", "a/b__c/d", "", DIGEST)),
        (f"localhost/a:b@{DIGEST}", Name("localhost", "a", "b", DIGEST)),
        ("localhost:5000/app", Name("localhost:5000", "app")),
        ("[::1]:5000/app:v1", Name("[::1]:5000", "app", "v1")),
    ],
)
def test_names(text: str, name: Name) -> None:
    assert parse_name(text) == name
    assert parse_name(str(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "Upper", "gcr.io/", "gcr.io/Upper", "gcr.io/a//b", "gcr.io/../etc", "gcr.io/a:", "gcr.io/a:b:c",
        "gcr.io/a@", "gcr.io/a@sha256:00", "gcr.io/a@md5:00", "gcr.io:0/a", "gcr.io:99999/a", "gcr.io:x/a",
        "user:password@gcr.io/a", "https://gcr.io/a", "gcr.io/a?b", "gcr.io/a\n", "gcr.io/a:v\n", "-x.io/a", "[x]:5/a",
        "gcr.io/" + "a" * 256, "gcr.io/a:" + "t" * 129, "gcr.io/é", "gcr.io:٣/a",
    ],
)  # fmt: skip
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(UsageError):
        parse_name(text)


@given(st.text(alphabet=st.characters() | st.sampled_from("abc.:/@[]-_09"), max_size=60))
def test_any_text_is_a_name_or_a_known_error(text: str) -> None:
    with value_or_known_error():
        name = parse_name(text)
        assert parse_name(str(name)) == name


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("localhost:5000/a", "http://localhost:5000"),
        ("127.0.0.1:5000/a", "http://127.0.0.1:5000"),
        ("[::1]:5000/a", "http://[::1]:5000"),
        ("localhost.example.com/a", "https://localhost.example.com"),
        ("127.0.0.1.example.com/a", "https://127.0.0.1.example.com"),
        ("10.0.0.1:5000/a", "https://10.0.0.1:5000"),
        ("debian", "https://registry-1.docker.io"),
    ],
)
def test_plain_http_is_for_this_machine_only(name: str, base: str) -> None:
    assert parse_name(name).base == base


def test_plain_http_goes_no_further_than_it_was_allowed() -> None:
    plain = Name("registry.example.com:5000", "app", plain=True)
    assert plain.base == "http://registry.example.com:5000"
    assert str(plain) == "registry.example.com:5000/app"
    here, secure = parse_name("127.0.0.1:5000/app"), parse_name("registry.example.com/app")
    for name, scheme, host, may in (
        (plain, "http", "Registry.example.com", True),
        (plain, "https", "cdn.example.com", True),
        (plain, "http", "cdn.example.com", False),
        (plain, "http", "127.0.0.1", False),
        (here, "http", "localhost", True),
        (here, "http", "registry.example.com", False),
        (here, "ftp", "localhost", False),
        (secure, "https", "cdn.example.com", True),
        (secure, "http", "registry.example.com", False),
    ):
        assert name.may_send_to(scheme, host) is may


def test_loopback() -> None:
    assert is_loopback("127.9.9.9")
    assert not is_loopback("0.0.0.0")
