"""Machine code that no package's metadata tells of: what it is, by its content.

Asked are two kinds of files: those that no package vouches for, and those of which only a wheel or the file itself
tells, which may have whole libraries linked in. Debian's files are what their packages' advisories speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from packageurl import PackageURL

from barehull.core.errors import IncompleteError, IntegrityError
from barehull.debian.known_files import Origin
from barehull.inventory.model import Component, Files, Gap, SuspectFile
from barehull.inventory.reading.strings import SAYS, Said
from barehull.oci.rootfs import Rootfs

Lookup = Callable[[str], Origin | None]  # by a file's SHA-256: the Debian package that has it
_ELF = b"\x7fELF"


def nothing_known(sha256: str) -> None:
    """The lookup where there are no packages whose files could be compared."""


@dataclass(frozen=True, slots=True)
class Identified:
    """The components that content told of, and the gaps.

    `known` are the unowned files that are wholly one of these, an interpreter that comes without metadata. A file of
    Debian's is not among them: it has metadata, and who took it away hides it from all other scanners.
    """

    components: tuple[Component, ...]
    known: frozenset[str]
    gaps: tuple[Gap, ...] = ()


def identify(
    rootfs: Rootfs, suspects: Iterable[SuspectFile], carriers: Mapping[str, str], lookup: Lookup = nothing_known
) -> Identified:
    """What the suspects are, and what is linked into `carriers`: files by path, each with the purl of whose it is."""
    found: list[Component] = []
    known = set[str]()
    gaps: list[Gap] = []
    for suspect in suspects:
        if suspect.elf and (origin := lookup(suspect.sha256)):
            found.append(_of_debian(origin, suspect.path))
        elif suspect.elf:
            components, whole = _of_itself(suspect.path, _said(rootfs, suspect.path, gaps))
            found += components
            known |= {suspect.path} if suspect.state == "unowned" and whole else set()
    for path, owner in sorted(carriers.items()):
        if rootfs.peek(path, 4) == _ELF:
            found += [said.component(path, owner) for said in _said(rootfs, path, gaps)]
    return Identified(tuple(found), frozenset(known), tuple(gaps))


def _said(rootfs: Rootfs, path: str, gaps: list[Gap]) -> tuple[Said, ...]:
    try:
        return rootfs.fact(path, SAYS)
    except (IncompleteError, IntegrityError, OSError):  # of the disk, or the image
        raise
    except Exception as error:
        gaps.append(Gap(path, f"its machine code could not be looked into: {type(error).__name__}: {error}"))
        return ()


def _of_itself(path: str, said: Sequence[Said]) -> tuple[list[Component], bool]:
    """What is in a file, and whether that is all of it: an interpreter, which has the rest inside."""
    main = next((each for each in said if each.is_all_of(path)), None)
    if main is None:
        return [each.component(path) for each in said], False
    whole = main.component(path)
    inside = [each.component(path, whole.purl) for each in said if each != main]
    return [whole, *inside], bool(whole.ecosystem)


def _of_debian(origin: Origin, path: str) -> Component:
    qualifiers = {"arch": origin.architecture, "distro": f"debian-{origin.release}"}
    purl = PackageURL("deb", "debian", origin.name, origin.version, qualifiers).to_string()
    ecosystem = f"Debian:{origin.release}"
    return Component(purl, origin.name, origin.version, ecosystem, origin.source, origin.source_version, (path,))


def without(files: Files, known: frozenset[str]) -> Files:
    """The files, of which those in `known` are no longer suspect."""
    left = tuple(suspect for suspect in files.suspect if suspect.path not in known)
    return replace(files, derived=files.derived + len(files.suspect) - len(left), suspect=left)


def joined(components: Iterable[Component], found: Iterable[Component]) -> list[Component]:
    """Both, each thing once: the same package at another path, and what an SBOM told of a wheel's library before."""
    there = list(components)
    for new in found:
        for number, old in enumerate(there):
            if (old.purl, old.vendored_in) == (new.purl, new.vendored_in):
                there[number] = replace(old, evidence=tuple(dict.fromkeys((*old.evidence, *new.evidence))))
                break
        else:
            if not any(_is_told(new, old) for old in there):
                there.append(new)
    return there


def _is_told(new: Component, there: Component) -> bool:
    """Whether `there` is the same library, in the same wheel: "openssl-libs 3.5.1-4.el9" tells of OpenSSL 3.5.1."""
    same = new.name in there.name.lower() and there.version.startswith(new.version)
    return bool(new.vendored_in) and same and there.vendored_in == new.vendored_in
