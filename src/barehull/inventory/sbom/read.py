"""An SBOM of others (CycloneDX 1.2 to 1.7, SPDX 2.2 and 2.3, as JSON) -> Inventory.

Only the list of packages is read: who depends on whom says nothing of what is there, so no graph is walked. What an
SBOM cannot tell is a gap: files that no package owns, packages without a package URL, and which source packages a
distribution's packages were built from where it names none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from barehull.core.errors import InputError
from barehull.files import reading
from barehull.inventory.locked import NOTHING
from barehull.inventory.model import Component, Gap, Inventory
from barehull.inventory.purls import component_of, distribution_ecosystem, parse_purl
from barehull.inventory.sbom.forms import FORMS, Listed, foreign

PREFIX = "sbom:"
MAX_SIZE = 128 << 20
MAX_PACKAGES = 500_000
_ADVICE = "barehull reads CycloneDX 1.2 to 1.7 and SPDX 2.2 and 2.3, as JSON."
_CONTAINERS = ("oci", "docker")  # purls of the image itself


@dataclass(frozen=True, slots=True)
class _Found:
    components: list[Component]
    gaps: list[Gap]


def read_sbom(path: Path) -> Inventory:
    """The inventory that the SBOM in the file `path` tells; its `image` is the SHA-256 of the file.

    InputError for what is no SBOM, one of another kind or version, and one that is too large or too deep.
    """
    data = _bytes(path)
    value = _object(data, path)
    form = next((form for form in FORMS if form.claims(value)), None)
    if form is None:
        raise InputError(f"{path} is {foreign(value) or 'no SBOM that barehull knows'}", advice=_ADVICE)
    if form.version(value) not in form.versions:
        raise InputError(f"{path} is {form.name} {form.version(value)!r:.40}", advice=_ADVICE)
    try:
        listed = list(_bounded(form.packages(value), path))
        system = form.system(value)
    except (TypeError, AttributeError, ValueError, KeyError) as error:
        raise InputError(f"{path} breaks the schema of {form.name}: {error}", advice="Have it made again.") from error
    found = _components(listed, system)
    distributions = sorted({it.ecosystem for it in found.components if it.purl.startswith(("pkg:deb/", "pkg:apk/"))})
    return Inventory(
        image=f"sha256:{hashlib.sha256(data).hexdigest()}",
        platform="",
        distribution=distributions[0] if distributions else distribution_ecosystem(*_system(system)),
        compressed_size=0,
        components=tuple(sorted(set(found.components))),
        files=NOTHING,
        gaps=tuple(sorted({*found.gaps, *_limits(found.components, listed)})),
    )


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(f"there is no SBOM {path}", advice="Name a file, as sbom:FILE.")
    with reading(path), path.open("rb") as file:
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise InputError(f"{path} is larger than {MAX_SIZE >> 20} MiB", advice="Scan the image itself.")
    return data.removeprefix(b"\xef\xbb\xbf")


def _object(data: bytes, path: Path) -> dict[str, Any]:
    start = data[:200].lstrip()
    if start.startswith(b"<"):
        raise InputError(f"{path} is XML", advice=f"Have the SBOM made as JSON. {_ADVICE}")
    if start.startswith((b"SPDXVersion:", b"#")):
        raise InputError(f"{path} is SPDX in the form of tags and values", advice=f"Have it made as JSON. {_ADVICE}")
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}", advice=_ADVICE) from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is no SBOM: it is no JSON object", advice=_ADVICE)
    return value


def _bounded(packages: Iterator[Listed], path: Path) -> Iterator[Listed]:
    for number, listed in enumerate(packages):
        if number >= MAX_PACKAGES:
            raise InputError(f"{path} lists more than {MAX_PACKAGES} packages", advice="Scan the image itself.")
        yield listed


def _components(listed: list[Listed], system: str) -> _Found:
    found = _Found([], [])
    for package in listed:
        if not package.purl:
            found.gaps.append(
                Gap(package.label, "it has no package URL, by which advisories could be found", "no-purl")
            )
            continue
        try:
            if parse_purl(package.purl).type in _CONTAINERS:
                continue
            found.components.append(component_of(package.purl, source=package.source, distribution=system))
        except InputError as error:
            found.gaps.append(Gap(package.label, error.what, "no-purl"))
    return found


def _limits(components: list[Component], listed: list[Listed]) -> Iterator[Gap]:
    """What the SBOM as a whole cannot tell."""
    yield Gap("files", "an SBOM tells nothing of files that no package owns, or that were changed", "no-files")
    # Generators name the source where it has another name than the package; one that never does knows none.
    told = any(it.source != it.name for it in components) or any(package.source for package in listed)
    if told:
        return
    for component in components:
        if component.purl.startswith(("pkg:deb/", "pkg:apk/")):
            yield Gap(
                component.purl, "the SBOM does not tell its source package, of which advisories speak", "no-source"
            )


def _system(system: str) -> tuple[str, str]:
    name, _, release = system.partition("-")
    return name, release
