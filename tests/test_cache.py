"""The cache beside other processes: what lives is left alone, what was killed leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from barehull.cache import Usage, remove, usage
from barehull.core.errors import IncompleteError
from barehull.files import PREFIX, Store, scratch_folder, sweep, whole_file

WORK = {
    "a folder": "with scratch_folder(folder) as it: (it / 'x').write_bytes(b'x'); wait()",
    "a file": "with whole_file(folder / 'it') as file: file.write(b'x'); wait()",
    "a folder for a file": "with scratch_folder(folder) as it:\n  with whole_file(it / 'x') as file: wait()",
    "content": "store = Store(folder); digest = store.put(b'x'); wait(); assert store.path('sha256:' + digest)",
}
Start = Callable[[Path, str], subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts processes that begin a piece of work, say so, and go on with it when their input ends."""
    begun: list[subprocess.Popen[str]] = []

    def run(folder: Path, work: str) -> subprocess.Popen[str]:
        code = (
            "import sys; from pathlib import Path; from barehull.files import Store, scratch_folder, whole_file\n"
            f"folder = Path(sys.argv[1])\ndef wait(): print('begun', flush=True); sys.stdin.read()\n{WORK[work]}"
        )
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdin=pipe, stdout=pipe, text=True)
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        return process

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob(f"{PREFIX}*"))


def age(folder: Path, seconds: float = 3600) -> None:
    """As if nothing in the folder had been touched for that long."""
    then = time.time() - seconds
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (then, then))


LEFT = [work for work in WORK if work != "content"]


@pytest.mark.parametrize("work", LEFT)
def test_what_a_killed_process_left_is_removed(tmp_path: Path, start: Start, work: str) -> None:
    process = start(tmp_path, work)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(left(tmp_path)) == 1
    age(tmp_path)
    with scratch_folder(tmp_path) as new:
        assert left(tmp_path) == [new.name]
    assert left(tmp_path) == []


@pytest.mark.parametrize("work", LEFT)
def test_what_a_living_process_holds_stays_however_old(tmp_path: Path, start: Start, work: str) -> None:
    living = start(tmp_path, work)
    dead = start(tmp_path, work)
    dead.kill()
    dead.wait()
    age(tmp_path)
    sweep(tmp_path)
    assert len(left(tmp_path)) == 1
    living.communicate()
    assert living.returncode == 0
    assert left(tmp_path) == []


def test_what_has_just_been_made_stays(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}new").mkdir()
    sweep(tmp_path)
    assert left(tmp_path) == [f"{PREFIX}new"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / f"{PREFIX}link").symlink_to(tmp_path / "kept")
    age(tmp_path / "kept")
    sweep(tmp_path / "here")
    assert (tmp_path / "kept" / "file").exists()


def filled(root: Path) -> Store:
    store = Store(root)
    store.put(b"package")
    store.remember("pieces", "key", b"value")
    for path in ("interpreters/3.13/bin/python", "uv/simple/flask", "advisories/advisories.sqlite"):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_bytes(b"1234")
    return store


def files(root: Path) -> set[str]:
    return {path.name for path in root.rglob("*") if path.is_file()}


def test_what_it_holds(tmp_path: Path) -> None:
    filled(tmp_path)
    assert Usage("sha256", 1, 7) in usage(tmp_path)
    assert Usage("interpreters", 1, 4) in usage(tmp_path)
    assert usage(tmp_path / "none") == ()
    assert remove(tmp_path / "none", 0) == 0


def test_all_is_removed_but_the_advisories(tmp_path: Path) -> None:
    store = filled(tmp_path)
    del store
    assert remove(tmp_path, 0) == 7 + 32 + 5 + 4 + 4
    assert files(tmp_path) == {"advisories.sqlite"}


def test_what_was_used_lately_stays(tmp_path: Path) -> None:
    store = filled(tmp_path)
    old = store.put(b"old")
    del store
    age(tmp_path, 40 * 86400)
    store = Store(tmp_path)
    used = store.put(b"new")
    assert store.recall("pieces", "key") == b"value"  # marks it
    del store
    assert remove(tmp_path, 30) > 0
    assert files(tmp_path) == {"advisories.sqlite", used, *(path.name for path in (tmp_path / "pieces").rglob("*/*"))}
    assert Store(tmp_path).get(old) is None
    assert Store(tmp_path).recall("pieces", "key") == b"value"


def test_content_that_is_read_counts_as_used(tmp_path: Path) -> None:
    digest = Store(tmp_path).put(b"read")
    age(tmp_path, 40 * 86400)
    assert Store(tmp_path).get(digest)
    remove(tmp_path, 30)
    assert Store(tmp_path).get(digest)


def test_nothing_is_removed_from_under_a_running_process(tmp_path: Path, start: Start) -> None:
    running = start(tmp_path, "content")
    with pytest.raises(IncompleteError, match="in use by another barehull"):
        remove(tmp_path, 0)
    running.communicate()
    assert running.returncode == 0
    assert remove(tmp_path, 0) == 1


def test_a_killed_process_holds_nothing(tmp_path: Path, start: Start) -> None:
    killed = start(tmp_path, "content")
    killed.kill()
    killed.wait()
    assert remove(tmp_path, 0) == 1


def test_a_file_being_written_is_whole_whatever_is_swept(tmp_path: Path) -> None:
    with whole_file(tmp_path / "it") as file:
        file.write(b"x")
        age(tmp_path)
        sweep(tmp_path)
    assert (tmp_path / "it").read_bytes() == b"x"
