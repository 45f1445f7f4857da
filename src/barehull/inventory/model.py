"""What an image was found to contain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Component:
    """One package found in an image.

    `ecosystem` is OSV's name ("Debian:13", "PyPI", "" when there is none). `source` and
    `source_version` are what advisories speak of: Debian's source package, else the name itself.
    `evidence` are the paths it was read from; `vendored_in` is the purl of what bundles it.
    """

    purl: str
    name: str
    version: str
    ecosystem: str
    source: str
    source_version: str
    evidence: tuple[str, ...] = ()
    vendored_in: str = ""


FileState = Literal["modified", "unowned"]


@dataclass(frozen=True, slots=True, order=True)
class SuspectFile:
    """A file that no package vouches for: "modified" (owned, other content) or "unowned". `elf`: machine code.

    `maker`: what made unowned machine code, as far as it shows: "go", "rust", "upx" (which packs programs), else "".
    """

    path: str
    state: FileState
    elf: bool
    sha256: str
    owner: str = ""  # purl, for modified files
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """Count of regular files by who vouches for them, and the ones that nobody does.

    `owned`: content equals what the package recorded. `derived`: made from owned files in a way
    that was checked (bytecode, CA bundle, ld.so.cache). `application`: in the image's working directory, and no ELF.
    """

    total: int
    owned: int
    derived: int
    application: int
    suspect: tuple[SuspectFile, ...]


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """Something that could not be read or identified: `subject` (a path or component) and `reason`.

    `keyword` is one of the list in `scan/undecided.py`. What could be read, and yet tells nothing, has its `sha256`: it
    is the same thing wherever it has the same content. `file` is its path where `subject` is a wider one.
    """

    subject: str
    reason: str
    keyword: str = "gap"
    sha256: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything found in one image: `image` is its manifest digest, `distribution` e.g. "Debian:13" or ""."""

    image: str
    platform: str
    distribution: str
    compressed_size: int  # bytes
    components: tuple[Component, ...]
    files: Files
    gaps: tuple[Gap, ...]
