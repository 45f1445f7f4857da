from __future__ import annotations

import pytest

from barehull.application.model import Requirement
from barehull.build import uv
from barehull.core.errors import IncompleteError, InputError

REQUIREMENTS = (Requirement("flask==3", "requirements.txt:1"), Requirement("docopt", "requirements.txt:2"))


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("Because docopt has no wheels with a matching platform tag", InputError, ("requirements.txt:2", "wheel")),
        ("Because there is no version of flask==3", InputError, ("requirements.txt:1",)),
        ("Failed to write to the client cache: No space left on device (os error 28)", IncompleteError, ("no space",)),
        ("error sending request for url (http://x)", IncompleteError, ("index cannot be reached",)),
    ],
)
def test_what_uv_says_becomes_the_right_error(said: str, kind: type, words: tuple[str, ...]) -> None:
    error = uv._failure(said, REQUIREMENTS)
    assert isinstance(error, kind)
    for word in words:
        assert word in error.what


def test_platforms_are_as_new_as_the_releases_glibc() -> None:
    assert uv.platform_of("amd64", 12) == "x86_64-manylinux_2_36"
    assert uv.platform_of("arm64", 13) == "aarch64-manylinux_2_40"


@pytest.mark.parametrize(("architecture", "debian"), [("amd64", 14), ("s390x", 13)])
def test_a_platform_that_is_not_known(architecture: str, debian: int) -> None:
    with pytest.raises(InputError, match=f"Debian {debian} on '{architecture}' is not known"):
        uv.platform_of(architecture, debian)


PACKAGE = """
[[packages]]
name = "Typing.Extensions"
version = "4.16.0"
marker = "python_full_version < '3.15'"
wheels = [{ url = "https://x/typing_extensions-4.16.0%2B1-py3-none-any.whl", size = 5, hashes = { sha256 = "00" } }]
"""


def test_offers_are_read_whatever_their_markers() -> None:
    (offer,) = uv._offers(PACKAGE)
    assert (offer.name, offer.version, offer.sha256) == ("typing-extensions", "4.16.0", "00")
    assert offer.file == "typing_extensions-4.16.0+1-py3-none-any.whl"


def test_nothing_that_is_not_understood_gets_lost() -> None:
    for broken in ("packages = 1", "[[packages", PACKAGE.replace("sha256", "md5"), PACKAGE.replace("url", "path")):
        with pytest.raises(IncompleteError, match="not understood"):
            uv._offers(broken)
    with pytest.raises(InputError, match="mine does not come from an index as a wheel"):
        uv._offers(PACKAGE + '[[packages]]\nname = "mine"\narchive = { url = "https://x/mine-1-py3-none-any.whl" }\n')
