from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import IncompleteError, InputError
from barehull.oci import credentials
from barehull.oci.credentials import Credentials, find_credentials

from .conftest import value_or_known_error

Environment = dict[str, str]


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def write(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def helper(folder: Path, name: str, script: str) -> None:
    program = write(folder / f"docker-credential-{name}", f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def home(tmp_path: Path) -> Environment:
    return {"HOME": str(tmp_path), "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}


def test_nobody_is_logged_in(home: Environment) -> None:
    assert find_credentials("gcr.io", environment=home) is None
    assert find_credentials("gcr.io", environment={}) is None


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        (".docker/config.json", {}),
        ("docker/config.json", {"DOCKER_CONFIG": "docker"}),
        (".config/containers/auth.json", {}),
        ("xdg/containers/auth.json", {"XDG_CONFIG_HOME": "xdg"}),
        ("run/containers/auth.json", {"XDG_RUNTIME_DIR": "run"}),
        ("named.json", {"REGISTRY_AUTH_FILE": "named.json"}),
    ],
)
def test_each_place_is_looked_into(file: str, variables: Environment, home: Environment, tmp_path: Path) -> None:
    write(tmp_path / file, {"auths": {"quay.io": auth("me", "pass:word")}})
    variables = {name: f"{tmp_path}/{value}" for name, value in variables.items()}
    assert find_credentials("quay.io", "a/b", home | variables) == Credentials("me", "pass:word")
    assert find_credentials("ghcr.io", "a/b", home | variables) is None


def test_a_named_file_is_the_only_one_and_must_be_there(home: Environment, tmp_path: Path) -> None:
    write(tmp_path / ".docker/config.json", {"auths": {"quay.io": auth("me", "x")}})
    named = home | {"REGISTRY_AUTH_FILE": f"{tmp_path}/named.json"}
    with pytest.raises(InputError):
        find_credentials("quay.io", environment=named)
    write(tmp_path / "named.json", {})
    assert find_credentials("quay.io", environment=named) is None


def test_the_most_special_key_counts(home: Environment, tmp_path: Path) -> None:
    auths = {"quay.io": auth("host", "x"), "quay.io/team": auth("team", "x"), "quay.io/team/app": auth("app", "x")}
    write(tmp_path / ".config/containers/auth.json", {"auths": auths})
    found = [find_credentials("quay.io", name, home) for name in ("other", "team/other", "team/app", "team/apple")]
    assert [it.user for it in found if it] == ["host", "team", "app", "team"]


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
def test_docker_hub_has_names_of_its_own(key: str, home: Environment, tmp_path: Path) -> None:
    write(tmp_path / ".docker/config.json", {"auths": {key: auth("me", "x")}})
    assert find_credentials("docker.io", "library/debian", home) == Credentials("me", "x")
    assert find_credentials("evil.example", "library/debian", home) is None


@pytest.mark.parametrize("key", ["https://reg.example:5000/v1/", "http://reg.example:5000", "reg.example:5000/"])
def test_old_keys(key: str, home: Environment, tmp_path: Path) -> None:
    write(tmp_path / ".docker/config.json", {"auths": {key: auth("me", "x")}})
    assert find_credentials("reg.example:5000", "a", home) == Credentials("me", "x")
    assert find_credentials("reg.example", "a", home) is None


def test_tokens(home: Environment, tmp_path: Path) -> None:
    auths = {"a.io": {"identitytoken": "long"}, "b.io": {"registrytoken": "short"}, "c.io": {}}
    write(tmp_path / ".docker/config.json", {"auths": auths})
    assert find_credentials("a.io", environment=home) == Credentials(identity="long")
    assert find_credentials("b.io", environment=home) == Credentials(bearer="short")
    assert find_credentials("c.io", environment=home) is None


def test_no_secret_is_printed() -> None:
    assert "hush" not in repr(Credentials("me", "hush", "hush", "hush"))


class TestHelpers:
    def test_one_for_the_registry_and_one_for_all_others(self, home: Environment, tmp_path: Path) -> None:
        config = {"credsStore": "all", "credHelpers": {"a.io": "one"}, "auths": {"c.io": auth("file", "x")}}
        write(tmp_path / ".docker/config.json", config)
        helper(
            tmp_path / "bin", "one", """read -r s; echo "{\\"Username\\": \\"one\\", \\"Secret\\": \\"for $s\\"}" """
        )
        helper(
            tmp_path / "bin",
            "all",
            'read -r s; [ "$s" = c.io ] && { echo credentials not found in native keychain; exit 1; }\n'
            """echo "{\\"Username\\": \\"<token>\\", \\"Secret\\": \\"$s\\"}" """,
        )
        assert find_credentials("a.io", environment=home) == Credentials("one", "for a.io")
        assert find_credentials("b.io", environment=home) == Credentials(identity="b.io")
        assert find_credentials("docker.io", environment=home) == Credentials(identity="https://index.docker.io/v1/")
        assert find_credentials("c.io", environment=home) == Credentials("file", "x")

    @pytest.mark.parametrize("script", ["exit 3", "echo hush; exit 1", "sleep 30"])
    def test_one_that_fails_is_told(
        self, script: str, home: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(credentials, "_TIMEOUT", 0.5)
        write(tmp_path / ".docker/config.json", {"credsStore": "bad"})
        helper(tmp_path / "bin", "bad", script)
        with pytest.raises(IncompleteError) as caught:
            find_credentials("a.io", environment=home)
        assert "docker-credential-bad" in caught.value.what
        assert "hush" not in caught.value.what + caught.value.advice

    def test_one_that_is_missing_is_told(self, home: Environment, tmp_path: Path) -> None:
        write(tmp_path / ".docker/config.json", {"credsStore": "missing"})
        with pytest.raises(IncompleteError, match="docker-credential-missing"):
            find_credentials("a.io", environment=home)

    @pytest.mark.parametrize(
        "answer", ["", "[]", "{}", '{"Username": 1, "Secret": "x"}', '{"Username": "a\\\\nb", "Secret": "x"}']
    )
    def test_one_that_answers_nonsense(self, answer: str, home: Environment, tmp_path: Path) -> None:
        write(tmp_path / ".docker/config.json", {"credsStore": "odd"})
        helper(tmp_path / "bin", "odd", f"cat <<'END'\n{answer.replace(chr(92) * 2, chr(92))}\nEND")
        with pytest.raises(InputError):
            find_credentials("a.io", environment=home)

    @pytest.mark.parametrize("name", ["../evil", "a/b", "", "a b", "-x", 1, None, ["x"]])
    def test_a_name_is_not_a_path(self, name: object, home: Environment, tmp_path: Path) -> None:
        write(tmp_path / ".docker/config.json", {"credHelpers": {"a.io": name}})
        if name:
            with pytest.raises(InputError):
                find_credentials("a.io", environment=home)
        else:
            assert find_credentials("a.io", environment=home) is None


@pytest.mark.parametrize(
    "value",
    [
        "", "[]", "{", {"auths": ["x"]}, {"auths": {"a.io": "x"}}, {"auths": {"a.io": {"auth": "%%%"}}},
        {"auths": {"a.io": {"auth": "aHVzaA=="}}}, {"auths": {"a.io": {"auth": 1}}}, {"credsStore": 1},
        {"auths": {"a.io": auth("me", "a\nb")}}, {"credHelpers": ["x"]}, {"auths": {"a.io": {"auth": "//79"}}},
    ],
)  # fmt: skip
def test_files_that_are_none(value: Any, home: Environment, tmp_path: Path) -> None:
    write(tmp_path / ".docker/config.json", value)
    with pytest.raises(InputError) as caught:
        find_credentials("a.io", environment=home)
    assert "hush" not in caught.value.what


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["auths", "a.io", "auth", "identitytoken", "username", "password", "https://a.io/v1/"])
        | st.text(max_size=4), inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(value=_json)
def test_any_file_has_credentials_or_a_known_error(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write(tmp_path_factory.getbasetemp() / "any.json", value if isinstance(value, str) else json.dumps(value))
    with value_or_known_error():
        find_credentials("a.io", "b", {"REGISTRY_AUTH_FILE": str(path), "PATH": ""})
