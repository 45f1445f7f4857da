from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from barehull.core.errors import InputError, UsageError
from barehull.debian.mirror import DEFAULT, Mirror, mirror_from

NO_APT = Path("/nonexistent/apt")


def test_the_option_wins_over_the_environment() -> None:
    environment = {"BAREHULL_MIRROR": "http://two.example"}
    assert mirror_from("http://one.example/", environment, NO_APT) == Mirror(
        "http://one.example/debian", "http://one.example/debian-security"
    )
    assert mirror_from(None, environment, NO_APT).debian == "http://two.example/debian"


def test_two_addresses() -> None:
    mirror = mirror_from("http://a.example/deb file:///srv/sec", {}, NO_APT)
    assert mirror == Mirror("http://a.example/deb", "file:///srv/sec")


def test_a_folder_may_be_relative_and_have_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my mirror").mkdir()
    monkeypatch.chdir(tmp_path)
    assert mirror_from("my mirror", {}, NO_APT).debian == f"{tmp_path}/my mirror/debian"


def test_three_addresses_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match="not 3"):
        mirror_from("a b c", {}, NO_APT)


def test_debians_own_by_default() -> None:
    assert mirror_from(None, {}, NO_APT) == mirror_from("", {"BAREHULL_MIRROR": ""}, NO_APT) == DEFAULT


def apt(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    for name, text in files.items():
        stem, _, suffix = name.partition("_")
        path = tmp_path / "sources.list" if stem == "main" else tmp_path / "sources.list.d" / f"{stem}.{suffix}"
        path.write_text(text)
    return tmp_path


def test_the_machines_sources_as_deb822(tmp_path: Path) -> None:
    text = """\
Types: deb deb-src
# a comment
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://disabled.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://mirror.example/sec
Suites: bookworm-security
Components: main
"""
    assert mirror_from(None, {}, apt(tmp_path, debian_sources=text)) == Mirror(
        "https://mirror.example/debian", "http://mirror.example/sec"
    )


def test_the_machines_sources_in_one_line_style(tmp_path: Path) -> None:
    text = """\
# deb http://comment.example/debian trixie main
deb-src http://source.example/debian trixie main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://m.example/debian trixie main contrib
deb http://second.example/debian trixie main # the first one counts
deb http://m.example/debian-security trixie-security main
"""
    assert mirror_from(None, {}, apt(tmp_path, main_list=text)) == Mirror(
        "http://m.example/debian", "http://m.example/debian-security"
    )


def test_sources_of_others_are_passed_over(tmp_path: Path) -> None:
    others = """\
deb https://download.docker.example/linux/debian bookworm stable
deb https://apt.example/pgdg bookworm-pgdg main
deb [signed-by=/usr/share/keyrings/other.gpg] https://other.example/debian bookworm main
deb https://ubuntu.example/ubuntu noble main
deb cdrom:[Debian]/ bookworm main
"""
    sources = apt(tmp_path, aaa_list=others, debian_sources="")
    assert mirror_from(None, {}, sources) == DEFAULT


def test_an_address_in_an_archive() -> None:
    mirror = Mirror("http://m.example/debian", "/srv/security")
    path = "pool/main/g/gcc/libstdc++6_1~b_amd64.deb"
    assert mirror.url("debian", path) == f"http://m.example/debian/{path}"
    assert mirror.url("debian-security", path) == f"/srv/security/{path}"


@pytest.mark.parametrize("path", ["../etc/passwd", "pool/../../x", "/etc/passwd", "", "a//b", "./a"])
def test_a_path_that_leaves_the_archive_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="not a path inside"):
        DEFAULT.url("debian", path)


def test_an_archive_that_is_not_debians_is_refused() -> None:
    with pytest.raises(InputError, match="not an archive"):
        DEFAULT.url("ubuntu", "x")


def test_passwords_are_not_shown() -> None:
    assert "secret" not in str(Mirror("https://me:secret@m.example/debian", "https://me:secret@m.example/sec"))


def test_the_snapshot_is_debians_own_or_the_environments(tmp_path: Path) -> None:
    mirror = mirror_from("http://a", {}, tmp_path)
    at = datetime(2026, 11, 21, 9, 15, 44, tzinfo=UTC)
    url = mirror.past_url("debian-security", "pool/a_1+b1.deb", at)
    assert url == "https://snapshot.debian.org/archive/debian-security/20261121T091544Z/pool/a_1+b1.deb"
    named = mirror_from("http://a", {"BAREHULL_SNAPSHOT": "http://b/archive/"}, tmp_path)
    assert named.past_url("debian", "p", at) == "http://b/archive/debian/20261121T091544Z/p"


@pytest.mark.parametrize(("archive", "path"), [("ports", "p"), ("../x", "p"), ("debian", "../../p")])
def test_a_lock_cannot_climb_out_of_a_snapshot(archive: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        mirror_from("http://a", {}, tmp_path).past_url(archive, path, datetime(2026, 1, 1, tzinfo=UTC))
