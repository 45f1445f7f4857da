"""Rust programs: the crates that `cargo auditable` writes into each, in the section .dep-v0 (zlib, JSON).

https://github.com/rust-secure-code/cargo-auditable describes the format. Crates that only build scripts used are not in
the program, and are left out. The version of a crate that is not from crates.io, the program's own among them, is
shown; advisories cannot be asked about it: other code may have that name and version there.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from packageurl import PackageURL

from barehull.inventory.catalogue import Catalogue
from barehull.inventory.model import Component, Gap
from barehull.inventory.reading.machine_code import by_content, read_machine_code
from barehull.oci.facts import Content, Fact
from barehull.oci.rootfs import Rootfs

ECOSYSTEM = "crates.io"
_SECTION = ".dep-v0"
_MAX_PACKED, _MAX_TEXT = 8 << 20, 16 << 20  # bytes; a program of 400 crates has 5 and 30 KB


@dataclass(frozen=True, slots=True)
class Crate:
    """A crate in a program. `source` is "crates.io", "registry" (another), "git", "local" or what Cargo called it."""

    name: str
    version: str
    source: str


@dataclass(frozen=True, slots=True)
class Crates:
    """The crates that a program tells of; `broken`: why they cannot be read."""

    told: tuple[Crate, ...] = ()
    broken: str = ""


def catalogue(rootfs: Rootfs) -> Catalogue:
    """The crates in Rust programs that tell of them."""
    components: list[Component] = []
    gaps: list[Gap] = []
    identified: list[str] = []
    for crates, paths in by_content(rootfs.facts(CRATES)):
        if crates.broken:
            gaps += (Gap(path, f"its list of Rust crates cannot be read: {crates.broken}") for path in paths)
            continue
        components += (_component(crate, paths) for crate in crates.told)
        identified += paths
    return Catalogue(tuple(components), gaps=tuple(gaps), identified=tuple(identified))


def _component(crate: Crate, paths: tuple[str, ...]) -> Component:
    purl = PackageURL("cargo", None, crate.name, crate.version).to_string()
    asked = crate.version if crate.source == "crates.io" else ""
    return Component(purl, crate.name, crate.version, ECOSYSTEM, crate.name, asked, paths)


def _find(content: Content) -> Crates | None:
    code = read_machine_code(content)
    section = code.section(_SECTION) if code else None
    if code is None or section is None:
        return None
    if section.size > _MAX_PACKED:
        return Crates(broken=f"it has {section.size} bytes")
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(code.read(section, _MAX_PACKED), _MAX_TEXT)
        if not unpacker.eof:
            return Crates(broken="it is cut off, or unpacks to too much")
        return Crates(tuple(_told(json.loads(text))))
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Crates(broken=f"it is no list of packages ({type(error).__name__}: {error})"[:200])


CRATES: Fact[Crates | None] = Fact(
    "crates", Crates | None, _find, (__name__, "barehull.inventory.reading.machine_code")
)


def _told(value: Any) -> list[Crate]:
    """The packages that are in the program, its own first. Errors: those of a JSON that is another."""
    found: list[Crate] = []
    for package in value["packages"]:
        name, version = package["name"], package["version"]
        if not (isinstance(name, str) and isinstance(version, str) and f"{name}{version}".isprintable()):
            raise ValueError("a package has no name and version")
        if not name.strip("/") or not version:
            raise ValueError("a package has no name and version")
        if package.get("kind", "runtime") == "runtime":
            found.insert(0 if package.get("root") else len(found), Crate(name, version, str(package.get("source", ""))))
    return found
