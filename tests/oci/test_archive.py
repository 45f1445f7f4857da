"""Images in one file: what barehull and Docker write is read back equal, and what strangers write is refused unhurt."""

from __future__ import annotations

import gc
import gzip
import io
import json
import lzma
import os
import resource
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import BarehullError, IncompleteError, InputError, IntegrityError, UsageError
from barehull.files import Store
from barehull.oci import archive as module
from barehull.oci import docker_archive as docker_module
from barehull.oci import spool as spool_module
from barehull.oci.archive import check_file, read_oci_archive, write_oci_archive
from barehull.oci.docker_archive import read_docker_archive, write_docker_archive
from barehull.oci.layout import read_layout, write_layout
from barehull.oci.model import Config, Image
from barehull.oci.recompress import recompressed
from barehull.oci.rootfs import Rootfs

from .conftest import HandMade, file, hard, helpful, image, sha256, special, tar, value_or_known_error

Reader = Callable[[Path], Image]
READERS = pytest.mark.parametrize("read", [read_oci_archive, read_docker_archive], ids=["oci", "docker"])
WRITERS = pytest.mark.parametrize("write", [write_oci_archive, write_docker_archive], ids=["oci", "docker"])
CONFIG = Config(architecture="arm64", variant="v8", env=(("PATH", "/bin"),), cmd=("x", "é"), labels=(("a", "b"),))
LAYER = tar(("etc/", b""), ("etc/motd", b"hello"))


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go; in the end nothing of an image is left there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    gc.collect()
    assert list(folder.iterdir()) == []


def content(found: Image, path: str = "a") -> bytes:
    with Rootfs.of(found) as rootfs:
        return rootfs.read(path)


def members(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return archive.getnames()


def member(path: Path, name: str) -> bytes:
    with tarfile.open(path) as archive:
        found = archive.extractfile(name)
        assert found
        return found.read()


def link(name: str, target: str) -> tarfile.TarInfo:
    return special(name, tarfile.SYMTYPE, target)


Saved = dict[str, Any]


def saved(*layers: bytes, **lies: Any) -> tuple[bytes, str]:
    """A configuration and its name as `docker save` writes them."""
    rootfs = {"type": "layers", "diff_ids": [sha256(data) for data in layers]}
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs, **lies}).encode()
    return config, f"{sha256(config)[7:]}.json"


def docker(path: Path, *others: tuple[str, bytes | str] | tarfile.TarInfo, layer: bytes = LAYER, **lies: Any) -> Path:
    """An archive with one layer as Docker before 25 writes it; `lies` replace what manifest.json says."""
    config, name = saved(LAYER)
    says = {"Config": name, "RepoTags": ["app:v1"], "Layers": ["1/layer.tar"], **lies}
    listed = json.dumps([says]).encode()
    path.write_bytes(tar((name, config), ("1/", b""), ("1/layer.tar", layer), *others, ("manifest.json", listed)))
    return path


class TestRoundTrip:
    @pytest.mark.parametrize("compression", ["gzip", "zstd"])
    def test_an_image_is_read_back(self, store: Store, tmp_path: Path, compression: Any) -> None:
        one = recompressed(
            image(store, [file("a", b"1")], [file("b", b"2" * 99_999)], config=CONFIG), compression, store
        )
        write_oci_archive(one, tmp_path / "oci.tar", "v1")
        assert read_oci_archive(tmp_path / "oci.tar") == read_oci_archive(tmp_path / "oci.tar", "v1") == one
        write_docker_archive(one, tmp_path / "docker.tar", "app")
        again = read_docker_archive(tmp_path / "docker.tar", "docker.io/library/app:latest", "linux/arm64")
        assert (again.config, [it.diff_id for it in again.layers]) == (one.config, [it.diff_id for it in one.layers])
        assert [it.digest for it in again.layers] == [it.diff_id for it in one.layers], "they are not compressed"
        assert content(again, "b") == content(read_oci_archive(tmp_path / "oci.tar"), "b") == b"2" * 99_999

    def test_an_archive_of_dockers_is_a_layout_of_the_same_image(self, store: Store, tmp_path: Path) -> None:
        write_docker_archive(image(store, [file("a", b"one")]), tmp_path / "it.tar", "app:v1")
        found = read_docker_archive(tmp_path / "it.tar")
        assert read_oci_archive(tmp_path / "it.tar", "v1") == found
        with tarfile.open(tmp_path / "it.tar") as archive:
            archive.extractall(tmp_path / "out", filter="data")
        assert read_layout(tmp_path / "out") == found

    @WRITERS
    def test_the_same_image_has_the_same_bytes(self, tmp_path: Path, write: Any) -> None:
        for name in ("one", "two"):
            write(image(Store(tmp_path / f"store-{name}"), [file("a", b"1")], [file("b", b"2")]), tmp_path / name)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
        with tarfile.open(tmp_path / "one") as archive:
            assert {(it.mtime, it.uid, it.gid, it.uname) for it in archive} == {(0, 0, 0, "")}
        assert (tmp_path / "one").stat().st_size % 10240 == 0

    @WRITERS
    def test_the_same_layer_twice_is_one_file(self, store: Store, tmp_path: Path, write: Any) -> None:
        write(image(store, [file("a", b"1")], [file("a", b"1")]), tmp_path / "it.tar")
        names = members(tmp_path / "it.tar")
        assert len(names) == len(set(names))
        found = (read_oci_archive if write is write_oci_archive else read_docker_archive)(tmp_path / "it.tar")
        assert len(found.layers) == 2
        assert content(found) == b"1"

    def test_an_image_of_an_archive_goes_anywhere(self, store: Store, tmp_path: Path) -> None:
        write_docker_archive(image(store, [file("a", b"one")]), tmp_path / "first.tar")
        write_layout(read_docker_archive(tmp_path / "first.tar"), tmp_path / "layout")
        write_oci_archive(read_layout(tmp_path / "layout"), tmp_path / "second.tar")
        write_docker_archive(read_oci_archive(tmp_path / "second.tar"), tmp_path / "third.tar")
        assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "third.tar").read_bytes()

    @pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, lzma.compress])
    def test_an_archive_may_be_compressed(self, store: Store, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
        one = image(store, [file("a", b"one")])
        write_oci_archive(one, tmp_path / "it.tar")
        (tmp_path / "packed").write_bytes(pack((tmp_path / "it.tar").read_bytes()))
        assert read_oci_archive(tmp_path / "packed") == one
        assert content(read_oci_archive(tmp_path / "packed")) == b"one"

    @WRITERS
    def test_an_image_outlives_the_file_that_it_was_read_from(self, store: Store, tmp_path: Path, write: Any) -> None:
        write(image(store, [file("a", b"one")]), tmp_path / "it.tar")
        found = (read_oci_archive if write is write_oci_archive else read_docker_archive)(tmp_path / "it.tar")
        write(image(store, [file("a", b"two")]), tmp_path / "it.tar")
        assert content(found) == b"one"
        (tmp_path / "it.tar").unlink()
        assert content(found) == b"one"
        del found

    def test_the_private_folder_is_private_and_ends_with_the_image(self, tmp_path: Path, temporary: Path) -> None:
        found = read_docker_archive(docker(tmp_path / "it.tar"))
        assert [it.stat().st_mode & 0o777 for it in temporary.iterdir()] == [0o700]
        assert found.blobs.path(found.layers[0].digest).read_bytes() == LAYER
        del found
        gc.collect()
        assert list(temporary.iterdir()) == []


NAMES = st.text("abcXé./", min_size=1, max_size=6).map(lambda it: it.replace("..", "").strip("./") or "a")
TREES = st.dictionaries(NAMES.map(lambda it: it.replace("/", "-")), st.binary(max_size=600), max_size=4)
CONFIGS = st.builds(
    Config,
    env=st.lists(st.tuples(st.text("AB", min_size=1), st.text(max_size=5)), max_size=3).map(tuple),
    cmd=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    user=st.text("0123456789:", max_size=5),
    labels=st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2).map(
        lambda it: tuple(sorted(it.items()))
    ),
)


@given(st.lists(TREES, max_size=4), CONFIGS, st.sampled_from(["gzip", "zstd"]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_image_survives_each_transport(
    tmp_path: Path, trees: list[dict[str, bytes]], config: Config, compression: Any
) -> None:
    store = Store(tmp_path / "store")
    made = image(store, *([file(path, data) for path, data in tree.items()] for tree in trees), config=config)
    one = recompressed(made, compression, store)
    write_oci_archive(one, tmp_path / "oci.tar")
    assert read_oci_archive(tmp_path / "oci.tar") == one
    write_docker_archive(one, tmp_path / "docker.tar")
    for found in (read_docker_archive(tmp_path / "docker.tar"), read_oci_archive(tmp_path / "docker.tar")):
        assert found.config == one.config
        assert [(it.diff_id, it.created_by) for it in found.layers] == [
            (it.diff_id, it.created_by) for it in one.layers
        ]
        with Rootfs.of(found) as after, Rootfs.of(one) as before:
            assert list(after.walk()) == list(before.walk())
    gc.collect()


class TestDocker:
    def test_what_docker_before_25_writes(self, tmp_path: Path) -> None:
        assert content(read_docker_archive(docker(tmp_path / "it.tar")), "etc/motd") == b"hello"

    def test_equal_layers_are_links(self, tmp_path: Path) -> None:
        # Docker and skopeo write `../DIGEST/layer.tar`; other tools link hard.
        config, name = saved(LAYER, LAYER, LAYER)
        paths = ["1/layer.tar", "2/layer.tar", "3/layer.tar"]
        listed = json.dumps([{"Config": name, "RepoTags": None, "Layers": paths}]).encode()
        links = link("2/layer.tar", "../1/layer.tar"), hard("3/layer.tar", "2/layer.tar")
        data = tar((name, config), ("1/layer.tar", LAYER), *links, ("manifest.json", listed))
        (tmp_path / "it.tar").write_bytes(data)
        found = read_docker_archive(tmp_path / "it.tar")
        assert [it.digest for it in found.layers] == [sha256(LAYER)] * 3

    @pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
    def test_a_compressed_layer_is_unpacked(self, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
        found = read_docker_archive(docker(tmp_path / "it.tar", layer=pack(LAYER)))
        assert [(it.digest, it.size) for it in found.layers] == [(sha256(LAYER), len(LAYER))]
        assert content(found, "etc/motd") == b"hello"

    def several(self, path: Path) -> Path:
        listed, files = [], []
        for number in range(3):
            config, name = saved(LAYER, author=str(number), config={"Cmd": [str(number)]})
            files.append((name, config))
            names = [f"app:v{number}", f"quay.io/team/app:v{number}"] if number else None
            listed.append({"Config": name, "RepoTags": names, "Layers": ["1/layer.tar"]})
        path.write_bytes(tar(*files, ("1/layer.tar", LAYER), ("manifest.json", json.dumps(listed).encode())))
        return path

    @pytest.mark.parametrize(
        ("name", "which"),
        [("app:v1", "1"), ("docker.io/library/app:v2", "2"), ("quay.io/team/app:v2", "2"), ("@0", "0"), ("@2", "2")],
    )
    def test_one_of_several_is_named(self, tmp_path: Path, name: str, which: str) -> None:
        assert read_docker_archive(self.several(tmp_path / "it.tar"), name).config.cmd == (which,)

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("", "not clear which of 3"),
            ("app", "no such image"),
            ("@3", "no such image"),
            ("quay.io/app:v1", "no such"),
        ],
    )
    def test_none_of_several_is_meant(self, tmp_path: Path, name: str, words: str) -> None:
        with pytest.raises(InputError, match=words) as caught:
            read_docker_archive(self.several(tmp_path / "it.tar"), name)
        assert "app:v1, quay.io/team/app:v1" in caught.value.advice

    def test_another_platform(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no image for linux/arm64"):
            read_docker_archive(docker(tmp_path / "it.tar"), "", "linux/arm64")

    @pytest.mark.parametrize("name", ["app@sha256:" + "0" * 64, "App", "a b", "app:", "@x", "app:v1\n", "a" * 2000])
    def test_what_is_no_name_is_not_written(self, store: Store, tmp_path: Path, name: str) -> None:
        with pytest.raises(UsageError) as caught:
            write_docker_archive(image(store, []), tmp_path / "it.tar", name)
        assert helpful(caught.value)
        assert not (tmp_path / "it.tar").exists()


class TestHostileDocker:
    @pytest.mark.parametrize(
        ("lies", "words"),
        [
            ({"Config": None}, "not what Docker writes"),
            ({"Config": 1}, "not what Docker writes"),
            ({"Config": "../x"}, "points outside"),
            ({"Config": "absent.json"}, "lacks the file 'absent.json'"),
            ({"Config": "1"}, "lacks the file '1'"),
            ({"Config": "manifest.json"}, "is not a JSON object"),
            ({"Layers": ["/../../etc/passwd"]}, "points outside"),
            ({"Layers": ["etc/passwd"]}, "lacks the file"),
            ({"Layers": "1/layer.tar"}, "its configuration 1"),
            ({"Layers": 7}, "not what Docker writes"),
            ({"Layers": [["1/layer.tar"]]}, "not what Docker writes"),
            ({"Layers": ["1/layer.tar"] * 600}, "an image has 600 layers"),
            ({"Layers": []}, "has 0 layers"),
            ({"RepoTags": [1]}, "not what Docker writes"),
            ({"Layers": ["out"]}, "lacks the file 'out'"),
            ({"Layers": ["up"]}, "lacks the file 'up'"),
            ({"Layers": ["round"]}, "link to a link"),
            ({"Layers": ["a\x1b[2Jb" * 200]}, "lacks the file"),
        ],
    )
    def test_what_manifest_json_may_not_say(self, tmp_path: Path, lies: dict[str, Any], words: str) -> None:
        links = link("out", "/etc/passwd"), link("up", "../../../etc/passwd"), link("round", "round")
        with pytest.raises(BarehullError, match=words) as caught:
            read_docker_archive(docker(tmp_path / "it.tar", *links, **lies))
        assert isinstance(caught.value, InputError | IntegrityError)
        assert helpful(caught.value)

    @pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"[1]", b'["x"]', b"[[]]", b"nul", b"[" * 99_999, b"\xff"])
    def test_what_is_no_manifest_json(self, tmp_path: Path, text: bytes) -> None:
        (tmp_path / "it.tar").write_bytes(tar(("manifest.json", text)))
        with pytest.raises(InputError) as caught:
            read_docker_archive(tmp_path / "it.tar")
        assert helpful(caught.value)

    @pytest.mark.parametrize(
        "config",
        [
            {"rootfs": {"diff_ids": [1]}},
            {"rootfs": {"diff_ids": {}}},
            {"rootfs": {"diff_ids": {"a": 1}}},
            {"rootfs": {"diff_ids": "a"}},
            {"rootfs": {"diff_ids": ["../../etc/passwd"]}},
            {"rootfs": {"diff_ids": ["sha256:../../etc/passwd"]}},
            {"rootfs": {"diff_ids": ["sha512:" + "0" * 128]}},
            {"rootfs": []},
            {"rootfs": None},
            {"rootfs": {"diff_ids": 7}},
            {"config": [1]},
            {"os": None, "architecture": [], "history": 7},
        ],
    )
    def test_what_a_configuration_may_not_say(self, tmp_path: Path, config: dict[str, Any]) -> None:
        data, name = saved(LAYER, **config)
        with pytest.raises(BarehullError) as caught:
            read_docker_archive(docker(tmp_path / "it.tar", (name + "x", data), Config=name + "x"))
        assert isinstance(caught.value, InputError | IntegrityError)
        assert helpful(caught.value)

    def test_a_layer_with_other_content(self, tmp_path: Path) -> None:
        with pytest.raises(IntegrityError, match="in place of sha256:") as caught:
            read_docker_archive(docker(tmp_path / "it.tar", layer=LAYER + bytes(512)))
        assert helpful(caught.value)

    def test_a_configuration_with_other_content(self, tmp_path: Path) -> None:
        data, _ = saved(LAYER)
        name = "0" * 64
        with pytest.raises(IntegrityError, match="other content than its name says"):
            read_docker_archive(docker(tmp_path / "it.tar", (name, data), Config=name))

    def test_a_configuration_that_is_too_large(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="larger than 4 MiB"):
            read_docker_archive(docker(tmp_path / "it.tar", ("big", bytes((4 << 20) + 1)), Config="big"))

    def test_a_layer_that_is_a_bomb(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
        monkeypatch.setattr(spool_module, "FREE", 1 << 20)
        bomb = gzip.compress(bytes(64 << 20))
        with pytest.raises(InputError, match="unpacks to more than") as caught:
            read_docker_archive(docker(tmp_path / "it.tar", layer=bomb))
        assert helpful(caught.value)

    def test_layers_that_are_too_much_together(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(docker_module, "MAX_TOTAL", len(LAYER) - 1)
        with pytest.raises(InputError, match=f"more than {len(LAYER) - 1} bytes"):
            read_docker_archive(docker(tmp_path / "it.tar"))


class TestHostileTar:
    @READERS
    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ([("manifest.json", b"[]"), ("manifest.json", b"[]")], "two entries 'manifest.json'"),
            ([("index.json", b"{}"), ("./index.json", b"{}")], "two entries 'index.json'"),
            ([("a", b""), link("a", "b")], "two entries 'a'"),
            ([("../a", b"")], "points outside"),
            ([("a/../../b", b"")], "points outside"),
            ([hard("a", "../b")], "points outside"),
            ([special("a", tarfile.CHRTYPE)], "has the device 'a'"),
            ([special("a", tarfile.FIFOTYPE)], "has the device 'a'"),
            ([link("a", "/etc"), ("a/passwd", b"")], "has a file below 'a'"),
            ([("a/b/c", b""), ("a", b"")], "has a file below 'a'"),
            ([("a/" * 40 + "b", b"")], "deeper folders"),
            ([("a" * 600, b"")], "deeper folders"),
        ],
    )
    def test_what_an_archive_may_not_have(self, tmp_path: Path, read: Reader, more: list[Any], words: str) -> None:
        (tmp_path / "it.tar").write_bytes(tar(*more))
        with pytest.raises(InputError, match=words) as caught:
            read(tmp_path / "it.tar")
        assert helpful(caught.value)

    @READERS
    def test_more_files_than_images_have(self, tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_MAX_ENTRIES", 10)
        (tmp_path / "it.tar").write_bytes(tar(*((str(n), b"") for n in range(11))))
        with pytest.raises(InputError, match="more files"):
            read(tmp_path / "it.tar")

    @READERS
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"text",
            bytes(1024),
            bytes(513),
            tar(("a", b"x"))[:700],
            gzip.compress(b"x", mtime=0),
            gzip.compress(b"", mtime=0)[:9],
        ],
    )
    def test_what_is_no_archive_of_an_image(self, tmp_path: Path, read: Reader, data: bytes) -> None:
        (tmp_path / "it.tar").write_bytes(data)
        with pytest.raises(InputError) as caught:
            read(tmp_path / "it.tar")
        assert helpful(caught.value)

    @READERS
    @pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, lzma.compress])
    def test_an_archive_that_is_a_bomb(
        self, tmp_path: Path, read: Reader, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(spool_module, "FREE", 1 << 20)
        (tmp_path / "it.tar").write_bytes(pack(bytes(64 << 20)))
        with pytest.raises(InputError, match="unpacks to more than") as caught:
            read(tmp_path / "it.tar")
        assert helpful(caught.value)

    @READERS
    def test_what_is_no_file(self, tmp_path: Path, read: Reader) -> None:
        os.mkfifo(tmp_path / "pipe")
        for name in ("pipe", "absent", ".", "n" * 300):
            with pytest.raises(InputError) as caught:
                read(tmp_path / name)
            assert helpful(caught.value)

    def test_the_other_kind_is_told(self, store: Store, made: HandMade, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="not an archive of an OCI image layout") as caught:
            read_oci_archive(docker(tmp_path / "it.tar"))
        assert caught.value.advice == f"Try docker-archive:{tmp_path}/it.tar."
        write_oci_archive(image(store, []), tmp_path / "oci.tar")
        with pytest.raises(InputError, match="not an archive of `docker save`") as caught:
            read_docker_archive(tmp_path / "oci.tar")
        assert caught.value.advice == f"Try oci-archive:{tmp_path}/oci.tar."


def packed(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w") as archive:
        archive.add(folder, ".")
    return target


class TestOci:
    def test_a_blob_that_lies_is_found_when_it_is_used(self, made: HandMade, tmp_path: Path) -> None:
        layer = made.layer(LAYER)
        folder = made.index(made.manifest(made.config(LAYER), [layer]))
        made.path(layer["digest"]).write_bytes(b"other")
        found = read_oci_archive(packed(folder, tmp_path / "it.tar"))
        with pytest.raises(IntegrityError, match="in place of sha256:") as caught:
            content(found)
        assert helpful(caught.value)

    def test_a_manifest_that_lies(self, made: HandMade, tmp_path: Path) -> None:
        manifest = made.image(LAYER)
        folder = made.index(manifest)
        made.path(manifest["digest"]).write_bytes(b"{}")
        with pytest.raises(IntegrityError):
            read_oci_archive(packed(folder, tmp_path / "it.tar"))

    def test_a_blob_that_is_a_link_out(self, made: HandMade, tmp_path: Path) -> None:
        manifest = made.image(LAYER)
        folder = made.index(manifest)
        made.path(manifest["digest"]).unlink()
        made.path(manifest["digest"]).symlink_to("/etc/passwd")
        with pytest.raises(InputError, match="lacks the file"):
            read_oci_archive(packed(folder, tmp_path / "it.tar"))

    @pytest.mark.parametrize("digest", ["sha256:../../x", "md5:" + "0" * 32, "", "sha256:" + "0" * 64])
    def test_a_digest_that_is_none(self, made: HandMade, tmp_path: Path, digest: str) -> None:
        folder = made.index({**made.image(LAYER), "digest": digest})
        with pytest.raises(InputError) as caught:
            read_oci_archive(packed(folder, tmp_path / "it.tar"))
        assert helpful(caught.value)

    def test_another_tag(self, store: Store, tmp_path: Path) -> None:
        write_oci_archive(image(store, []), tmp_path / "it.tar", "v1")
        with pytest.raises(InputError, match="it.tar:v2: there is no such image") as caught:
            read_oci_archive(tmp_path / "it.tar", "v2")
        assert caught.value.advice == "It has the tags v1."


@READERS
@given(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=8))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_change_to_an_archive_is_harmless_or_found(tmp_path: Path, read: Reader, at: int, new: bytes) -> None:
    store = Store(tmp_path / "store")
    good = image(store, [file("a", b"content" * 99)])
    (write_oci_archive if read is read_oci_archive else write_docker_archive)(good, tmp_path / "good.tar")
    data = bytearray((tmp_path / "good.tar").read_bytes())
    at %= len(data)
    data[at : at + len(new)] = new
    (tmp_path / "it.tar").write_bytes(data)
    with value_or_known_error():
        found = read(tmp_path / "it.tar")
        assert content(found) == b"content" * 99
    gc.collect()


class TestOutput:
    @WRITERS
    def test_an_archive_with_one_image_is_replaced(self, store: Store, tmp_path: Path, write: Any) -> None:
        (tmp_path / "it.tar").touch()
        for data in (b"one", b"two"):
            write(image(store, [file("a", data)]), tmp_path / "it.tar")
        assert content(read_oci_archive(tmp_path / "it.tar")) == b"two"

    @WRITERS
    def test_what_is_something_else_stays(self, store: Store, tmp_path: Path, write: Any) -> None:
        (tmp_path / "notes").write_text("mine")
        (tmp_path / "other.tar").write_bytes(tar(("notes", b"mine")))
        (tmp_path / "dangling").symlink_to("/absent")
        os.mkfifo(tmp_path / "pipe")
        for name in ("notes", "other.tar", "dangling", "pipe", "temporary", "notes/below"):
            with pytest.raises(UsageError) as caught:
                write(image(store, []), tmp_path / name)
            assert helpful(caught.value)
        with pytest.raises((UsageError, InputError)):
            check_file(tmp_path / ("n" * 300))
        with pytest.raises(UsageError):
            check_file(Path("/dev/null"))
        assert (tmp_path / "notes").read_text() == "mine"

    def test_several_images_are_not_lost(self, store: Store, tmp_path: Path) -> None:
        several = TestDocker().several(tmp_path / "docker.tar")
        for tag in ("v1", "v2"):
            write_layout(image(store, [file("a", tag.encode())]), tmp_path / "layout", tag)
        for path, count in ((several, 3), (packed(tmp_path / "layout", tmp_path / "oci.tar"), 2)):
            before = path.read_bytes()
            with pytest.raises(UsageError, match=f"holds {count} images"):
                write_oci_archive(image(store, []), path)
            assert path.read_bytes() == before

    @WRITERS
    def test_a_full_disk_leaves_the_old_archive(self, store: Store, tmp_path: Path, write: Any) -> None:
        old = image(store, [file("a", b"old")])
        new = image(store, [file("a", os.urandom(300_000))])
        write(old, tmp_path / "it.tar")
        before = (tmp_path / "it.tar").read_bytes()
        kept = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, kept[1]))
        try:
            with pytest.raises(IncompleteError, match="no space is left"):
                write(new, tmp_path / "it.tar")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, kept)
            signal.signal(signal.SIGXFSZ, ignored)
        assert (tmp_path / "it.tar").read_bytes() == before
        assert not list(tmp_path.glob(".barehull-*"))

    @WRITERS
    def test_a_layer_that_changes_meanwhile_is_not_written(self, store: Store, tmp_path: Path, write: Any) -> None:
        one = image(store, [file("a", b"one")])
        path = one.blobs.path(one.layers[0].digest)
        path.write_bytes(path.read_bytes() + b"x")
        fresh = Image(one.digest, one.config, one.layers, Store(store.root))
        with pytest.raises((InputError, IntegrityError)):
            write(fresh, tmp_path / "it.tar")
        assert not (tmp_path / "it.tar").exists()


def test_an_ended_program_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    docker(tmp_path / "it.tar")
    code = "import sys; from pathlib import Path; from barehull.oci.docker_archive import read_docker_archive as read\n"
    code += "kept = read(Path(sys.argv[1])); print(kept.blobs.path(kept.digest)); sys.exit(3)"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "it.tar")],
        capture_output=True,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    assert (ran.returncode, ran.stderr) == (3, "")
    assert ran.stdout.startswith(str(temporary))
    assert list(temporary.iterdir()) == []


def test_what_is_written_can_be_read_by_the_standard_library(store: Store, tmp_path: Path) -> None:
    write_docker_archive(image(store, [file("a", b"one")]), tmp_path / "it.tar", "quay.io/team/app:v1")
    (listed,) = json.loads(member(tmp_path / "it.tar", "manifest.json"))
    assert listed["RepoTags"] == ["quay.io/team/app:v1"]
    with tarfile.open(fileobj=io.BytesIO(member(tmp_path / "it.tar", listed["Layers"][0]))) as layer:
        assert layer.getnames() == ["a"]
    assert sha256(member(tmp_path / "it.tar", listed["Config"])) == f"sha256:{listed['Config'][-64:]}"
