from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import BarehullError, InputError
from barehull.oci.registry_answer import Answer, Patience, retry_after
from barehull.oci.registry_auth import Authority, Challenge, DeniedError, parse_challenges
from barehull.oci.registry_http import Session
from barehull.oci.registry_name import parse_name

from .conftest import value_or_known_error


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", []),
        ("Negotiate", [Challenge("negotiate")]),
        ('Basic realm="a, b"', [Challenge("basic", (("realm", "a, b"),))]),
        ("bearer Realm=x , service = y", [Challenge("bearer", (("realm", "x"), ("service", "y")))]),
        (
            'Basic realm="x", Bearer realm="https://a.io/t?b=c",scope="repository:a:pull,push"',
            [
                Challenge("basic", (("realm", "x"),)),
                Challenge("bearer", (("realm", "https://a.io/t?b=c"), ("scope", "repository:a:pull,push"))),
            ],
        ),
        (r'Basic realm="a\"b\\"', [Challenge("basic", (("realm", 'a"b\\'),))]),
        ("Negotiate, Basic realm=x", [Challenge("negotiate"), Challenge("basic", (("realm", "x"),))]),
    ],
)
def test_challenges(header: str, challenges: list[Challenge]) -> None:
    assert parse_challenges(header) == challenges


@pytest.mark.parametrize(
    "header",
    [
        'Bearer realm="open', "Bearer realm=x realm=y", "Bearer a=b, a=c", '"x"', "Bearer =", 'Bearer realm="a"b',
        "x" * 9000,
    ],
)  # fmt: skip
def test_what_is_no_challenge(header: str) -> None:
    with pytest.raises(InputError):
        parse_challenges(header)


@given(st.text(alphabet=st.characters() | st.sampled_from('ab=", \\'), max_size=60))
def test_any_header_is_read_or_refused(header: str) -> None:
    with value_or_known_error():
        parse_challenges(header)


class Tokens:
    """A token server that answers as it is told and remembers what it was asked."""

    def __init__(self, value: object, status: int = 200) -> None:
        self.asked: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self._answer = Answer(status, "", {}, json.dumps(value).encode())

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.asked.append((method, url, headers, body))
        return self._answer


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("auth") / "auth.json"
    path.write_text('{"auths": {"known.io": {"username": "me", "password": "x"}, "id.io": {"identitytoken": "long"}}}')
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(path))


def renewed(registry: str, challenge: str, tokens: Tokens) -> str:
    authority = Authority(parse_name(f"{registry}/a/b"), ("repository:a/b:pull",), tokens)
    authority.renew(challenge, "")
    return authority.header


def test_a_token_is_asked_for_without_credentials_where_there_are_none() -> None:
    tokens = Tokens({"token": "abc"})
    assert renewed("gcr.io", 'Bearer realm="https://gcr.io/t?x=1",service="s p"', tokens) == "Bearer abc"
    assert tokens.asked == [("GET", "https://gcr.io/t?x=1&service=s+p&scope=repository%3Aa%2Fb%3Apull", {}, b"")]


def test_a_token_is_asked_for_with_the_password() -> None:
    tokens = Tokens({"access_token": "abc"})
    assert renewed("known.io", 'Basic realm=x, Bearer realm="https://auth.io/t"', tokens) == "Bearer abc"
    assert tokens.asked[0][2] == {"Authorization": "Basic bWU6eA=="}


def test_an_identity_token_is_exchanged() -> None:
    tokens = Tokens({"access_token": "abc"})
    assert renewed("id.io", 'Bearer realm="https://auth.io/t",service=s', tokens) == "Bearer abc"
    method, url, _, body = tokens.asked[0]
    assert (method, url) == ("POST", "https://auth.io/t")
    assert b"refresh_token=long" in body
    assert b"scope=repository%3Aa%2Fb%3Apull" in body


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("known.io", "http://auth.io/t"), ("known.io", "http://127.0.0.1/t"), ("known.io", "file:///t"),
        ("known.io", "https://me:x@auth.io/t"), ("known.io", "/t"), ("known.io", ""), ("known.io", "https://[x/"),
        ("known.io", "https://a:99999/t"), ("127.0.0.1:5000", "http://auth.io/t"),
    ],
)  # fmt: skip
def test_no_secret_goes_to_an_address_that_is_not_safe(registry: str, realm: str) -> None:
    tokens = Tokens({"token": "abc"})
    with pytest.raises(InputError):
        renewed(registry, f'Bearer realm="{realm}"', tokens)
    assert tokens.asked == []


def test_a_registry_on_this_machine_may_have_its_token_server_there() -> None:
    assert renewed("127.0.0.1:5000", 'Bearer realm="http://localhost:5001/t"', Tokens({"token": "a"})) == "Bearer a"


@pytest.mark.parametrize("challenge", ["", "Negotiate", "Basic realm=x"])
def test_who_is_not_logged_in_is_told_where_to(challenge: str) -> None:
    with pytest.raises(DeniedError) as caught:
        renewed("gcr.io", challenge, Tokens({}))
    assert "podman login gcr.io" in caught.value.advice
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("value", [{}, [], {"token": 1}, {"token": "a\nb"}, {"token": ""}, {"token": "x" * 70000}])
def test_what_is_no_token(value: object) -> None:
    with pytest.raises(InputError):
        renewed("gcr.io", 'Bearer realm="https://gcr.io/t"', Tokens(value))


@pytest.mark.parametrize(("status", "kind"), [(401, DeniedError), (403, DeniedError), (404, BarehullError)])
def test_a_token_server_that_refuses(status: int, kind: type[BarehullError]) -> None:
    with pytest.raises(kind):
        renewed("known.io", 'Bearer realm="https://gcr.io/t"', Tokens({}, status))


def test_the_same_credentials_are_not_sent_twice() -> None:
    authority = Authority(parse_name("known.io/a"), (), Tokens({}))
    authority.renew("Basic realm=x", "")
    authority.renew("Basic realm=x", "")  # another thread's old answer
    with pytest.raises(DeniedError, match="does not accept"):
        authority.renew("Basic realm=x", authority.header)


@pytest.mark.parametrize(
    ("location", "safe"),
    [
        ("/v2/a", True), ("https://cdn.io/x?sig=1", True), ("http://cdn.io/x", False), ("http://127.0.0.1/x", False),
        ("https://me:x@cdn.io/x", False), ("file:///etc/passwd", False), ("", False), ("https://[", False),
        ("/a\n", False), ("/" + "a" * 20000, False),
    ],
)  # fmt: skip
def test_where_a_registry_may_send_us(location: str, safe: bool) -> None:
    session = Session(parse_name("gcr.io/a"), scopes=(), patience=Patience())
    if safe:
        assert session.target("https://gcr.io/v2/", location).startswith("https://")
    else:
        with pytest.raises(InputError):
            session.target("https://gcr.io/v2/", location)


def test_retry_after() -> None:
    assert retry_after("7") == 7.0
    assert retry_after("Thu, 01 Jan 1970 00:00:00 GMT") == 0.0
    assert retry_after("Fri, 01 Jan 2100 00:00:00 GMT") > 1e6


@given(st.text(max_size=40))
def test_any_retry_after_is_a_number(header: str) -> None:
    assert retry_after(header) >= 0.0
