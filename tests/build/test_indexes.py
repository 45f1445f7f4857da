from __future__ import annotations

from pathlib import Path

import pytest

from barehull.build.indexes import settings_of_pip, with_credentials
from barehull.core.errors import InputError

FILE = "https://index.example:8443/files/x-1-py3-none-any.whl"
INDEX = "https://index.example:8443/simple"


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


def environment(**settings: str) -> dict[str, str]:
    return {"PIP_CONFIG_FILE": "none", "NETRC": "none", **settings}


def test_pips_index_is_used_where_uv_has_none(tmp_path: Path) -> None:
    assert settings_of_pip(environment(PIP_INDEX_URL="https://a"))["UV_DEFAULT_INDEX"] == "https://a"
    assert settings_of_pip(environment(UV_DEFAULT_INDEX="https://b", PIP_INDEX_URL="https://a")) == {}
    assert settings_of_pip(environment(UV_INDEX_URL="https://b", PIP_INDEX_URL="https://a")) == {}
    conf = tmp_path / "pip.conf"
    conf.write_text("[global]\nindex-url = https://a/%s\nextra-index-url = https://c\n")
    found = {"UV_DEFAULT_INDEX": "https://a/%s", "UV_INDEX": "https://c"}
    assert settings_of_pip({"PIP_CONFIG_FILE": str(conf)}) == found
    conf.write_text("index-url")
    with pytest.raises(InputError, match="pip's configuration"):
        settings_of_pip({"PIP_CONFIG_FILE": str(conf)})


@pytest.mark.parametrize(
    "settings",
    [
        {"PIP_INDEX_URL": INDEX.replace("//", "//me:p%40ss@")},
        {"PIP_EXTRA_INDEX_URL": f"https://other.example/ {INDEX.replace('//', '//me:p%40ss@')}"},
        {"UV_INDEX_URL": INDEX.replace("//", "//me:p%40ss@")},
        {"UV_INDEX": f"our-own={INDEX}", "UV_INDEX_OUR_OWN_USERNAME": "me", "UV_INDEX_OUR_OWN_PASSWORD": "p@ss"},
        {"UV_FIND_LINKS": f"wheels,{INDEX.replace('//', '//me:p%40ss@')}"},
    ],
)
def test_a_file_gets_the_credentials_of_its_index(settings: dict[str, str]) -> None:
    assert with_credentials(FILE, environment(**settings)) == FILE.replace("//", "//me:p%40ss@")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.toml", '[[index]]\nname = "x"\nurl = "{}"\n'),
        ("uv.toml", 'index-url = "{}"\n'),
        (".config/uv/uv.toml", '[pip]\nextra-index-url = ["https://other.example", "{}"]\n'),
        ("pyproject.toml", '[tool.uv]\nindex = [{{ url = "{}" }}]\n'),
    ],
)
def test_credentials_in_uvs_configuration(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text.format(INDEX.replace("//", "//me:pass@")))
    assert with_credentials(FILE, environment()) == FILE.replace("//", "//me:pass@")


def test_credentials_in_netrc(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine index.example login me password p@ss\n")
    found = with_credentials(FILE, environment(NETRC=str(tmp_path / "netrc")))
    assert found == FILE.replace("//", "//me:p%40ss@")


@pytest.mark.parametrize(
    "index",
    [
        "https://me:pass@index.example/simple",  # another port
        "http://me:pass@index.example:8443/simple",  # not encrypted
        "https://me:pass@index.example.evil:8443/simple",
        INDEX,
        "not an address",
    ],
)
def test_nobody_else_gets_them(index: str) -> None:
    assert with_credentials(FILE, environment(PIP_INDEX_URL=index)) == FILE
    assert with_credentials("file:///wheels/x.whl", environment(PIP_INDEX_URL=index)) == "file:///wheels/x.whl"


@pytest.mark.parametrize("text", ["[[index", "index = 5", "index = [5]", "pip = 5", '[tool]\nuv = "x"', "tool = 5"])
def test_broken_configuration_is_passed_over(text: str, tmp_path: Path) -> None:
    for name in ("uv.toml", "pyproject.toml"):
        (tmp_path / name).write_text(text)
    assert with_credentials(FILE, environment()) == FILE
