from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from pysequoia import Cert

from barehull.debian.keys import debian_keys

FOLDER = files("barehull.debian") / "keys"
LISTED = tomllib.loads((FOLDER / "keys.toml").read_text())["key"]


@pytest.mark.parametrize("listed", LISTED, ids=lambda listed: listed["file"])
def test_what_stands_beside_a_key_is_what_its_bytes_say(listed: dict[str, object]) -> None:
    (key,) = Cert.split_bytes((FOLDER / str(listed["file"])).read_bytes())
    assert key.expiration is not None
    derived = {
        "file": listed["file"],
        "fingerprint": key.fingerprint,
        "owner": " ".join(map(str, key.user_ids)),
        "expires": key.expiration.astimezone(UTC),
    }
    assert derived == listed
    assert not key.is_revoked


def test_every_key_file_is_listed_and_read() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.name.endswith(".asc")} == {key["file"] for key in LISTED}
    assert {key.fingerprint for key in debian_keys()} == {key["fingerprint"] for key in LISTED}


def test_both_releases_have_an_archive_key_a_security_key_and_a_release_key() -> None:
    for release in ("12/bookworm", "13/trixie"):
        owners = [key["owner"] for key in LISTED if f"({release})" in key["owner"]]
        assert len(owners) == 3
        assert any("Security" in owner for owner in owners)
        assert any("Stable Release Key" in owner for owner in owners)


def test_keys_outlive_the_support_of_their_release() -> None:
    for listed in LISTED:
        assert listed["expires"] > datetime(2030, 8, 31, tzinfo=UTC)
