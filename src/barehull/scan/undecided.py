"""What a scan could not tell, and why: the one list of reasons. None of them ever counts as "no vulnerability".

Each reason begins with its keyword:

- no-coverage: the database, or barehull, does not know the component's ecosystem, or is known to leave the package out
- fixed-only: the data of the ecosystem tells only of vulnerabilities that have a fix; once for each ecosystem
- partial: the data of the ecosystem is known to be far from whole; once for each ecosystem
- version-unparsable: the component's or the advisory's version has no place in the ecosystem's order
- only-git-ranges, no-versions: an advisory about the package names commits only, or nothing that could be compared
- end-of-life: an advisory that may be younger than the end of the component's line, of which it says nothing
- record-unreadable: an advisory about the package breaks its schema
- vendored: a library inside another package, with no identity that advisories know
- unowned-elf, go-without-buildinfo, rust-without-auditable, packed-elf: machine code that no package owns, and that
  does not tell what it is made of: the last three, where it shows at least what made it
- java-without-coordinates: an archive with classes of which Maven's name and version are not known
- javascript-bundle: a minified script that can have libraries in it, and does not tell all of them
- unowned-module: Python code among distributions, of which none owns it
- modified-file: a file whose content is not its package's
- gap: something in the image that could not be read

SBOMs have reasons of their own (`no-purl`, `no-source`, `no-files`; inventory/sbom), and so has what another scanner
did not look at (`unseen`; scan/peer.py).
"""

from __future__ import annotations

from collections.abc import Iterable

from barehull.advisories.model import Coverage
from barehull.inventory.model import Component, Gap, Inventory, SuspectFile
from barehull.scan.model import Undecided

_MADE_BY = {
    "go": "go-without-buildinfo: a Go program that does not tell what modules it is made of",
    "rust": "rust-without-auditable: a Rust program that does not tell what crates it is made of",
    "upx": "packed-elf: machine code packed by UPX, in which nothing can be recognised",
}


def about_component(component: Component, reason: str, *, ecosystem: str = "") -> Undecided:
    """One component, the same on both sides where its purl (with the version) and what bundles it are."""
    keyword = reason.partition(":")[0]
    within = f" in {component.vendored_in}" if component.vendored_in else ""
    return Undecided(component.purl, reason, f"{keyword}: {component.purl}{within}", ecosystem)


def not_covered(component: Component) -> Undecided:
    """A component of an ecosystem of which the database or barehull knows nothing."""
    if component.vendored_in:
        return about_component(
            component,
            f"vendored: bundled in {component.vendored_in}, and no advisories cover it by this name",
            ecosystem=component.ecosystem,
        )
    if component.ecosystem:
        reason = f"no-coverage: the database has no advisories for {component.ecosystem}"
    else:
        reason = "no-coverage: it belongs to no ecosystem that publishes advisories"
    return about_component(component, reason, ecosystem=component.ecosystem)


def left_out(component: Component) -> Undecided:
    """A package that its ecosystem's data is known to leave out. To accept the ecosystem does not accept it."""
    return about_component(
        component, f"no-coverage: the data of {component.ecosystem} leaves out the package {component.source}"
    )


def not_whole(coverage: Coverage, components: Iterable[Component]) -> Undecided:
    """The vulnerabilities of all components of one ecosystem that its data does not tell of, in one."""
    purls = tuple(sorted({component.purl for component in components}))
    missing = f" (left out: {coverage.left_out})" if coverage.left_out else ""
    tells = "only of vulnerabilities that have a fix" if coverage.kind == "fixed-only" else "of a part of what is known"
    return Undecided(
        coverage.ecosystem,
        f"{coverage.kind}: the data of {coverage.ecosystem} tells {tells}{missing}",
        f"{coverage.kind}: {coverage.ecosystem}",
        coverage.ecosystem,
        purls,
    )


def of_image(inventory: Inventory) -> list[Undecided]:
    """What the inventory itself could not vouch for."""
    told = {path: it.purl for it in inventory.components if not it.vendored_in for path in it.evidence}
    files = (_of_file(file, told.get(file.path, "")) for file in inventory.files.suspect)
    return [one for one in files if one] + [_of_gap(gap, inventory.image) for gap in inventory.gaps]


def _of_file(file: SuspectFile, content: str) -> Undecided | None:
    """`content` is the purl of what is in it, "" where that is not known."""
    identity = f"{file.path} sha256:{file.sha256}"
    inside = f"; by its content it is, or has inside, {content}" if content else ""
    if file.state == "modified":
        return Undecided(
            file.path,
            f"modified-file: its content is not the one of {file.owner}{inside}",
            f"modified-file: {identity}",
        )
    if file.elf:
        reason = _MADE_BY.get(file.maker, "unowned-elf: machine code that no package owns")
        return Undecided(file.path, f"{reason}{inside}", f"{reason.partition(':')[0]}: {identity}")
    return None  # counted and listed by the inventory; advisories speak of code


def _of_gap(gap: Gap, image: str) -> Undecided:
    # What could not be read cannot be compared: two gaps are the same only in the same image.
    identity = f"{gap.keyword}: sha256:{gap.sha256}" if gap.sha256 else f"{gap.keyword}: {gap.subject} of {image}"
    return Undecided(gap.subject, f"{gap.keyword}: {gap.reason}", identity)
