"""Packages of apk (Alpine, Wolfi, Chainguard): its database of what is installed, with the hashes of their files.

A paragraph has one letter a line: P is the name, V the version, A the architecture, o the origin; then F is a folder, R
a file in it, and Z the hash of that file.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from packageurl import PackageURL

from barehull.core.errors import InputError
from barehull.inventory.catalogue import Catalogue, Claim
from barehull.inventory.distribution import Distribution, read_distribution
from barehull.inventory.model import Component, Gap
from barehull.oci.rootfs import Rootfs

_FOLDERS = ("lib/apk/db", "usr/lib/apk/db")  # the second since /lib is a link
_BESIDE = ("scripts.tar", "scripts.tar.gz", "triggers", "lock")
_CONFIGURATION = "etc/"
_PLAIN = re.compile(r"[!-~]+")
_LIMIT = 64 << 20
_KINDS = {"Q1": ("sha1", 20), "Q2": ("sha256", 32)}

Fields = dict[str, str]


def catalogue(rootfs: Rootfs) -> Catalogue:
    """The installed packages of apk."""
    components: list[Component] = []
    claims: list[Claim] = []
    records: list[str] = []
    gaps: list[Gap] = []
    distribution = read_distribution(rootfs)
    for path in _databases(rootfs):
        records += _bookkeeping(rootfs, path)
        for lines in _paragraphs(rootfs, path, gaps):
            component = _component(lines, path, distribution)
            if component is None:
                gaps.append(Gap(path, f"a paragraph names no package with a version: {lines[0][:40]!r}"))
                continue
            components.append(component)
            claims += _claims(rootfs, lines, path, component.purl, gaps)
    if components and not distribution.ecosystem:
        gaps.append(Gap("etc/os-release", f"apk has packages, but the distribution is not known: {distribution.name}"))
    return Catalogue(tuple(components), tuple(claims), tuple(records), tuple(gaps))


def _databases(rootfs: Rootfs) -> list[str]:
    nodes = [rootfs.resolve(f"{folder}/installed") for folder in _FOLDERS]
    return sorted({node.path for node in nodes if node is not None})


def _bookkeeping(rootfs: Rootfs, path: str) -> Iterator[str]:
    """The database, and what apk keeps beside it: never machine code."""
    folder = path.rpartition("/")[0]
    for each in (path, *(f"{folder}/{name}" for name in _BESIDE)):
        node = rootfs.get(each)
        if node is not None and node.kind == "file" and rootfs.peek(node.path, 4) != b"\x7fELF":
            yield node.path


def _paragraphs(rootfs: Rootfs, path: str, gaps: list[Gap]) -> Iterator[list[str]]:
    try:
        text = rootfs.read(path, _LIMIT).decode("utf-8", "surrogateescape")
    except InputError as error:
        gaps.append(Gap(path, error.what))
        return
    for paragraph in text.split("\n\n"):
        if paragraph.strip():
            yield paragraph.strip("\n").split("\n")


def _component(lines: list[str], path: str, distribution: Distribution) -> Component | None:
    fields: Fields = {}
    for line in lines:
        if line.startswith("F:"):  # what follows is about files
            break
        fields.setdefault(line[:1], line[2:])
    name, version = fields.get("P", ""), fields.get("V", "")
    origin, architecture = fields.get("o") or name, fields.get("A", "")
    if not all(map(_PLAIN.fullmatch, (name, version, origin, architecture or "-"))):
        return None
    qualifiers = {"arch": architecture, "distro": distribution.purl}
    given = {key: value for key, value in qualifiers.items() if value}
    purl = PackageURL("apk", distribution.namespace, name, version, given).to_string()
    return Component(purl, name, version, distribution.ecosystem, origin, version, (path,))


def _claims(rootfs: Rootfs, lines: list[str], path: str, owner: str, gaps: list[Gap]) -> Iterator[Claim]:
    folder = name = ""
    for line in lines:
        key, value = line[:2], line[2:]
        if key == "F:":
            folder, name = value.strip("/"), ""
        elif key == "R:":
            name = f"{folder}/{value}".lstrip("/")
        elif key == "Z:":
            claim = _claim(name, value, owner)
            if claim is None:
                gaps.append(Gap(path, f"a line has no hash: {line[:60]!r}"))
            elif not _is_changed_configuration(rootfs, claim):
                yield claim


def _claim(path: str, text: str, owner: str) -> Claim | None:
    kind, length = _KINDS.get(text[:2], ("", 0))
    try:
        digest = base64.b64decode(text[2:], validate=True)
    except (binascii.Error, ValueError):
        return None
    if not path or not kind or len(digest) != length:
        return None
    return Claim(path, "sha1" if kind == "sha1" else "sha256", digest.hex(), owner)


def _is_changed_configuration(rootfs: Rootfs, claim: Claim) -> bool:
    """Whether it is a file that the administrator may change, and did: then it is nobody's, as those of dpkg are."""
    if not claim.path.startswith(_CONFIGURATION):
        return False
    node = rootfs.get(claim.path)
    return node is None or node.kind != "file" or not claim.holds(rootfs)
