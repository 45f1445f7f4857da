from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from barehull.application.config import Settings, read_settings
from barehull.checking.config import TABLES, CheckConfig, find_config, read_config, read_named
from barehull.core.errors import InputError

WHOLE = """
[check]
out-of-scope = [{ path = "ci/**", reason = "not deployed" }]
select = ["multi-stage"]
ignore = ["pinned-base"]
fail-on = "warning"
build-args = { GO_VERSION = "1.26" }
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["barehull.toml", "pyproject.toml"])
def test_a_whole_configuration(name: str, tmp_path: Path) -> None:
    text = WHOLE if name == "barehull.toml" else WHOLE.replace("[check]", "[tool.barehull.check]")
    path = write(tmp_path / name, text)
    assert read_config(path) == CheckConfig(
        path,
        (("ci/**", "not deployed"),),
        ("multi-stage",),
        ("pinned-base",),
        "warning",
        {"GO_VERSION": "1.26"},
    )


def test_one_file_serves_both_commands(tmp_path: Path) -> None:
    path = write(tmp_path / "barehull.toml", '[application]\nname = "demo"\n' + WHOLE)
    assert read_settings(path).application.name == "demo"
    config = read_config(path)
    assert config is not None
    assert config.fail_on == "warning"


def test_the_tables_that_are_known_are_those_that_release_reads() -> None:
    assert set(TABLES) == {field.name for field in fields(Settings)}


def test_the_nearest_configuration_counts_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    write(tmp_path / "barehull.toml", "[check]\nignore = ['outside']\n")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    deep = tmp_path / "repo" / "a" / "b"
    deep.mkdir(parents=True)
    assert find_config(deep) == CheckConfig()
    outer = write(tmp_path / "repo" / "barehull.toml", "[check]\nignore = ['outer']\n")
    assert find_config(deep).path == outer
    inner = write(tmp_path / "repo" / "a" / "pyproject.toml", "[tool.barehull.check]\nignore = ['inner']\n")
    assert find_config(deep).path == inner


def test_an_applications_own_configuration_hides_none_above_it(tmp_path: Path) -> None:
    outer = write(tmp_path / "barehull.toml", "[check]\n")
    write(tmp_path / "app" / "barehull.toml", "[application]\nname = 'x'\n")
    write(tmp_path / "app" / "pyproject.toml", "[tool.ruff]\n# barehull\n")
    assert find_config(tmp_path / "app").path == outer


def test_two_in_one_folder_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "barehull.toml", "[check]\n")
    write(tmp_path / "pyproject.toml", "[tool.barehull.check]\n")
    with pytest.raises(InputError, match="both configure") as caught:
        find_config(tmp_path)
    assert "Keep one" in caught.value.advice


def test_a_pyproject_of_others_is_not_even_read(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[this is no TOML\n")
    assert find_config(tmp_path).path is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[chek]\n", ("'chek'", "Did you mean 'check'")),
        ("[check]\nselct = []\n", ("'check.selct'", "Did you mean 'select'")),
        ("[check]\nout_of_scope = []\n", ("check.out_of_scope", "Did you mean 'out-of-scope'")),
        ("check = 3\n", ("check is no table",)),
        ("[check]\nselect = 'multi-stage'\n", ("check.select", "array of strings")),
        ("[check]\nignore = [1]\n", ("check.ignore", "array of strings")),
        ("[check]\nfail-on = 'note'\n", ("check.fail-on", "'note'", "warning")),
        ("[check]\nbuild-args = { A = 1 }\n", ("check.build-args.A", "quotes")),
        ("[check]\nbuild-args = 'A=1'\n", ("check.build-args is no table",)),
        ("[check]\nout-of-scope = ['ci/**']\n", ("check.out-of-scope", "array of tables")),
        ("[check]\nout-of-scope = [{ path = 'ci/**' }]\n", ("'ci/**'", "no reason")),
        ("[check]\nout-of-scope = [{ path = 'ci/**', reason = ' ' }]\n", ("'ci/**'", "no reason")),
        ("[check]\nout-of-scope = [{ reason = 'x' }]\n", ("no `path`",)),
        ("[check]\nout-of-scope = [{ path = '# x', reason = 'x' }]\n", ("no `path`",)),
        ("[check]\nout-of-scope = [{ path = '!', reason = 'x' }]\n", ("is no pattern",)),
        ("[check]\nout-of-scope = [{ path = 'a*b*c*d*e*', reason = 'x' }]\n", ("too many `*`",)),
        ("[check]\nout-of-scope = [{ path = 'x', reson = 'x' }]\n", ("check.out-of-scope.reson", "'reason'")),
        ("[check\n", ("TOML",)),
        ("x = " + "[" * 100_000, ("TOML",)),
    ],
)
def test_what_is_wrong_is_named_with_the_file(text: str, words: tuple[str, ...], tmp_path: Path) -> None:
    path = write(tmp_path / "barehull.toml", text)
    with pytest.raises(InputError) as caught:
        read_config(path)
    for word in ("barehull.toml", *words):
        assert word in f"{caught.value.what} {caught.value.advice}"


def test_keys_in_a_pyproject_are_named_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", "[tool.barehull]\nselect = []\n")
    with pytest.raises(InputError, match="'tool.barehull.select'") as caught:
        read_config(path)
    assert "There are: check." in caught.value.advice


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "barehull.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="not TOML"):
        read_config(tmp_path / "barehull.toml")


def test_a_configuration_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no configuration"):
        read_named(tmp_path / "x.toml")
    path = write(tmp_path / "x.toml", "")
    assert read_named(path) == CheckConfig(path)
