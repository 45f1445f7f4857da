"""A package URL of others (an SBOM's, a scanner's) -> the component that advisories speak of."""

from __future__ import annotations

import re

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from barehull.core.errors import InputError
from barehull.inventory.distribution import ecosystem_of, ecosystem_of_package
from barehull.inventory.model import Component

# purl type -> OSV's ecosystem, where a purl needs nothing beside it.
PLAIN = {"pypi": "PyPI", "npm": "npm", "golang": "Go", "maven": "Maven", "cargo": "crates.io"}
_CODENAMES = {
    ("debian", "buster"): "10",
    ("debian", "bullseye"): "11",
    ("debian", "bookworm"): "12",
    ("debian", "trixie"): "13",
    ("ubuntu", "focal"): "20.04",
    ("ubuntu", "jammy"): "22.04",
    ("ubuntu", "noble"): "24.04",
}
_RUNTIMES = {("generic", "python"): ("PSF", "cpython"), ("generic", "node"): ("Node.js", "node")}


def component_of(text: str, *, source: str = "", distribution: str = "", evidence: str = "") -> Component:
    """The component that the purl `text` names. InputError where it is no purl, or has no version.

    `source` ("NAME VERSION" or "NAME") is the source package, where something else than the purl tells it;
    `distribution` ("debian-13") is the system's, for purls that name none. Without an ecosystem that has advisories the
    component's is "".
    """
    purl = parse_purl(text)
    kind, namespace = purl.type, purl.namespace or ""
    name = f"{namespace}:{purl.name}" if kind == "maven" else "/".join(filter(None, (namespace, purl.name)))
    version = purl.version or ""
    if kind in ("deb", "apk"):
        name = purl.name
        qualifiers = purl.qualifiers if isinstance(purl.qualifiers, dict) else {}
        told = re.split(r"[ @]", source or qualifiers.get("upstream", ""), maxsplit=1)
        ecosystem = distribution_ecosystem(namespace, qualifiers.get("distro", "") or distribution)
        epoch = qualifiers.get("epoch", "")
        version = f"{epoch}:{version}" if epoch and ":" not in version else version
        ecosystem = ecosystem_of_package(ecosystem, version)
        version_of_source = told[1] if len(told) > 1 else version
        return Component(
            text, name, version, ecosystem, told[0] or name, version_of_source, (evidence,) * bool(evidence)
        )
    ecosystem, name = _RUNTIMES.get((kind, purl.name), (PLAIN.get(kind, ""), name))
    if ecosystem == "PyPI":
        name = canonicalize_name(name)
    if ecosystem == "Go":  # advisories and module files write v1.2.3 for modules, and 1.22.1 for the standard library
        version = version.removeprefix("v").removeprefix("go")
    return Component(text, name, version, ecosystem, name, version, (evidence,) * bool(evidence))


def parse_purl(text: str) -> PackageURL:
    """InputError where `text` is no package URL, or names no version."""
    try:
        purl = PackageURL.from_string(text)
    except ValueError as error:
        raise InputError(
            f"{text[:200]!r} is no package URL: {error}", advice="See the package-url specification."
        ) from error
    if not purl.version:
        raise InputError(f"{text[:200]!r} names no version", advice="Without one nothing can be said of it.")
    return purl


def distribution_ecosystem(namespace: str, distro: str) -> str:
    """OSV's name for a release as purls write it: "debian-13", "13.1", "trixie", "alpine-3.20.3"; "" for others."""
    named = distro.lower().removeprefix(f"{namespace}-").removeprefix("v")
    return ecosystem_of(namespace, _CODENAMES.get((namespace, named), named))
