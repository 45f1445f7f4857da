from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import BarehullError, InputError
from barehull.oci.registries_conf import BlockedError, parse_registries, place, places, read_registries
from barehull.oci.registry_name import parse_name

from .conftest import helpful, value_or_known_error

DIGEST = "sha256:" + "0" * 64
LAB = """
unqualified-search-registries = ["docker.io"]

[[registry]]
prefix = "docker.io"
location = "127.0.0.1:5000/docker.io"
insecure = true

[[registry]]
prefix = "docker.io/team"
location = "registry.example.com/team"

[[registry.mirror]]
location = "near.example.com/hub/team"
insecure = true

[[registry.mirror]]
location = "digests.example.com"
pull-from-mirror = "digest-only"

[[registry]]
location = "evil.example.com"
blocked = true

[[registry]]
prefix = "*.corp.example.com"
insecure = true

[[registry]]
prefix = "*.old.example.com"
location = "new.example.com:8443"

[aliases]
"fedora" = "registry.example.com/fedora"
"""


@contextmanager
def refused(kind: type[BarehullError], match: str) -> Iterator[None]:
    with pytest.raises(kind, match=match) as caught:
        yield
    assert helpful(caught.value)


def found(name: str, text: str = LAB) -> list[str]:
    return [f"{it.base}/{str(it).partition('/')[2]}" for it in places(parse_name(name), parse_registries(text, "it"))]


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("python:3.13", ["http://127.0.0.1:5000/docker.io/library/python:3.13"]),
        ("gcr.io/distroless/static", ["https://gcr.io/distroless/static"]),
        ("team/app:v1", ["http://near.example.com/hub/team/app:v1", "https://registry.example.com/team/app:v1"]),
        (
            f"team/app@{DIGEST}",
            [
                f"http://near.example.com/hub/team/app@{DIGEST}",
                f"https://digests.example.com/app@{DIGEST}",
                f"https://registry.example.com/team/app@{DIGEST}",
            ],
        ),
        ("teams/app", ["http://127.0.0.1:5000/docker.io/teams/app"]),
        ("a.corp.example.com/x", ["http://a.corp.example.com/x"]),
        ("corp.example.com/x", ["https://corp.example.com/x"]),
        ("notcorp.example.com/x", ["https://notcorp.example.com/x"]),
        ("a.b.old.example.com:5000/x", ["https://new.example.com:8443/x"]),
    ],
)
def test_where_an_image_is_looked_for(name: str, where: list[str]) -> None:
    assert found(name) == where


def test_what_is_pushed_goes_to_the_location() -> None:
    assert str(place(parse_name("team/app:v1"), parse_registries(LAB, "it"))) == "registry.example.com/team/app:v1"
    assert str(place(parse_name("gcr.io/a"), parse_registries(LAB, "it"))) == "gcr.io/a"


@pytest.mark.parametrize("ask", [places, place])
def test_what_is_blocked_is_said_with_the_file(ask: object) -> None:
    with refused(BlockedError, r"evil\.example\.com/a is blocked: /etc/it forbids"):
        ask(parse_name("evil.example.com/a"), parse_registries(LAB, "/etc/it"))  # type: ignore[operator]


def test_one_image_can_be_meant() -> None:
    text = '[[registry]]\nprefix = "docker.io/library/python:3.13"\nlocation = "localhost/py:best"\n'
    assert found("python:3.13", text) == ["http://localhost/py:best"]
    assert found("python:3.13-slim", text) == ["https://registry-1.docker.io/library/python:3.13-slim"]


@pytest.mark.parametrize(
    "text",
    [
        "[[registry]]", "[registry]\nlocation = 'a.io'", "registry = 1", "registry = [1]", "x = ",
        "[[registry]]\nprefix = 'a.io'", "[[registry]]\nlocation = 5", "[[registry]]\nlocation = 'a b'",
        "[[registry]]\nlocation = 'a.io'\ninsecure = 'yes'", "[[registry]]\nlocation = 'https://a.io'",
        "[[registry]]\nlocation = '*.a.io'", "[[registry]]\nlocation = 'a\\n'",
        "[[registry]]\nlocation = 'a.io'\n[[registry]]\nlocation = 'a.io/'",
        "[[registry]]\nlocation = 'a.io'\nmirror = ['b.io']", "[[registry]]\nlocation = 'a.io'\n[[registry.mirror]]",
        "[[registry]]\nlocation = 'a.io'\n[[registry.mirror]]\nlocation = 'b.io'\npull-from-mirror = 'never'",
        "[[registry]]\nlocation = 'a.io'\n" + "[[registry.mirror]]\nlocation = 'b.io'\n" * 50,
        "[registries.insecure]\nregistries = ['a.io']", "[registries]\nblock = 1", "registries = 1",
        "a = " + "[" * 9999,
    ],
)  # fmt: skip
def test_a_wrong_file_is_named(text: str) -> None:
    with refused(InputError, r"^/etc/it[: ]"):
        parse_registries(text, "/etc/it")


@pytest.mark.parametrize("location", ["mirror", "mirror/team", "a.io:99999", "a.io/Upper", "a.io/x:y", "a.io@b"])
def test_a_location_that_makes_no_name_is_an_error(location: str) -> None:
    with refused(InputError, "it makes "):
        found("docker.io/library/x", f"[[registry]]\nprefix = 'docker.io'\nlocation = '{location}'\n")


@given(st.text(max_size=200), st.sampled_from(["location", "prefix", "mirror", "insecure"]))
def test_any_text_is_read_or_refused(text: str, key: str) -> None:
    for it in (text, f"[[registry]]\nlocation = 'a.io'\n{key} = {text!r}\n"):
        with value_or_known_error():
            places(parse_name("a.io/b/c:d"), parse_registries(it, "it"))


def write(path: Path, location: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[[registry]]\nprefix = "gcr.io"\nlocation = "{location}"\n')
    return path


def test_the_named_file_wins_then_the_users_then_the_systems(tmp_path: Path) -> None:
    def location(**environment: str) -> str:
        return "".join(it.location for it in read_registries(environment, tmp_path / "etc"))

    assert location(HOME=str(tmp_path)) == ""
    write(tmp_path / "etc/registries.conf", "system.io")
    assert location(HOME=str(tmp_path)) == "system.io"
    write(tmp_path / "etc/registries.conf.d/b.conf", "b.io")
    write(tmp_path / "etc/registries.conf.d/a.conf", "a.io")
    assert location(HOME=str(tmp_path)) == "b.io"
    write(tmp_path / ".config/containers/registries.conf", "user.io")
    assert location(HOME=str(tmp_path)) == "user.io"
    write(tmp_path / ".config/containers/registries.conf.d/z.conf", "z.io")
    assert location(HOME=str(tmp_path)) == "z.io"
    named = str(write(tmp_path / "named", "named.io"))
    assert location(CONTAINERS_REGISTRIES_CONF=named) == "b.io"  # as for podman: *.conf come after it
    with refused(InputError, "nowhere cannot be read"):
        location(CONTAINERS_REGISTRIES_CONF=f"{tmp_path}/nowhere")
    Path(named).write_bytes(b"\xff")
    with refused(InputError, "named is not UTF-8"):
        location(CONTAINERS_REGISTRIES_CONF=named)
    Path(named).write_bytes(b"#" * (1 << 20) + b"\n")
    with refused(InputError, "named is larger"):
        location(CONTAINERS_REGISTRIES_CONF=named)
