"""A long-running program of others: its lines are heard while it works, and it does not outlive us."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from types import FrameType

from barehull.core.errors import IncompleteError
from barehull.core.progress import Progress

_KEPT = 20  # of the last lines
_LONGEST = 1000  # characters of a line that are shown
_GRACE = 10.0  # seconds to end by itself, with all that it has begun
_TIDY = 120.0  # seconds
_CHUNK = 1 << 16


def follow(command: Sequence[str], hear: Progress) -> tuple[int, tuple[str, ...]]:
    """Run `command`; its exit code (negative: by which signal) and the last lines of what it said on both streams.

    Ctrl-C and SIGTERM end it with everything that it started, and become KeyboardInterrupt.
    """
    with _termination_interrupts(), _start(command) as child:
        try:
            last = _listen(child, hear)
            return child.wait(), last
        except BaseException:
            _end(child)
            raise


def tidy(command: Sequence[str]) -> bool:
    """Run a short command that cleans up; whether it did. Nothing is raised: the work's own result counts."""
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=_TIDY).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def ask(command: Sequence[str]) -> str:
    """The first line of what a short command answers; "" where it does not."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_GRACE)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return _printable(done.stdout.partition(b"\n")[0]) if done.returncode == 0 else ""


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        # A session of its own: what it has started can be ended with it, and it asks nothing at the terminal.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise IncompleteError(
            f"{command[0]} cannot be run: {error.strerror or error}", advice="Install it again, or use another engine."
        ) from error


def _listen(child: subprocess.Popen[bytes], hear: Progress) -> tuple[str, ...]:
    """Hear its lines until it ends. A daemon that it leaves behind may keep the pipe: that is not waited for."""
    pipe = child.stdout.fileno() if child.stdout else -1  # there is one: `_start` asked for it
    last: deque[str] = deque(maxlen=_KEPT)
    pending = b""
    while True:
        ended = child.poll() is not None
        if not select.select([pipe], [], [], 0 if ended else 0.2)[0]:
            if ended:
                break
            continue
        chunk = os.read(pipe, _CHUNK)
        *lines, pending = (pending + chunk).replace(b"\r", b"\n").split(b"\n")
        if not chunk or len(pending) > _CHUNK:
            lines, pending = [*lines, pending], b""
        for line in filter(None, map(_printable, lines)):
            last.append(line)
            hear(line)
        if not chunk:
            break
    return tuple(last)


def _printable(line: bytes) -> str:
    """A line without what would steer a terminal: a RUN may print anything."""
    text = line.decode("utf-8", "replace")[:_LONGEST]
    return "".join(character if character.isprintable() else " " for character in text).rstrip()


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a child and all that is in its session: politely, so that it can clean up, then by force."""
    try:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


@contextlib.contextmanager
def _termination_interrupts() -> Iterator[None]:
    """SIGTERM, by which CI cancels jobs, interrupts as Ctrl-C does; else the child would go on alone."""
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not ours:
        yield
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
