"""Files appear whole or not at all, and the store gives out only what it was given."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from barehull.core.errors import IncompleteError, InputError, IntegrityError
from barehull.files import PREFIX, Store, default_store, failed, reading, safe_join, write_atomically


def hex_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def interrupted() -> Iterator[bytes]:
    yield b"half"
    raise KeyboardInterrupt


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a/b", b"one")
    write_atomically(tmp_path / "a/b", iter([b"tw", b"o"]))
    assert (tmp_path / "a/b").read_bytes() == b"two"
    assert names(tmp_path) == {"b"}


def test_an_interrupt_leaves_the_old_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / "b", b"old")
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "b", interrupted())
    assert (tmp_path / "b").read_bytes() == b"old"
    assert names(tmp_path) == {"b"}


def test_a_file_is_made_as_the_umask_wants_it(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomically(tmp_path / "b", b"")
    finally:
        os.umask(old)
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o640


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    error = failed(OSError(errno.ENOSPC, "No space left on device"), tmp_path / "x")
    assert isinstance(error, IncompleteError)
    assert "no space is left" in error.what
    assert str(tmp_path / "x") in error.what


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_disk_that_fills_up_while_writing(tmp_path: Path) -> None:
    # A limit on the file size is the full disk that every process can have.
    code = (
        "import resource, signal, sys; from pathlib import Path; from barehull.files import Store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from barehull.core.errors import BarehullError\n"
        "try: Store(Path(sys.argv[1])).put(b'x' * 5000)\n"
        "except BarehullError as error: print(type(error).__name__, error.what)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("IncompleteError no space is left to write")
    assert names(tmp_path) == set()


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(IncompleteError, match="file"):
        write_atomically(tmp_path / "file" / "below", b"")


def test_what_cannot_be_read_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: Is a directory"), reading(tmp_path):
        tmp_path.open()


def test_what_killed_runs_left_goes_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / f"{PREFIX}old", tmp_path / f"{PREFIX}young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    write_atomically(tmp_path / "b", b"")
    assert names(tmp_path) == {"b", young.name}


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "a\0b"])
def test_no_path_outside_of_the_root(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="points outside"):
        safe_join(tmp_path, name)


def test_a_path_inside_of_the_root(tmp_path: Path) -> None:
    assert safe_join(tmp_path, "a/b..c") == tmp_path / "a" / "b..c"


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BAREHULL_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_store() == tmp_path / "own"
    monkeypatch.delenv("BAREHULL_CACHE")
    assert default_store() == tmp_path / "xdg" / "barehull"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_store() == tmp_path / ".cache" / "barehull"


class TestStore:
    def test_content_by_its_hash(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        digest = store.put(iter([b"deb", b"ian"]))
        assert digest == hex_of(b"debian")
        assert store.path(f"sha256:{digest}").read_bytes() == b"debian"
        assert Store(tmp_path).path(f"sha256:{digest}").read_bytes() == b"debian"

    def test_other_content_than_promised_is_not_kept(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        with pytest.raises(IntegrityError, match="libc6.deb has the SHA-256"):
            store.put(b"evil", expected=hex_of(b"good"), what="libc6.deb")
        assert names(tmp_path) == set()

    def test_an_interrupt_keeps_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            Store(tmp_path).put(interrupted())
        assert names(tmp_path) == set()

    def test_a_kill_makes_nothing_visible(self, tmp_path: Path) -> None:
        code = (
            "import os, signal, sys; from pathlib import Path; from barehull.files import Store\n"
            "def chunks():\n  yield b'half'; os.kill(os.getpid(), signal.SIGKILL)\n"
            "Store(Path(sys.argv[1])).put(chunks())"
        )
        ran = subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
        assert ran.returncode == -signal.SIGKILL
        assert all(name.startswith(PREFIX) for name in names(tmp_path))
        assert Store(tmp_path).get(hex_of(b"half")) is None

    def test_a_damaged_file_is_removed(self, tmp_path: Path) -> None:
        digest = Store(tmp_path).put(b"debian")
        kept = Store(tmp_path).path(digest)
        kept.write_bytes(b"debiaN")
        store = Store(tmp_path)
        assert store.get(digest) is None
        assert not kept.exists()
        with pytest.raises(InputError, match="is not in the store"):
            store.path(f"sha256:{digest}")

    @pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "sha512:" + "0" * 64])
    def test_a_digest_is_not_a_path(self, tmp_path: Path, digest: str) -> None:
        with pytest.raises(InputError, match="is not a SHA-256"):
            Store(tmp_path).path(digest)

    def test_one_within_another(self, tmp_path: Path) -> None:
        """A thread may put something while it makes what it puts."""
        store = Store(tmp_path)

        def outer() -> Iterator[bytes]:
            yield b"a"
            store.put(b"inner")
            yield b"b"

        assert store.put(outer()) == hex_of(b"ab")
        assert {path.read_bytes() for path in (tmp_path / "sha256").rglob("*") if path.is_file()} == {b"ab", b"inner"}

    def test_threads_put_the_same(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        barrier = threading.Barrier(4)

        def put() -> None:
            barrier.wait()
            store.put(bytes(1000) for _ in range(100))

        threads = [threading.Thread(target=put) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert names(tmp_path) == {hex_of(bytes(100_000))}
        assert Store(tmp_path).get(hex_of(bytes(100_000)))

    def test_values_by_key(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        assert store.recall("pieces", "libc6") is None
        store.remember("pieces", "libc6", b"1")
        store.remember("pieces", "libc6", b"2")
        store.remember("bytecode", "libc6", b"3")
        assert Store(tmp_path).recall("pieces", "libc6") == b"2"
        assert store.recall("pieces", "libc6\udcff") is None

    def test_a_damaged_value_is_none(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        store.remember("pieces", "libc6", b"value")
        (slot,) = (path for path in (tmp_path / "pieces").rglob("*") if path.is_file())
        for damaged in (slot.read_bytes()[:-1], b"", slot.read_bytes().replace(b"v", b"w")):
            slot.write_bytes(damaged)
            assert store.recall("pieces", "libc6") is None


def test_what_is_no_regular_file_is_written_into_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, b"content")
        assert os.read(reader, 100) == b"content"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    write_atomically(Path(os.devnull), b"content")
    assert Path(os.devnull).is_char_device()
