"""Layouts written: read back equal, with the images of others kept, whatever interrupts and whoever writes too."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import IncompleteError, InputError, UsageError
from barehull.files import Store
from barehull.oci.layout import LayoutBlobs, read_layout, write_layout
from barehull.oci.model import Config, Image
from barehull.oci.rootfs import Rootfs

from .conftest import TAG, HandMade, file, helpful, image, tar


def content(found: Image, path: str = "a") -> bytes:
    with Rootfs.of(found) as rootfs:
        return rootfs.read(path)


def files(folder: Path) -> dict[str, bytes]:
    return {str(it.relative_to(folder)): it.read_bytes() for it in folder.rglob("*") if it.is_file()}


class TestWriting:
    def test_an_image_is_read_back_equal(self, store: Store, tmp_path: Path) -> None:
        config = Config(architecture="arm64", variant="v8", env=(("PATH", "/bin"),), cmd=("x",), user="65532")
        one = image(store, [file("a", b"one")], [file("b", b"two")], config=config)
        write_layout(one, tmp_path / "out", "v1")
        assert read_layout(tmp_path / "out") == read_layout(tmp_path / "out", "v1", "linux/arm64") == one
        assert content(read_layout(tmp_path / "out"), "b") == b"two"

    def test_the_other_images_stay(self, store: Store, tmp_path: Path) -> None:
        images = {f"v{n}": image(store, [file("a", b"%d" % n)]) for n in range(3)}
        for tag, it in images.items():
            write_layout(it, tmp_path / "out", tag)
        write_layout(images["v2"], tmp_path / "out", "v1")
        images["v1"] = images["v2"]
        assert {tag: read_layout(tmp_path / "out", tag) for tag in images} == images

    def test_what_others_wrote_into_it_stays(self, store: Store, made: HandMade) -> None:
        theirs = {**made.image(tar(("a", b"one"))), "annotations": {TAG: "theirs", "x": "é"}, "urls": ["u"]}
        write_layout(image(store, []), made.index(theirs), "ours")
        assert json.loads((made.folder / "index.json").read_text())["manifests"][0] == theirs
        assert content(read_layout(made.folder, "theirs")) == b"one"

    def test_the_same_again_changes_nothing(self, store: Store, tmp_path: Path) -> None:
        one = image(store, [file("a", b"one")])
        write_layout(one, tmp_path / "out")
        before = files(tmp_path / "out")
        write_layout(one, tmp_path / "out")
        assert files(tmp_path / "out") == before

    def test_two_caches_give_the_same_layout(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            write_layout(image(Store(tmp_path / f"store-{name}"), [file("a", b"one")]), tmp_path / name)
        assert files(tmp_path / "one") == files(tmp_path / "two")

    def test_an_image_is_copied_from_layout_to_layout(self, store: Store, tmp_path: Path) -> None:
        one = image(store, [file("a", b"one")])
        write_layout(one, tmp_path / "first")
        write_layout(read_layout(tmp_path / "first"), tmp_path / "second")
        assert files(tmp_path / "first") == files(tmp_path / "second")

    def test_a_damaged_blob_is_made_whole(self, store: Store, tmp_path: Path) -> None:
        one = image(store, [file("a", b"one")])
        write_layout(one, tmp_path / "out")
        LayoutBlobs(tmp_path / "out").path(one.layers[0].digest).write_bytes(b"damaged")
        write_layout(one, tmp_path / "out")
        assert content(read_layout(tmp_path / "out")) == b"one"

    def test_a_layouts_blob_is_not_the_stores(self, store: Store, tmp_path: Path) -> None:
        one = image(store, [file("a", b"one")])
        write_layout(one, tmp_path / "out")
        LayoutBlobs(tmp_path / "out").path(one.layers[0].digest).write_bytes(b"damaged")
        assert content(one) == b"one"

    @pytest.mark.parametrize("name", ["file", "file/below", "full", "locked/below"])
    def test_a_place_that_is_taken_is_left_alone(self, store: Store, tmp_path: Path, name: str) -> None:
        (tmp_path / "file").write_text("mine")
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "notes").write_text("mine")
        (tmp_path / "locked").symlink_to("/proc/self/fdinfo")
        before = files(tmp_path)
        with pytest.raises((UsageError, IncompleteError, InputError)) as caught:
            write_layout(image(Store(tmp_path.with_name("other")), []), tmp_path / name)
        assert helpful(caught.value)
        assert files(tmp_path) == before


@given(st.lists(st.tuples(st.sampled_from(["", "v1", "v2", "a/b"]), st.integers(0, 2)), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
def test_each_tag_has_the_image_that_was_last_written_to_it(
    tmp_path_factory: pytest.TempPathFactory, store: Store, writes: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("layout")
    images = [image(store, [file("a", b"%d" % number)]) for number in range(3)]
    for tag, number in writes:
        write_layout(images[number], folder, tag or "latest")
    assert {tag: read_layout(folder, tag or "latest") for tag, _ in writes} == {
        tag: images[number] for tag, number in writes
    }


class Stopping:
    """Blobs whose reader is interrupted at the blob number `at`, as Ctrl-C does."""

    def __init__(self, blobs: Any, at: int) -> None:
        self.blobs, self.left = blobs, at

    def path(self, digest: str) -> Path:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return self.blobs.path(digest)  # type: ignore[no-any-return]


class TestInterrupted:
    @pytest.mark.parametrize("at", range(5))
    def test_the_layout_of_before_is_there(self, store: Store, tmp_path: Path, at: int) -> None:
        old, new = (image(store, [file("a", text)], [file("b", text)]) for text in (b"old", b"new"))
        write_layout(old, tmp_path / "out")
        stopped = Image(new.digest, new.config, new.layers, Stopping(store, at))
        with pytest.raises(KeyboardInterrupt):
            write_layout(stopped, tmp_path / "out")
        assert read_layout(tmp_path / "out") == old
        write_layout(new, tmp_path / "out")
        assert read_layout(tmp_path / "out") == new

    @pytest.mark.parametrize("at", range(5))
    def test_a_first_write_can_be_done_again(self, store: Store, tmp_path: Path, at: int) -> None:
        one = image(store, [file("a", b"one")], [file("b", b"two")])
        with pytest.raises(KeyboardInterrupt):
            write_layout(Image(one.digest, one.config, one.layers, Stopping(store, at)), tmp_path / "out")
        with pytest.raises(InputError, match="is not an OCI image layout|cannot be read"):
            read_layout(tmp_path / "out")
        write_layout(one, tmp_path / "out")
        assert read_layout(tmp_path / "out") == one


WRITER = """
import sys; from pathlib import Path
from barehull.files import Store; from barehull.oci.layer import write_layer
from barehull.oci.layout import write_layout
from barehull.oci.manifest import make_image; from barehull.oci.model import Config, Entry
folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store = Store(folder / 'store')
def image(n):
    layer = write_layer([Entry('a', 'file', content=b'%s %d' % (name.encode(), n))], store, created_by='x')
    return make_image(Config(), [layer], store)
images = [image(n) for n in range(10)]
print('ready', flush=True); sys.stdin.readline()
for n in range(count):
    write_layout(images[n % 10], folder / 'out', f'{name}{n % 10}')
"""
Start = Callable[[str, int], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts a process that writes images, as soon as it gets a line."""

    def begin(name: str, count: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(tmp_path), name, str(count)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    return begin


def test_processes_that_write_at_once_lose_nothing(start: Start, tmp_path: Path) -> None:
    processes = [start(name, 10) for name in "abc"]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.wait(30) for process in processes] == [0, 0, 0]
    for name in "abc":
        for number in range(10):
            assert content(read_layout(tmp_path / "out", f"{name}{number}")) == b"%s %d" % (name.encode(), number)


@pytest.mark.parametrize("wait", [0.02, 0.035, 0.05, 0.08])
def test_a_process_killed_at_any_moment_leaves_a_whole_layout(
    start: Start, store: Store, tmp_path: Path, wait: float
) -> None:
    old = image(store, [file("a", b"old")])
    write_layout(old, tmp_path / "out", "old")
    process = start("x", 100_000)
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    time.sleep(wait)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    assert read_layout(tmp_path / "out", "old") == old
    for entry in json.loads((tmp_path / "out" / "index.json").read_text())["manifests"]:
        content(read_layout(tmp_path / "out", entry["annotations"][TAG]))
    write_layout(old, tmp_path / "out", "new")
    assert read_layout(tmp_path / "out", "new") == old, "the lock went with the process"
