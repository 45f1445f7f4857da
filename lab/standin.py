"""What a stand-in is, where the kinds are found, and what they are made with."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from barehull.core.errors import UsageError
from barehull.core.progress import Progress
from barehull.files import Store
from barehull.oci.model import Image
from barehull.oci.registry_name import parse_name
from lab import kinds
from lab.machine import Machine


@dataclass(frozen=True, slots=True)
class Site:
    """Where a stand-in is made: an empty folder, the store for its blobs, the engines' environment."""

    scratch: Path
    store: Store
    environment: Mapping[str, str]
    machine: Machine
    progress: Progress


@dataclass(frozen=True, slots=True)
class StandIn:
    """One image under its real names, with tags; `base` is the name of the stand-in that it is built on, or "".

    `differs` says, for users, what the original has in another way. `signed`: by the lab's key, in cosign's layout.
    """

    kind: str  # the file that makes it
    names: tuple[str, ...]
    differs: tuple[str, ...]
    make: Callable[[Site], Image]
    base: str = ""
    signed: bool = False

    @property
    def name(self) -> str:
        """The first of its names."""
        return self.names[0]

    def key(self, machine: Machine) -> str:
        """What it depends on, as a hash: the code of its kind, the machine's configuration, and its base."""
        code = b"".join(Path(path).read_bytes() for path in _code(self.kind))
        below = find_standin(self.base).key(machine) if self.base else ""
        return hashlib.sha256(b"\0".join((code, repr((self.names, machine, below)).encode()))).hexdigest()


@cache
def all_standins() -> tuple[StandIn, ...]:
    """Every stand-in, bases first."""
    modules = sorted(module.name for module in pkgutil.iter_modules(kinds.__path__))
    found = [it for name in modules for it in importlib.import_module(f"{kinds.__name__}.{name}").STANDINS]
    by_name = {name: it for it in found for name in it.names}

    def depth(standin: StandIn) -> int:
        return 1 + depth(by_name[standin.base]) if standin.base else 0

    return tuple(sorted(found, key=depth))


def find_standin(name: str) -> StandIn:
    """The stand-in of that name, short or long. UsageError where the lab has none."""
    wanted = parse_name(name)
    full = f"{wanted.registry}/{wanted.repository}:{wanted.tag or 'latest'}"
    for standin in all_standins():
        if full in standin.names:
            return standin
    raise UsageError(f"the lab has no stand-in for {full}", advice="`python -m lab list` shows what there is.")


def _code(kind: str) -> tuple[str, ...]:
    module = importlib.import_module(f"{kinds.__name__}.{kind}")
    return (str(module.__file__), str(Path(__file__).with_name("making.py")))
