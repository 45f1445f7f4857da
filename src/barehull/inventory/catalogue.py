"""What one cataloguer finds: components, who vouches for which file, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from barehull.inventory.model import Component, Gap
from barehull.oci.rootfs import Rootfs


@dataclass(frozen=True, slots=True)
class Claim:
    """A package's word that the file at `path` has a content: its hash in hex, and the package's purl."""

    path: str
    kind: Literal["md5", "sha1", "sha256"]
    digest: str
    owner: str

    def holds(self, rootfs: Rootfs) -> bool:
        """Whether the file that is there has that content."""
        if self.kind == "sha1":
            return rootfs.sha1(self.path) == self.digest
        md5, sha256 = rootfs.digests(self.path)
        return self.digest == (md5 if self.kind == "md5" else sha256)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a cataloguer found. `records` are the files that it read it from: a package's metadata.

    `identified` are the paths of files, machine code too, of which `components` tell what they are made of: no package
    need own them. A file that a package owns is judged by the package's word as before. Nothing else can be linked into
    those that are in `whole`, too; to the others, what is belongs to the first of their components.
    """

    components: tuple[Component, ...] = ()
    claims: tuple[Claim, ...] = ()
    records: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    identified: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


class Cataloguer(Protocol):
    """Each file of the folder `cataloguers` is one."""

    def catalogue(self, rootfs: Rootfs) -> Catalogue:
        """What of its kind is in the image. What cannot be read is a gap, never an error and never nothing."""
