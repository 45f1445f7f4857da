from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from barehull.core.errors import InputError
from barehull.files import Store
from barehull.lock import Lock, LockedDeb
from barehull.oci.manifest import make_image
from barehull.oci.model import MAX_LAYERS, Config, Layer
from barehull.oci.rootfs import Rootfs
from barehull.runtime.compose import RESERVED, compose
from barehull.runtime.package import Style, make_piece, reader
from barehull.runtime.recipe import Recipe

from ..proof.conftest import MadeElf  # noqa: TID252 - the one maker of ELF files

Deb = Callable[..., LockedDeb]
MINIMAL = Style(minimal=True, merged_usr=True, architecture="amd64")
INSTALLED = Style(minimal=False, merged_usr=True, architecture="amd64")


def rootfs(store: Store, *layers: Layer) -> Rootfs:
    return Rootfs.of(make_image(Config(), layers, store))


def test_a_minimal_package_has_its_record_in_status_d(deb: Deb, store: Store) -> None:
    piece = make_piece([deb("demo", {"usr/bin/demo": b"x"})], MINIMAL, store)
    with rootfs(store, piece.layer) as files:
        assert files.read("var/lib/dpkg/status.d/demo").startswith(b"Package: demo\n")
        assert files.read("var/lib/dpkg/status.d/demo.md5sums").endswith(b"  usr/bin/demo\n")
        assert files.get("var/lib/dpkg/status") is None


def test_an_installed_package_has_its_record_in_info(deb: Deb, store: Store) -> None:
    piece = make_piece([deb("demo", {"usr/bin/demo": b"x"}, more="Multi-Arch: same\n")], INSTALLED, store)
    with rootfs(store, piece.layer) as files:
        assert files.read("var/lib/dpkg/info/demo:amd64.list") == b"/.\n/usr\n/usr/bin\n/usr/bin/demo\n"
    assert piece.stanzas[0].startswith("Package: demo\nStatus: install ok installed\n")


def test_lib_is_merged_into_usr_and_the_link_stays(deb: Deb, store: Store) -> None:
    base = deb("base-files", {"lib": "usr/lib", "bin": "usr/bin"})
    tool = deb("tool", {"lib/x86_64-linux-gnu/libx.so.1": b"x", "bin/tool": b"x"})
    layers = [make_piece([each], MINIMAL, store).layer for each in (base, tool)]
    with rootfs(store, *layers) as files:
        assert files.get("lib").kind == "symlink"
        assert files.resolve("lib/x86_64-linux-gnu/libx.so.1").path == "usr/lib/x86_64-linux-gnu/libx.so.1"


def test_lib_stays_where_it_is_on_a_release_that_is_not_merged(deb: Deb, store: Store) -> None:
    library = bytes(MadeElf(soname="libx.so.1"))
    folders = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
    tools = [deb(f"tool{at}", {f"{folder}/libx.so.1": library}) for at, folder in enumerate(folders)]
    pieces = [make_piece([tool], replace(MINIMAL, merged_usr=False), store) for tool in tools]
    found = [library.path for piece in pieces for library in piece.libraries]
    assert found == [f"/{folder}/libx.so.1" for folder in folders]
    with rootfs(store, *(piece.layer for piece in pieces)) as files:
        assert all(files.get(path.lstrip("/")) for path in found)
    assert make_piece([tools[1]], MINIMAL, store).libraries[0].path == "/lib/x86_64-linux-gnu/libx.so.1"


def test_set_id_bits_do_not_survive_in_a_minimal_image(deb: Deb, store: Store) -> None:
    package = deb("su", {"usr/bin/su": b"x"})
    for style, mode in ((MINIMAL, 0o755), (INSTALLED, 0o4755)):
        with rootfs(store, make_piece([package], style, store).layer) as files:
            assert files.get("usr/bin/su").mode == mode


def test_the_certificates_are_one_file_and_owned(deb: Deb, store: Store) -> None:
    certificates = deb(
        "ca-certificates",
        {
            "usr/share/ca-certificates/mozilla/b.crt": b"B\n",
            "usr/share/ca-certificates/mozilla/a.crt": b"A\n",
            "usr/sbin/update-ca-certificates": b"#!/bin/sh\n",
        },
    )
    with rootfs(store, make_piece([certificates], MINIMAL, store).layer) as files:
        assert files.read("etc/ssl/certs/ca-certificates.crt") == b"A\nB\n"
        assert files.get("usr/sbin/update-ca-certificates") is None
        sums = files.read("var/lib/dpkg/status.d/ca-certificates.md5sums").decode()
        assert sums.split()[0] == files.digests("etc/ssl/certs/ca-certificates.crt")[0]


def test_two_packages_with_one_file_are_refused(deb: Deb, store: Store) -> None:
    one, two = deb("one", {"usr/bin/x": b"1"}), deb("two", {"usr/bin/x": b"2"})
    with pytest.raises(InputError, match="two brings /usr/bin/x"):
        make_piece([one, two], MINIMAL, store)


def test_a_layer_is_made_once(deb: Deb, store: Store) -> None:
    package = deb("demo", {"usr/bin/demo": b"x"})
    first = make_piece([package], MINIMAL, store)
    store.path(f"sha256:{package.sha256}").unlink()  # nothing could be made without it
    assert make_piece([package], MINIMAL, store) == first


def test_a_package_that_several_want_is_read_once(deb: Deb, store: Store) -> None:
    shared, own = deb("shared", {"usr/bin/shared": b"x"}), deb("own", {"usr/bin/own": b"x"})
    read = reader(store, [shared])
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(read, [shared] * 8)
    assert all(other is first for other in others)
    assert read(own) == read(own)
    assert read(own) is not read(own)  # nor kept


def test_a_layer_that_the_store_lost_is_made_again(deb: Deb, store: Store) -> None:
    package = deb("demo", {"usr/bin/demo": b"x"})
    first = make_piece([package], MINIMAL, store)
    store.path(first.layer.digest).unlink()
    assert make_piece([package], MINIMAL, store) == first
    assert store.path(first.layer.digest).exists()


def lock(*debs: LockedDeb) -> Lock:
    return Lock("0", "linux/amd64", "test", 13, (), debs, (), "")


def recipe(*, minimal: bool = True) -> Recipe:
    return Recipe("test", 13, (), (("PATH", "/usr/bin"),), (), "65532", "/home/nonroot", minimal, False, False, "3.13")


def test_a_runtime_has_what_distroless_adds(deb: Deb, store: Store) -> None:
    runtime = compose(
        lock(deb("base-files", {"usr/lib/os-release": b"x", "etc/os-release": "../usr/lib/os-release"})),
        recipe(),
        store,
    )
    with rootfs(store, *runtime.layers) as files:
        assert b"nonroot:x:65532:65532" in files.read("etc/passwd")
        assert b'VERSION_ID="13"' in files.read("etc/os-release")
        assert files.read("usr/lib/os-release") == b"x"
        assert files.get("tmp").mode == 0o1777
        assert (files.get("home/nonroot").uid, files.get("home/nonroot").mode) == (65532, 0o700)
        assert files.get("usr/bin/python3").target == "/usr/bin/python3.13"


def test_a_conventional_image_has_dpkgs_status_and_users(deb: Deb, store: Store) -> None:
    passwd = deb("base-passwd", {"usr/share/base-passwd/passwd.master": b"root:*:0:0::/root:/bin/bash\n"})
    runtime = compose(lock(passwd, deb("a", {"usr/a": b""})), recipe(minimal=False), store)
    with rootfs(store, *runtime.layers) as files:
        assert files.read("etc/passwd").startswith(b"root:")
        assert files.read("var/lib/dpkg/status").count(b"\nStatus: install ok installed\n") == 2


def test_many_packages_share_a_layer_at_the_end(deb: Deb, store: Store) -> None:
    debs = [deb(f"p{number:03}", {f"usr/share/{number}": bytes(number)}) for number in range(MAX_LAYERS + 20)]
    runtime = compose(lock(*debs), recipe(), store)
    assert len(runtime.layers) <= MAX_LAYERS - RESERVED + 1
    with rootfs(store, *runtime.layers) as files:
        assert len(files.children("usr/share")) == len(debs)


def test_the_same_lock_gives_the_same_layers(deb: Deb, store: Store, tmp_path: object) -> None:
    debs = [deb(f"p{number}", {f"usr/{number}": b"x"}) for number in range(3)]
    first = compose(lock(*debs), recipe(), store).layers
    other = Store(tmp_path / "other")
    for each in debs:
        other.put(store.path(f"sha256:{each.sha256}").read_bytes())
    assert compose(lock(*debs), recipe(), other).layers == first
