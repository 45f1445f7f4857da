from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from barehull.application.config import read_settings
from barehull.core.errors import InputError

WHOLE = """
[application]
name = "demo"
entrypoint = ["/usr/bin/python3", "x.py"]

[runtime]
recipe = "python3"
debian = 13

[policy]
[[policy.waivers]]
vulnerability = "CVE-1"
package = "openssl"
reason = "not reachable"
until = 2027-01-31

[[policy.acceptances]]
subject = "Debian:13"
reason = "fixable only is fine"
until = 2027-01-31
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "barehull.toml"


def test_a_whole_configuration(path: Path) -> None:
    path.write_text(WHOLE)
    settings = read_settings(path)
    assert settings.policy.waivers[0].until == date(2027, 1, 31)
    assert settings.policy.acceptances[0].subject == "Debian:13"
    assert settings.application.entrypoint == ("/usr/bin/python3", "x.py")


def test_an_empty_one_is_the_default(path: Path) -> None:
    path.write_text("")
    assert read_settings(path).runtime.debian == 13


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[runtyme]\n", ("runtyme", "runtime")),
        ("[runtime]\ndebain = 13\n", ("runtime.debain", "debian")),
        ("[[policy.waivers]]\nuntill = 2027-01-01\n", ("policy.waivers.untill", "until")),
        ("[runtime]\ndebian = 'trixie'\n", ("debian", "int")),
        ("[application]\nentrypoint = 'gunicorn x'\n", ("entrypoint", "array")),
        ("[[policy.acceptances]]\nsubject = 'x'\nreason = ' '\nuntil = 2027-01-01\n", ("x", "reason")),
        ("[[policy.acceptances]]\nsubject = 'x'\nuntil = 2027-01-01\n", ("reason",)),
        ("[runtime]\nplatform = 'windows/amd64'\n", ("runtime.platform", "windows/amd64", "linux/amd64")),
        ("[runtime]\nplatform = 'linux/s390x'\n", ("runtime.platform", "s390x", "linux/arm64")),
        ("[policy]\nname = 'strict'\n", ("policy.name", "strict", "guideline")),
        ("[application]\nports = [80, 0]\n", ("0 in `application.ports`",)),
        ("[application]\nports = [65536]\n", ("65536",)),
        ("[runtime]\nbase = 'x.io/y'\nrecipe = 'python3'\n", ("runtime.base", "runtime.recipe")),
        ("[runtime]\nbase-key = 'cosign.pub'\n", ("no runtime.base",)),
        ("[runtime]\nbase_key = 'cosign.pub'\n", ("runtime.base_key", "base-key")),
        ("[runtime]\nbase = 'x.io/y'\nbase-signature = 'none'\n", ("base-signature", "'none'", "unchecked")),
        ("[runtime]\nbase = 'x.io/y'\nbase-key = 'k'\nbase-signature = 'unchecked'\n", ("key", "unchecked")),
        ("runtime = 3\n", ("runtime",)),
        ("[policy\n", ("TOML",)),
        ("policy = 3\n", ("policy",)),
    ],
)
def test_what_is_wrong_is_named_with_the_file(path: Path, text: str, words: tuple[str, ...]) -> None:
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_settings(path)
    for word in ("barehull.toml", *words):
        assert word in f"{caught.value.what} {caught.value.advice}"


def test_one_that_is_not_there(path: Path) -> None:
    with pytest.raises(InputError, match="no configuration"):
        read_settings(path)


def test_a_folder_is_no_configuration(path: Path) -> None:
    path.mkdir()
    with pytest.raises(InputError, match="Is a directory") as caught:
        read_settings(path)
    assert "Name a file" in caught.value.advice


def test_a_base_in_place_of_a_recipe(path: Path) -> None:
    path.write_text("[runtime]\nbase = 'x.io/y'\nbase-key = 'cosign.pub'\n")
    runtime = read_settings(path).runtime
    assert (runtime.base, runtime.base_key, runtime.recipe) == ("x.io/y", "cosign.pub", "")
