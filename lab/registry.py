"""Debian's docker-registry on loopback: started, found again, and stopped by its process id."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from barehull.core.errors import IncompleteError
from barehull.files import write_atomically

PROGRAM = "docker-registry"
_PATIENCE = 20.0  # seconds to start, and to stop


class Registry:
    """A registry over the folder `data`; its own files are in `run`. Several may stand over the same data."""

    def __init__(self, data: Path, run: Path) -> None:
        self._data = data
        self._run = run
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """HOST:PORT of the one that runs, or ""."""
        try:
            state = json.loads((self._run / "registry.json").read_text())
            command = Path(f"/proc/{state['pid']}/cmdline").read_bytes()
        except (OSError, ValueError, KeyError):
            return ""
        return str(state["address"]) if str(self._run).encode() in command else ""  # not another with its number

    def start(self) -> None:
        """Start it, unless it runs. IncompleteError where it cannot."""
        if self.address:
            return
        if not shutil.which(PROGRAM):
            raise IncompleteError(f"{PROGRAM} is not there", advice="Run scripts/install-system-packages.")
        port = _free_port()
        config = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self._data)}},
            "http": {"addr": f"127.0.0.1:{port}"},
        }
        write_atomically(self._run / "registry.yml", json.dumps(config).encode())
        with (self._run / "registry.log").open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "serve", str(self._run / "registry.yml")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in a terminal is for what uses it
            )
        state = {"pid": self._process.pid, "address": f"127.0.0.1:{port}"}
        write_atomically(self._run / "registry.json", json.dumps(state).encode())
        if not self._wait_for(port):
            said = (self._run / "registry.log").read_text("utf-8", "replace")[-500:]
            self.stop()
            raise IncompleteError(f"{PROGRAM} did not start: {said}", advice="Run it again.")

    def stop(self) -> None:
        """End it, whoever started it."""
        if self.address:
            pid = json.loads((self._run / "registry.json").read_text())["pid"]
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + _PATIENCE
            while self.address and time.monotonic() < deadline:
                if self._process is not None:
                    self._process.poll()  # a child that ended is there until somebody asks
                time.sleep(0.02)
        (self._run / "registry.json").unlink(missing_ok=True)

    def _wait_for(self, port: int) -> bool:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return True
            time.sleep(0.05)
        return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
