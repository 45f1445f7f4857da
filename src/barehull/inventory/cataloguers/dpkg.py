"""Debian packages: dpkg's status, or distroless' status.d, with the MD5 sums of their files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packageurl import PackageURL

from barehull.core.errors import InputError
from barehull.inventory.catalogue import Catalogue, Claim
from barehull.inventory.distribution import Distribution, ecosystem_of_package, read_distribution
from barehull.inventory.model import Component, Gap
from barehull.oci.rootfs import Rootfs

STATUS = "var/lib/dpkg/status"
STATUS_D = "var/lib/dpkg/status.d"
INFO = "var/lib/dpkg/info"
_FIELD = re.compile(r"^([A-Za-z0-9-]+):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
_SUM = re.compile(r"([0-9a-f]{32})  (.+)")
_SOURCE = re.compile(r"(\S+)(?:\s+\((\S+)\))?")
_PLAIN = re.compile(r"[ -~]*")  # Debian Policy 5.6 allows less
_LIMIT = 64 << 20


def catalogue(rootfs: Rootfs) -> Catalogue:
    """The installed Debian packages."""
    components: list[Component] = []
    claims: list[Claim] = []
    records: list[str] = []
    gaps: list[Gap] = []
    distribution = read_distribution(rootfs)
    for path, sums, text in _stanzas(rootfs, records, gaps):
        fields = dict(_FIELD.findall(text))
        named = [fields.get(key, "") for key in ("Package", "Version", "Source", "Architecture")]
        if not all(named[:2]) or not all(map(_PLAIN.fullmatch, named)):
            gaps.append(Gap(path, f"a paragraph names no package with a version: {text[:40]!r}"))
            continue
        if "Status" in fields and not fields["Status"].endswith(" installed"):
            continue  # removed, its configuration left behind
        component = _component(fields, path, distribution)
        components.append(component)
        for where in sums or _info_sums(rootfs, fields):
            records.append(where)
            claims += _claims(rootfs, where, component.purl, gaps)
    if components and not distribution.ecosystem:
        gaps.append(Gap("etc/os-release", f"dpkg has packages, but the distribution is not known: {distribution.name}"))
    return Catalogue(tuple(components), tuple(claims), tuple(records), tuple(gaps))


def _stanzas(rootfs: Rootfs, records: list[str], gaps: list[Gap]) -> Iterator[tuple[str, list[str], str]]:
    """Path, paths of MD5 sums where they are beside it, and text of each package's paragraph."""
    if rootfs.resolve(STATUS) is not None:
        records.append(STATUS)
        for text in re.split(r"\n\s*\n", _text(rootfs, STATUS, gaps)):
            if text.strip():
                yield STATUS, [], text.strip("\n")
    names = set(rootfs.children(STATUS_D))
    for name in sorted(names):
        path = f"{STATUS_D}/{name}"
        records.append(path)
        if name.endswith(".md5sums"):
            if name.removesuffix(".md5sums") not in names:
                gaps.append(Gap(path, "the record of its package is gone"))
            continue
        sums = [f"{path}.md5sums"] if f"{name}.md5sums" in names else []
        text = _text(rootfs, path, gaps)
        if text.strip():
            yield path, sums, text.strip("\n")


def _component(fields: dict[str, str], path: str, distribution: Distribution) -> Component:
    name, version = fields["Package"], fields["Version"]
    match = _SOURCE.match(fields.get("Source", "") or name)
    source, source_version = (match[1], match[2]) if match else (name, None)
    qualifiers = {"arch": fields.get("Architecture", ""), "distro": distribution.purl}
    purl = PackageURL(
        "deb", distribution.namespace, name, version, {key: val for key, val in qualifiers.items() if val}
    )
    return Component(
        purl=purl.to_string(),
        name=name,
        version=version,
        ecosystem=ecosystem_of_package(distribution.ecosystem, version),
        source=source,
        source_version=source_version or version,
        evidence=(path,),
    )


def _info_sums(rootfs: Rootfs, fields: dict[str, str]) -> list[str]:
    name = fields["Package"]
    paths = (f"{INFO}/{name}.md5sums", f"{INFO}/{name}:{fields.get('Architecture', '')}.md5sums")
    return [path for path in paths if rootfs.resolve(path) is not None]


def _claims(rootfs: Rootfs, path: str, owner: str, gaps: list[Gap]) -> Iterator[Claim]:
    for line in _text(rootfs, path, gaps).splitlines():
        match = _SUM.fullmatch(line)
        if match is None:
            if line.strip():
                gaps.append(Gap(path, f"a line is no MD5 sum: {line[:60]!r}"))
            continue
        yield Claim(match[2].lstrip("/"), "md5", match[1], owner)


def _text(rootfs: Rootfs, path: str, gaps: list[Gap]) -> str:
    try:
        return rootfs.read(path, _LIMIT).decode("utf-8", "surrogateescape")
    except InputError as error:
        gaps.append(Gap(path, error.what))
        return ""
