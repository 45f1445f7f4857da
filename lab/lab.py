"""The lab itself: its registry, what is in it, and the environment that points engines and barehull at it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from barehull.core.errors import UsageError
from barehull.core.progress import Progress, silent
from barehull.files import Store, default_store, write_atomically
from barehull.oci.model import Image
from barehull.oci.registry import push_image
from lab.machine import Machine, this_machine
from lab.making import engine
from lab.registry import Registry
from lab.signing import Signer
from lab.standin import Site, StandIn, all_standins, find_standin

_REGISTRIES = ("docker.io", "gcr.io")
_SCRATCH = "making-"
_GOOD_FOR = 7 * 24 * 3600  # seconds; then a stand-in is made anew, as the originals are rebuilt


def default_folder() -> Path:
    """Where the lab keeps what it made: in barehull's cache."""
    return default_store() / "lab"


class Lab:
    """A lab over `folder`, which other labs may share at the same time. As a context manager it runs as long as that.

    `run` is for the files of this one; by default they are temporary.
    """

    def __init__(self, folder: Path | None = None, progress: Progress = silent, *, run: Path | None = None) -> None:
        self.folder = (folder or default_folder()).resolve()
        self._temporary = None if run else tempfile.mkdtemp(prefix="barehull-lab-")
        self._run = run.resolve() if run else Path(str(self._temporary))
        self._progress = progress
        self._registry = Registry(self.folder / "registry", self._run)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """HOST:PORT of its registry; "" while it does not run."""
        return self._registry.address

    @property
    def public_key(self) -> Path:
        """The key that the stand-ins of signed images are verified with (PEM)."""
        return Signer(self.folder / "key").public

    @property
    def environment(self) -> dict[str, str]:
        """For buildah, podman and barehull. Engines get their own storage: real names mean stand-ins there.

        UsageError while the lab does not run.
        """
        if not self.address:
            raise UsageError("the lab does not run", advice="Start it: `make lab`, or `with Lab() as lab:`.")
        return {
            "CONTAINERS_REGISTRIES_CONF": str(self._run / "registries.conf"),
            "CONTAINERS_STORAGE_CONF": str(self._run / "storage.conf"),
            "STORAGE_DRIVER": "overlay",
            "BUILDAH_ISOLATION": os.environ.get("BUILDAH_ISOLATION", "chroot"),  # works inside containers, too
        }

    def start(self) -> None:
        """Start the registry, and write the configuration that leads there."""
        self._run.mkdir(parents=True, exist_ok=True)
        self._registry.start()
        storage = self.folder / "storage"
        write_atomically(self._run / "registries.conf", _registries_conf(self.address).encode())
        write_atomically(self._run / "storage.conf", _storage_conf(storage / "root", storage / "run").encode())

    def stop(self) -> None:
        """Stop the registry. What was made stays for the next time."""
        self._registry.stop()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def fill(self, names: Iterable[str] | None = None, *, fresh: bool = False) -> None:
        """Have the stand-ins of these names, with those that they are built on; None is all. What is there stays.

        `fresh` makes them anew. Errors: UsageError for a name that the lab has not; those of the making.
        """
        wanted = None if names is None else {it.name for name in names for it in _with_bases(find_standin(name))}
        machine = this_machine()
        with self._alone():
            for standin in all_standins():  # bases come first
                if (wanted is None or standin.name in wanted) and (fresh or not self._has(standin, machine)):
                    self._make(standin, machine)

    def _make(self, standin: StandIn, machine: Machine) -> None:
        self._progress(f"making the stand-in for {standin.name}")
        store = Store(default_store())
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=self.folder) as scratch:
            site = Site(Path(scratch), store, self.environment, machine, self._progress)
            self._push(standin, standin.make(site))
        engine(["buildah", "rmi", "--force", *standin.names], self.environment)  # of a day before
        write_atomically(self._marker(standin), standin.key(machine).encode())

    def _push(self, standin: StandIn, image: Image) -> None:
        for name in standin.names:
            push_image(image, f"{self.address}/{name}", self._progress)
            if standin.signed:
                Signer(self.folder / "key").sign(self.address, name.rpartition(":")[0], image.digest)

    def _has(self, standin: StandIn, machine: Machine) -> bool:
        marker = self._marker(standin)
        try:
            return marker.read_text() == standin.key(machine) and time.time() - marker.stat().st_mtime < _GOOD_FOR
        except OSError:
            return False

    def _marker(self, standin: StandIn) -> Path:
        return self.folder / "made" / standin.name.replace("/", "_").replace(":", "_")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One maker at a time: a second waits, and finds it done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._progress("waiting for another lab, which is filling the registry")
                fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self.folder.glob(f"{_SCRATCH}*"):  # by a run that was killed
                shutil.rmtree(left, ignore_errors=True)
            yield


def _with_bases(standin: StandIn) -> Iterator[StandIn]:
    yield standin
    if standin.base:
        yield from _with_bases(find_standin(standin.base))


def _registries_conf(address: str) -> str:
    tables = "".join(
        f'\n[[registry]]\nprefix = "{name}"\nlocation = "{address}/{name}"\ninsecure = true\n' for name in _REGISTRIES
    )
    return f'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n{tables}'


def _storage_conf(root: Path, run: Path) -> str:
    return f'[storage]\ndriver = "overlay"\ngraphroot = "{root}"\nrunroot = "{run}"\n'
