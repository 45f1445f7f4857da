"""Java: jars, wars and ears, with all that is nested or shaded in them, and runtimes that no package owns.

An archive is what its META-INF/maven says; each of several coordinates in it is a component, since their classes were
shaded into it. Without, its name and version are the manifest's and the file's, and its group is one of the table in
`java_groups.py`. An archive with classes of which no coordinates are known is undecided ("java-without-coordinates"):
the same on both sides where its content is.

Evidence of what is in an archive is written as Java does: `app.jar!/BOOT-INF/lib/a-1.0.jar`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packageurl import PackageURL

from barehull.core.errors import InputError
from barehull.inventory.catalogue import Catalogue
from barehull.inventory.model import Component, Gap
from barehull.inventory.reading.jar import ARCHIVES, JARS, Jar
from barehull.inventory.reading.java_groups import group_of
from barehull.oci.rootfs import Node, Rootfs

ECOSYSTEM = "Maven"
WITHOUT_COORDINATES = "java-without-coordinates"
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+~-]{0,199}")
_FILE = re.compile(r"(.+?)-(\d[A-Za-z0-9_.+-]*)")
_NEBULA = re.compile(r"([A-Za-z0-9_.-]+)#[A-Za-z0-9_.-]+;.*")  # a Gradle plugin's "group#module;version"
_TITLE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")  # as artifacts are named; others are prose
_RELEASE = re.compile(r"""^(JAVA_VERSION|JAVA_RUNTIME_VERSION|IMPLEMENTOR|IMAGE_TYPE)="([ -~]*)"$""", re.MULTILINE)
_RELEASE_LIMIT = 64 << 10
_MIN_SIZE = 1024  # bytes of a program that may be an archive behind a script, as Spring Boot makes them
_CALLED = (b"PK\3\4", b"#!/b", b"#!/u")


def catalogue(rootfs: Rootfs) -> Catalogue:
    """The libraries in archives of Java, and its runtimes."""
    places: dict[Component, list[str]] = {}
    gaps: list[Gap] = []
    identified: list[str] = []
    for node in rootfs.files():
        name = node.path.rpartition("/")[2]
        if name == "release":
            found = list(_runtime(rootfs, node.path))
        elif _may_be_archive(rootfs, node, name):
            before = len(gaps)
            found = list(_of_archive(rootfs, node, gaps))
            if len(gaps) == before and found:
                identified.append(node.path)
        else:
            continue
        for component, place in found:
            places.setdefault(component, []).append(place)
    components = tuple(_placed(component, sorted(paths)) for component, paths in places.items())
    return Catalogue(components, gaps=tuple(gaps), identified=tuple(identified))


def _placed(component: Component, paths: list[str]) -> Component:
    it = component
    return Component(it.purl, it.name, it.version, it.ecosystem, it.source, it.source_version, tuple(paths))


def _may_be_archive(rootfs: Rootfs, node: Node, name: str) -> bool:
    if name.lower().endswith(ARCHIVES):
        return node.size > 0
    if "." in name or node.size < _MIN_SIZE or not node.mode & 0o111:
        return False
    return rootfs.peek(node.path, 4) in _CALLED and b"PK\5\6" in rootfs.piece(node.path, max(0, node.size - 256), 256)


def _of_archive(rootfs: Rootfs, node: Node, gaps: list[Gap]) -> Iterator[tuple[Component, str]]:
    try:
        jars = rootfs.fact(node.path, JARS)
    except InputError as error:
        gaps.append(Gap(node.path, error.what))
        return
    for jar in jars:
        place = f"{node.path}!/{jar.inside}" if jar.inside else node.path
        place = place.encode("utf-8", "replace").decode()
        if jar.broken:
            gaps.append(Gap(place, jar.broken, sha256=rootfs.digests(node.path)[1]))
            continue
        components, unknown = _identify(jar, place)
        yield from ((component, place) for component in components)
        if unknown:
            gaps.append(Gap(place, unknown, WITHOUT_COORDINATES, jar.sha256))


def _identify(jar: Jar, place: str) -> tuple[list[Component], str]:
    """The components of one archive, and why there may be others in it, "" where there are not."""
    stem = place.rpartition("/")[2].rpartition(".")[0]
    file = _FILE.fullmatch(stem)
    artifact, version = _by_manifest(jar, *(file.groups() if file else (stem, "")))
    components, unknown = [], ""
    for pom in jar.poms:
        known = pom.version or (version if pom.artifact == artifact else "")
        if all(map(_PLAIN.fullmatch, (pom.group, pom.artifact, known))):
            components.append(_component(pom.group, pom.artifact, known))
        else:
            unknown = f"its META-INF/maven names no version of {_shown(pom.group, pom.artifact)}"
    # A file that has no version in its name is often called what it is for: app.jar.
    itself = any(pom.artifact == artifact or stem.startswith(pom.artifact) or not file for pom in jar.poms)
    if itself or not jar.folders:
        return components, unknown
    nebula = _NEBULA.fullmatch(jar.manifest.get("Implementation-Title", ""))
    group = group_of(artifact, version, jar.folders) or (nebula[1] if nebula else "")
    if all(map(_PLAIN.fullmatch, (group, artifact, version))):
        return [*components, _component(group, artifact, version)], unknown
    shown = _shown(artifact, version)
    return components, f"it has classes, and tells no group, artifact and version of Maven's: {shown}"


def _by_manifest(jar: Jar, artifact: str, version: str) -> tuple[str, str]:
    """Artifact and version: the file's name says how Maven writes them, but what is inside counts more."""
    told = jar.manifest
    title = told.get("Implementation-Title", "")
    if _TITLE.fullmatch(title):
        artifact = title
    inner = (told.get("Implementation-Version") or told.get("Bundle-Version") or "").partition(" ")[0]
    if not version or not inner.startswith(re.split(r"[-.](?=[A-Za-z])", version)[0]):
        version = inner or version
    return artifact, version


def _component(group: str, artifact: str, version: str) -> Component:
    name = f"{group}:{artifact}"
    purl = PackageURL("maven", group, artifact, version).to_string()
    return Component(purl, name, version, ECOSYSTEM, name, version)


def _shown(*words: str) -> str:
    return " ".join(words).strip().encode("ascii", "backslashreplace").decode()


def _runtime(rootfs: Rootfs, path: str) -> Iterator[tuple[Component, str]]:
    """The Java that a `release` file describes (JEP 223). No advisories speak of runtimes: it is undecided."""
    try:
        told = dict(_RELEASE.findall(rootfs.read(path, _RELEASE_LIMIT).decode("utf-8", "replace")))
    except InputError:
        return
    version = told.get("JAVA_RUNTIME_VERSION") or told.get("JAVA_VERSION")
    if version:
        name = told.get("IMAGE_TYPE", "JDK").lower()
        vendor = re.sub(r"[^a-z0-9]+", "-", told.get("IMPLEMENTOR", "").lower()).strip("-")
        purl = PackageURL("generic", vendor or None, name, version).to_string()
        yield Component(purl, name, version, "", name, version), path
