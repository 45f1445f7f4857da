"""Image -> Inventory: all cataloguers together, and every file put down to whom vouches for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from barehull.core.errors import BarehullError, IncompleteError, IntegrityError
from barehull.debian.known_files import origin_of
from barehull.files import Store
from barehull.inventory import cataloguers as folder
from barehull.inventory.catalogue import Catalogue, Cataloguer, Claim
from barehull.inventory.derived import is_derived
from barehull.inventory.distribution import read_distribution
from barehull.inventory.identify import identify, joined, nothing_known, without
from barehull.inventory.model import Component, Files, Gap, Inventory, SuspectFile
from barehull.inventory.orphans import orphans
from barehull.inventory.recognise import MAKER
from barehull.oci.model import Config, Image
from barehull.oci.rootfs import Node, Rootfs

_ELF = b"\x7fELF"
_NOT_APPLICATIONS = ("", "home/nonroot", "root", "home")
_DPKG = "var/lib/dpkg/"
_DISTRIBUTIONS = ("pkg:deb/", "pkg:apk/")  # purls of packages that distributions made


def cataloguers() -> tuple[Cataloguer, ...]:
    """The files of the folder `cataloguers`, by name."""
    names = sorted(found.name for found in iter_modules(folder.__path__))
    return tuple(cast(Cataloguer, import_module(f"{folder.__name__}.{name}")) for name in names)


def take_inventory(image: Image, rootfs: Rootfs, store: Store | None = None) -> Inventory:
    """The inventory of an image, from `rootfs`, the view of its files.

    Files that are out of their packages are put down to those that were unpacked into `store`.
    """
    found = [_catalogued(cataloguer, rootfs) for cataloguer in cataloguers()]
    claims = _located(rootfs, (claim for catalogue in found for claim in catalogue.claims))
    files = _files(rootfs, image.config, claims, found)
    packaged = _packaged(claims).difference(it.path for it in files.suspect)
    components = _own((component for catalogue in found for component in catalogue.components), packaged)
    identified = identify(
        rootfs, files.suspect, _carriers(claims, files, found), partial(origin_of, store) if store else nothing_known
    )
    gaps = {gap for catalogue in found for gap in catalogue.gaps if not _is_packaged(gap, packaged)}
    gaps.update(identified.gaps, orphans(rootfs, files.suspect))
    return Inventory(
        image=image.digest,
        platform=image.config.platform,
        distribution=read_distribution(rootfs).ecosystem,
        compressed_size=image.compressed_size,
        components=tuple(sorted(joined(components, identified.components))),
        files=without(files, identified.known),
        gaps=tuple(sorted(gaps)),
    )


def _catalogued(cataloguer: Cataloguer, rootfs: Rootfs) -> Catalogue:
    """What a cataloguer finds; where it fails, that is a gap: nothing that it would have found counts as not there.

    Errors: those of the image and of the disk, which no cataloguer can do anything about.
    """
    try:
        return cataloguer.catalogue(rootfs)
    except (IncompleteError, IntegrityError, OSError):
        raise
    except Exception as error:
        name = getattr(cataloguer, "__name__", "").rpartition(".")[2]
        told = error.what if isinstance(error, BarehullError) else f"{type(error).__name__}: {error}"
        return Catalogue(
            gaps=(Gap(f"cataloguer {name}", f"it failed, and what it would have found is not known: {told}"),)
        )


def _carriers(claims: dict[str, list[Claim]], files: Files, found: Iterable[Catalogue]) -> dict[str, str]:
    """Files that have others' code inside, perhaps, by path with whose they are: a wheel's, or a component's own."""
    suspect = {it.path for it in files.suspect}
    carriers = {
        path: min(claim.owner for claim in those)
        for path, those in claims.items()
        if path not in suspect and not any(claim.owner.startswith(_DISTRIBUTIONS) for claim in those)
    }
    for catalogue in found:
        owners: dict[str, str] = {}
        for component in catalogue.components:
            for path in component.evidence if not component.vendored_in else ():
                owners.setdefault(path, component.purl)
        identified = set(catalogue.identified).difference(catalogue.whole, claims, suspect)
        carriers.update((path, owners[path]) for path in identified & owners.keys())
    return carriers


def _own(components: Iterable[Component], packaged: Collection[str]) -> list[Component]:
    """The components, without what a distribution packaged, by whose package they are counted: once is enough."""
    return [
        component
        for component in components
        if component.purl.startswith(_DISTRIBUTIONS)
        or not component.evidence
        or any(_file_of(path) not in packaged for path in component.evidence)
    ]


def _packaged(claims: Mapping[str, Sequence[Claim]]) -> set[str]:
    """The files that distributions' packages own."""
    return {path for path, those in claims.items() if any(it.owner.startswith(_DISTRIBUTIONS) for it in those)}


def _is_packaged(gap: Gap, packaged: Collection[str]) -> bool:
    """Whether what cannot be told is the content of a distribution's file, of which its advisories speak."""
    return bool(gap.sha256) and _file_of(gap.file or gap.subject) in packaged


def _file_of(place: str) -> str:
    """The file that evidence is in: `app.jar` of `app.jar!/lib/a.jar`."""
    return place.partition("!/")[0]


def _located(rootfs: Rootfs, claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    """Claims by the path that the file really has: /lib/x is at usr/lib/x where /lib is a link."""
    located: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        node = rootfs.get(claim.path)
        if node is not None and node.kind == "file":
            located[node.path].append(claim)
    return located


def _files(rootfs: Rootfs, config: Config, claims: dict[str, list[Claim]], found: Iterable[Catalogue]) -> Files:
    records = {path for catalogue in found for path in (*catalogue.records, *catalogue.identified)}
    application = config.working_dir.strip("/")
    prefix = f"{application}/" if application not in _NOT_APPLICATIONS else "\0"
    owned, mine = set[str](), set[str]()
    suspects: list[SuspectFile] = []
    rest: list[Node] = []
    total = 0
    for node in rootfs.files():
        total += 1
        if node.path in claims:
            if any(claim.holds(rootfs) for claim in claims[node.path]):
                owned.add(node.path)
            else:
                suspects.append(_suspect(rootfs, node, claims[node.path][0].owner))
        elif node.path.startswith(prefix) and not _is_elf(rootfs, node):
            mine.add(node.path)
        else:
            rest.append(node)
    derived = 0
    vouched = owned | mine
    for node in rest:
        known = node.path in records or (node.path.startswith(_DPKG) and not _is_elf(rootfs, node))
        if known or is_derived(rootfs, node, vouched):
            derived += 1
        else:
            suspects.append(_suspect(rootfs, node, ""))
    return Files(total, len(owned), derived, len(mine), tuple(sorted(suspects)))


def _suspect(rootfs: Rootfs, node: Node, owner: str) -> SuspectFile:
    sha256 = rootfs.digests(node.path)[1]
    if owner:
        return SuspectFile(node.path, "modified", _is_elf(rootfs, node), sha256, owner)
    return SuspectFile(node.path, "unowned", _is_elf(rootfs, node), sha256, maker=rootfs.fact(node.path, MAKER))


def _is_elf(rootfs: Rootfs, node: Node) -> bool:
    return rootfs.peek(node.path, 4) == _ELF
