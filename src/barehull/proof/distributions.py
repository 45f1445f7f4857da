"""Python distributions as their metadata describes them (PyPA: core metadata, recording installed projects)."""

from __future__ import annotations

import csv
import io
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from barehull.core.errors import InputError
from barehull.oci.facts import Content, Fact
from barehull.oci.rootfs import Rootfs
from barehull.proof.python_home import Python

_MAX_METADATA = 4 << 20
_MAX_RECORD = 32 << 20
_MODULE = (".py", ".so")


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution. `files` are the modules and libraries that its RECORD lists, without leading slash.

    `modules` are the top-level names that it declares.
    """

    name: str
    version: Version
    metadata: str
    requires: tuple[Requirement, ...]
    files: tuple[str, ...]
    modules: tuple[str, ...]

    @property
    def key(self) -> NormalizedName:
        """Its name as requirements are matched by."""
        return canonicalize_name(self.name)


def distributions(rootfs: Rootfs, python: Python) -> Iterator[Distribution]:
    """Each distribution that the interpreter sees, once: the first on its path wins.

    Errors: InputError for metadata that cannot be read.
    """
    seen: set[NormalizedName] = set()
    for site in python.sites:
        for name in rootfs.children(site):
            if name.endswith((".dist-info", ".egg-info")):
                found = _read(rootfs, site, name)
                if found.key not in seen:
                    seen.add(found.key)
                    yield found


def _read(rootfs: Rootfs, site: str, folder: str) -> Distribution:
    at = f"{site}/{folder}"
    node = rootfs.resolve(at)
    metadata = f"{at}/METADATA" if folder.endswith(".dist-info") else f"{at}/PKG-INFO"
    if node is not None and node.kind == "file":  # an .egg-info of distutils
        metadata = at
    said = rootfs.fact(metadata, _METADATA)
    try:
        version = Version(said.version)
        requires = tuple(Requirement(line) for line in said.requires)
    except (InvalidVersion, InvalidRequirement) as error:
        raise _unreadable(metadata, str(error)) from error
    if not said.name:
        raise _unreadable(metadata, "it has no name")
    files = tuple(_recorded(rootfs, site, f"{at}/RECORD"))
    return Distribution(said.name, version, metadata, requires, files, tuple(_modules(rootfs, site, at, files)))


def _recorded(rootfs: Rootfs, site: str, record: str) -> Iterator[str]:
    if rootfs.resolve(record) is None:  # Debian's own packages have none
        return
    said = rootfs.fact(record, _RECORD)
    if said.unclear:
        raise _unreadable(record, said.unclear)
    for name in said.names:
        yield posixpath.normpath(posixpath.join("/", site, name)).lstrip("/")


def _modules(rootfs: Rootfs, site: str, folder: str, files: tuple[str, ...]) -> Iterator[str]:
    if not files:
        path = f"{folder}/top_level.txt"
        text = rootfs.read(path, _MAX_METADATA).decode("utf-8", "replace") if rootfs.resolve(path) else ""
        yield from sorted({line.strip() for line in text.splitlines() if line.strip()})
        return
    inside = (path.removeprefix(f"{site}/") for path in files if path.startswith(f"{site}/"))
    tops = (path.partition("/") for path in inside)
    names = {top if folder else top.split(".")[0] for top, folder, _ in tops}
    yield from sorted(name for name in names if name.isidentifier())


def _unreadable(path: str, why: str) -> InputError:
    return InputError(f"/{path} cannot be read: {why}", advice="Install the distribution again.")


@dataclass(frozen=True, slots=True)
class _Metadata:
    name: str
    version: str
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Record:
    """The modules and libraries that a RECORD lists, or why it is `unclear`."""

    names: tuple[str, ...]
    unclear: str = ""


def _metadata(content: Content) -> _Metadata:
    from email.parser import HeaderParser  # which takes as long to import as all that is remembered takes to read

    headers = HeaderParser().parsestr(content.read(_MAX_METADATA).decode("utf-8", "replace"))
    name, version, requires = headers.get("Name"), headers.get("Version"), headers.get_all("Requires-Dist", [])
    return _Metadata(str(name or ""), str(version or ""), tuple(str(line) for line in requires))


def _record(content: Content) -> _Record:
    text = content.read(_MAX_RECORD).decode("utf-8", "replace")
    try:
        rows = [row[0] for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error as error:
        return _Record((), str(error))
    # Programs are no modules, and may be left out of an image; `uv pip install --target` puts them in here.
    return _Record(tuple(name for name in rows if name.endswith(_MODULE) and not name.startswith(("bin/", "../"))))


_METADATA = Fact("metadata", _Metadata, _metadata, (__name__,))
_RECORD = Fact("record", _Record, _record, (__name__,))
