"""A base by its name: copied, held to its lock, and signed by whoever should sign it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from barehull.application.config import RuntimeSettings
from barehull.base.pull import base_image, find_base, open_base, registry_name
from barehull.base.signed import signer_of_base
from barehull.core.errors import InputError, IntegrityError, UsageError
from barehull.core.progress import silent
from barehull.files import Store
from barehull.lock import Lock, LockedBase
from barehull.oci.layer import write_layer
from barehull.oci.layout import write_layout
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry, Image
from barehull.oci.registry_name import Name

NAME = Name("registry.example.com", "team/base")
DIGEST = "sha256:" + "1f" * 32


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    theirs = Store(tmp_path / "theirs")
    made = make_image(Config(), [write_layer([Entry("a", "file")], theirs, created_by="they")], theirs)
    write_layout(made, tmp_path / "base", "1")
    return made


def lock(base: LockedBase | None) -> Lock:
    return Lock("0", "linux/amd64", "", 13, (), (), (), "", base=base)


def test_names_with_and_without_a_transport() -> None:
    assert registry_name("127.0.0.1:5000/x:1") == Name("127.0.0.1:5000", "x", "1")
    assert registry_name("docker://gcr.io/distroless/static") == Name("gcr.io", "distroless/static")
    assert registry_name("oci:x") is None
    assert registry_name("docker-archive:x.tar") is None
    with pytest.raises(UsageError):
        registry_name("dir:/x")


def test_a_base_in_a_folder_beside_the_configuration(tmp_path: Path, store: Store, image: Image) -> None:
    settings = RuntimeSettings(base="oci:base:1")
    base = find_base(settings, tmp_path, store)
    assert base.locked == LockedBase("oci:base:1", image.digest, image.digest)
    assert base.image.blobs is store
    assert open_base(lock(base.locked), settings, tmp_path, store).image.layers == image.layers


def test_another_image_than_the_locked_one(tmp_path: Path, store: Store, image: Image) -> None:
    settings = RuntimeSettings(base="oci:base:1")
    with pytest.raises(IntegrityError, match="and the lock says sha256:1f"):
        base_image(LockedBase("oci:base:1", DIGEST, DIGEST), settings, tmp_path, store)


def test_a_lock_that_claims_a_signer_or_has_no_base(tmp_path: Path, store: Store, image: Image) -> None:
    settings = RuntimeSettings(base="oci:base:1")
    claimed = LockedBase("oci:base:1", image.digest, image.digest, "somebody")
    with pytest.raises(IntegrityError, match="signed by nobody, and the lock says by somebody"):
        open_base(lock(claimed), settings, tmp_path, store)
    with pytest.raises(InputError, match="the lock has no base"):
        open_base(lock(None), settings, tmp_path, store)


def test_a_key_is_for_registries_only(tmp_path: Path, store: Store, image: Image) -> None:
    settings = RuntimeSettings(base="oci:base:1", base_key="cosign.pub")
    with pytest.raises(InputError, match="signatures are looked for there only"):
        find_base(settings, tmp_path, store)


def test_nobody_known_and_unchecked_are_told(tmp_path: Path, store: Store) -> None:
    said: list[str] = []
    settings = RuntimeSettings(base=str(NAME))
    assert signer_of_base(NAME, (DIGEST,), settings, tmp_path, store, said.append) == ""
    google = Name("gcr.io", "distroless/static")
    unchecked = replace(settings, base_signature="unchecked")
    assert signer_of_base(google, (DIGEST,), unchecked, tmp_path, store, said.append) == ""
    assert "nobody is known to sign" in said[0]
    assert said[1].startswith("UNCHECKED")


@pytest.mark.parametrize("content", [None, b"", b"ssh-ed25519 AAAA", b"\xff" * 10, b"x" * (1 << 17)])
def test_a_file_that_is_no_key(tmp_path: Path, store: Store, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "cosign.pub").write_bytes(content)
    settings = RuntimeSettings(base=str(NAME), base_key="cosign.pub")
    with pytest.raises(InputError, match=r"cosign\.pub"):
        signer_of_base(NAME, (DIGEST,), settings, tmp_path, store, silent)
