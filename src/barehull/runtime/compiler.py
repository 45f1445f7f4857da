"""The Python that compiles bytecode where the image's own cannot run: of the same version, for this machine.

Bytecode does not depend on the architecture, so an image for arm64 is composed on amd64 without emulation. These
packages are locked too, since another version may compile to other bytes; they do not go into the image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from barehull.core.errors import IncompleteError
from barehull.debian.archive import Archive
from barehull.lock import LockedDeb
from barehull.runtime.interpreter import MACHINES, of_interpreter, this_architecture
from barehull.runtime.recipe import load_recipe
from barehull.runtime.resolve import locked


def resolve_tools(
    debs: Sequence[LockedDeb], version: str, image: Archive, here: Callable[[str], Archive]
) -> tuple[LockedDeb, ...]:
    """The packages of this machine's Python, none where the image's own runs here or it has none.

    `debs` are the image's packages, from the archive `image`; `here` opens the archive for an architecture.
    Errors: those of `here`; IncompleteError when the archive's two architectures are not of one moment.
    """
    machine = this_architecture()
    wanted = [deb for deb in debs if of_interpreter(deb.name, version)]
    if machine == image.architecture or machine not in MACHINES.values() or not (version and wanted):
        return ()
    archive = here(machine)
    found = [locked(archive.packages[deb.name]) for deb in wanted if deb.name in archive.packages]
    theirs = {deb.name: deb.version for deb in found}
    for deb in wanted:
        if "python" in deb.name and theirs.get(deb.name) != deb.version:
            raise IncompleteError(
                f"the archive has {deb.name} {deb.version} for {image.architecture}, and "
                f"{theirs.get(deb.name, 'none')} for {machine}, whose Python is to compile the bytecode",
                advice=f"Try again when the archive has both, or build on a machine that is {image.architecture}.",
            )
    return tuple(found)


def tools_for(version: str, debian: int, image: Archive, here: Callable[[str], Archive]) -> tuple[LockedDeb, ...]:
    """The packages of this machine's Python for an image whose own was not made of packages that are locked.

    None where that Debian has no Python of that version, or none is known for this machine. Errors: those of `here`.
    """
    machine = this_architecture()
    names = [name for name in load_recipe("python3", debian).packages if of_interpreter(name, version)]
    if machine not in MACHINES.values() or not any("python" in name for name in names):
        return ()
    archive = image if machine == image.architecture else here(machine)
    return tuple(locked(archive.packages[name]) for name in names if name in archive.packages)
