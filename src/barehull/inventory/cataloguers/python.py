"""Python distributions: *.dist-info and *.egg-info, wherever they are.

Metadata that belongs to a Debian package describes that package's content: Debian's advisories speak of it, and its
fixes do not change the version, so it is no component of its own (see `take.py`). Nothing is hidden by that: the
package is there. A distribution without a RECORD vouches for no file: its files are unowned.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import posixpath
import re
from collections.abc import Iterator
from email.parser import HeaderParser

from packageurl import PackageURL

from barehull.core.errors import InputError
from barehull.inventory.catalogue import Catalogue, Claim
from barehull.inventory.model import Component, Gap
from barehull.oci.rootfs import Rootfs

ECOSYSTEM = "PyPI"
_LIMIT = 16 << 20
_METADATA = re.compile(r"(?:.*/)?[^/]+(?:\.dist-info/METADATA|\.egg-info/PKG-INFO|\.egg-info)")


def catalogue(rootfs: Rootfs) -> Catalogue:
    """The installed distributions, and what their RECORDs say of files."""
    components: list[Component] = []
    claims: list[Claim] = []
    records: list[str] = []
    gaps: list[Gap] = []
    for node in rootfs.files():
        if not _METADATA.fullmatch(node.path):
            continue
        component = _component(rootfs, node.path, gaps)
        if component is None:
            continue
        components.append(component)
        folder, _, name = node.path.rpartition("/")
        if name == "METADATA":
            records += [f"{folder}/{each}" for each in ("RECORD", "INSTALLER", "REQUESTED")]
            claims += _claims(rootfs, folder, component.purl, gaps)
    return Catalogue(tuple(components), tuple(claims), tuple(records), tuple(gaps))


def _component(rootfs: Rootfs, path: str, gaps: list[Gap]) -> Component | None:
    try:
        text = rootfs.read(path, _LIMIT).decode("utf-8", "replace")
    except InputError as error:
        gaps.append(Gap(path, error.what))
        return None
    head = HeaderParser().parsestr(text.partition("\n\n")[0])
    name, version = (head.get("Name") or "").strip(), (head.get("Version") or "").strip()
    if not name or not version:
        gaps.append(Gap(path, "it names no distribution with a version"))
        return None
    normal = re.sub(r"[-_.]+", "-", name).lower()  # PEP 503
    purl = PackageURL("pypi", None, normal, version).to_string()
    return Component(purl, name, version, ECOSYSTEM, normal, version, (path,))


def _claims(rootfs: Rootfs, folder: str, owner: str, gaps: list[Gap]) -> Iterator[Claim]:
    """The files of a RECORD with their hashes. Files that are not there are nobody's concern: scripts are left out."""
    path = f"{folder}/RECORD"
    try:
        text = rootfs.read(path, _LIMIT).decode("utf-8", "replace")
    except InputError:
        return
    base = folder.rpartition("/")[0]
    try:
        rows = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        gaps.append(Gap(path, f"it is not a RECORD: {error}"))
        return
    for row in rows:
        if len(row) < 2 or not row[1].startswith("sha256="):
            continue
        try:
            digest = base64.urlsafe_b64decode(row[1].removeprefix("sha256=") + "==").hex()
        except (binascii.Error, ValueError):
            gaps.append(Gap(path, f"a line has no hash: {','.join(row)[:60]!r}"))
            continue
        yield Claim(posixpath.normpath(f"{base}/{row[0]}").lstrip("/"), "sha256", digest, owner)
