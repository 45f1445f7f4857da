"""Whether a purl in a VEX document means this package, or this image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from packageurl import PackageURL

from barehull.core.errors import UsageError
from barehull.inventory.model import Component
from barehull.oci.registry_name import parse_name


@dataclass(frozen=True, slots=True)
class ImageNames:
    """By what an image may be called: its digests; where it is at a registry, "REGISTRY/NAME" and its tag."""

    digests: frozenset[str]
    architecture: str
    repository: str = ""
    tag: str = ""


def names_of(reference: str, digest: str, platform: str) -> ImageNames:
    """The names of the image with `digest` that `reference` (as skopeo writes it) leads to."""
    digests, architecture = frozenset({digest}), platform.partition("/")[2].partition("/")[0]
    kind, _, rest = reference.partition("://")
    if kind != "docker":
        return ImageNames(digests, architecture)
    name = parse_name(rest)
    repository = f"{name.registry}/{name.repository}"
    return ImageNames(digests | ({name.digest} - {""}), architecture, repository, name.tag)


def means_image(text: str, image: ImageNames) -> bool:
    """Whether the purl means the image: by its digest; without one by repository_url, and tag and arch where given."""
    purl = _parsed(text)
    if purl is None or purl.type not in ("oci", "docker"):
        return False
    if purl.version:
        return purl.version in image.digests
    said = purl.qualifiers
    repository = _repository(said.get("repository_url", ""))
    return (
        bool(repository)
        and repository == image.repository
        and said.get("tag") in (None, image.tag)
        and said.get("arch") in (None, image.architecture)
    )


def means_component(text: str, component: Component) -> bool:
    """Whether the purl means the component: what it says (version, qualifiers) must be so, what it leaves out may be.

    With `arch=source`, as for Debian's, it means the packages that were made of that source.
    """
    purl = _parsed(text)
    if purl is None or purl.type != "deb" or purl.qualifiers.get("arch") != "source":
        return means(text, component.purl)
    there = _parsed(component.purl)
    return (
        there is not None
        and (purl.type, purl.namespace, purl.name) == (there.type, there.namespace, component.source)
        and purl.version in (None, component.source_version)
        and purl.qualifiers.get("distro") in (None, there.qualifiers.get("distro"))
    )


def means(text: str, other: str) -> bool:
    """Whether the purl means what the purl `other` names in full."""
    purl, there = _parsed(text), _parsed(other)
    return (
        purl is not None
        and there is not None
        and (purl.type, purl.namespace, purl.name) == (there.type, there.namespace, there.name)
        and purl.version in (None, there.version)
        and purl.subpath in (None, there.subpath)
        and purl.qualifiers.items() <= there.qualifiers.items()
    )


@dataclass(frozen=True, slots=True)
class _Purl:
    """A package URL in its parts; PackageURL's own types leave open what its qualifiers are."""

    type: str
    namespace: str | None
    name: str
    version: str | None
    qualifiers: dict[str, str]
    subpath: str | None


@lru_cache(maxsize=1 << 14)
def _parsed(text: str) -> _Purl | None:
    try:
        purl = PackageURL.from_string(text)
    except ValueError:
        return None
    return _Purl(purl.type, purl.namespace, purl.name, purl.version, dict(purl.qualifiers), purl.subpath)


def _repository(url: str) -> str:
    """The repository that a URL names: of "debian" it is docker.io/library/debian; "" for what is no name."""
    try:
        name = parse_name(url.partition("://")[2] or url)
    except UsageError:
        return ""
    return f"{name.registry}/{name.repository}"
