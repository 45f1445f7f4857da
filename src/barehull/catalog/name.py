"""References to images, as Docker reads them (github.com/distribution/reference)."""

from __future__ import annotations

import re

from barehull.catalog.model import ImageName

_MAX_NAME = 255  # characters of registry and repository
_MAX = 1024  # characters in all
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?")
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}")
_ID = re.compile(r"[0-9a-f]{64}")


def parse_name(text: str) -> ImageName:
    """A reference as FROM writes it, normalised. ValueError for what is not one; `scratch` is not."""
    if text == "scratch":
        raise ValueError("scratch is no image: it is where there is none")
    if len(text) > _MAX:
        raise ValueError(f"a reference cannot have {len(text)} characters")
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r} is not a digest")
    slash = rest.rfind("/") + 1
    last, colon, tag = rest[slash:].partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise ValueError(f"{tag!r} is not a tag")
    registry, repository = _split(rest[:slash] + last)
    if len(registry) + len(repository) >= _MAX_NAME:
        raise ValueError(f"a name cannot have {len(registry) + len(repository) + 1} characters")
    if not _REGISTRY.fullmatch(registry) or not _REPOSITORY.fullmatch(repository):
        raise ValueError(f"{rest[: slash + len(last)]!r} is not the name of an image")
    return ImageName(registry, repository, tag, digest)


def _split(name: str) -> tuple[str, str]:
    """Registry and repository: the first part is a registry when it looks like a host."""
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        if _ID.fullmatch(name):
            raise ValueError("64 hexadecimal digits are an image's id, not its name")
        first, rest = "docker.io", name
    if first == "index.docker.io":
        first = "docker.io"
    return first, f"library/{rest}" if first == "docker.io" and "/" not in rest else rest
