"""What Java archives say of themselves: Maven's coordinates, their manifest, and the same of the archives in them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from barehull.core.errors import InputError
from barehull.oci.facts import Content, Fact
from barehull.zip import Budget, Source, ZipEntry, entry_source, read_entry, read_zip

ARCHIVES = (".jar", ".war", ".ear", ".par", ".sar", ".nar", ".jpi", ".hpi", ".kar", ".lpkg")
MANIFEST_KEYS = (
    "Automatic-Module-Name",
    "Bundle-SymbolicName",
    "Bundle-Version",
    "Implementation-Title",
    "Implementation-Vendor-Id",
    "Implementation-Version",
)
_POM = re.compile(r"(?:.*/)?META-INF/maven/([^/]+)/([^/]+)/pom\.(?:properties|xml)")
_PROPERTY = re.compile(r"^[ \t]*(groupId|artifactId|version)[ \t]*[=:][ \t]*(.*?)[ \t]*$", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^([A-Za-z0-9_-]+): (.*)$", re.MULTILINE)
_FOLDER = re.compile(r"(?:[^/]+/){1,3}")
_APPLICATION = ("BOOT-INF/classes/", "WEB-INF/classes/", "org/springframework/boot/loader/", "META-INF/")
_MAX_DEPTH = 5  # ear, war, jar and what is shaded in it are three
_MAX_TEXT = 1 << 20  # bytes of a manifest or pom.properties
_MAX_NESTED = 256 << 20  # bytes of an archive that is packed in another
_MAX_OF_INTEREST = 10_000
_MAX_FOLDERS = 100
_CHUNK = 1 << 20
# What all that is in a file may cost, in bytes read and unpacked. Archives hardly shrink when they are packed again.
_WORK, _WORK_RATIO, _MAX_WORK = 4 << 20, 8, 1 << 30


@dataclass(frozen=True, slots=True)
class Pom:
    """Coordinates by META-INF/maven; `version` is "" where only a pom.xml is there."""

    group: str
    artifact: str
    version: str


@dataclass(frozen=True, slots=True)
class Jar:
    """What one archive says. `inside` is its path in the file, through "!/" for each archive; "" for the file itself.

    `manifest` has the attributes of MANIFEST_KEYS that are there; `folders` where it has classes, three names deep at
    most, but for those of an application. `broken` says why it could not be read to its end.
    """

    inside: str
    poms: tuple[Pom, ...] = ()
    manifest: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    sha256: str = ""
    broken: str = ""


def read_jars(content: Content) -> tuple[Jar, ...]:
    """The archive that a file is, and those within. What cannot be read is said in `broken`, never an error."""
    source = Source(content.size, content.piece)
    budget = Budget(min(_WORK + _WORK_RATIO * content.size, _MAX_WORK))
    return tuple(_jars(source, "", budget, 0))


JARS = Fact("jars", tuple[Jar, ...], read_jars, (__name__, "barehull.zip"))


def _jars(source: Source, inside: str, budget: Budget, depth: int) -> Iterator[Jar]:
    try:
        poms, manifest, nested, folders = _of_interest(read_zip(source, budget))
        told = _poms(source, poms, budget)
        attributes = _attributes(_text(source, manifest, budget)) if manifest else {}
        digest = _sha256(source, budget)
    except InputError as error:
        yield Jar(inside, broken=error.what)
        return
    yield Jar(inside, told, attributes, tuple(sorted(folders)), digest)
    for entry in nested:
        path = f"{inside}!/{entry.name}" if inside else entry.name
        if depth == _MAX_DEPTH:
            yield Jar(path, broken=f"it is more than {_MAX_DEPTH} archives deep")
            return
        try:
            within = _nested(source, entry, budget)
        except InputError as error:
            yield Jar(path, broken=error.what)
            if not budget.left:
                return
            continue
        yield from _jars(within, path, budget, depth + 1)


def _of_interest(entries: Iterable[ZipEntry]) -> tuple[list[ZipEntry], ZipEntry | None, list[ZipEntry], set[str]]:
    """Of an archive's entries the poms, the manifest, the archives, and the folders of classes."""
    poms: list[ZipEntry] = []
    nested: list[ZipEntry] = []
    folders = set[str]()
    manifest = None
    for entry in entries:
        name = entry.name
        if name.endswith(".class"):
            if not name.startswith(_APPLICATION) and len(folders) < _MAX_FOLDERS:
                folders.add(match[0] if (match := _FOLDER.match(name)) else "")
        elif name.upper() == "META-INF/MANIFEST.MF":
            manifest = entry
        elif name.endswith(("/pom.properties", "/pom.xml")) and _POM.fullmatch(name):
            poms.append(entry)
        elif name.lower().endswith(ARCHIVES) and entry.size:
            nested.append(entry)
    if len(poms) + len(nested) > _MAX_OF_INTEREST:
        raise InputError(f"it has {len(poms)} poms and {len(nested)} archives", advice="Look at the file.")
    return poms, manifest, nested, folders


def _poms(source: Source, entries: Iterable[ZipEntry], budget: Budget) -> tuple[Pom, ...]:
    """The coordinates by pom.properties; by the folder's names where there is only a pom.xml."""
    found: dict[tuple[str, str], str] = {}
    for entry in entries:
        match = _POM.fullmatch(entry.name)
        assert match is not None  # noqa: S101 -- as it was chosen
        values: dict[str, str] = {}
        if entry.name.endswith(".properties"):
            values = dict(_PROPERTY.findall(_text(source, entry, budget)))
        key = values.get("groupId") or match[1], values.get("artifactId") or match[2]
        found[key] = values.get("version") or found.get(key, "")
    return tuple(Pom(group, artifact, version) for (group, artifact), version in sorted(found.items()))


def _attributes(text: str) -> dict[str, str]:
    """The attributes of a manifest's main section (JAR File Specification)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n ", "")
    values = dict(_ATTRIBUTE.findall(lines.partition("\n\n")[0]))
    return {key: values[key].strip() for key in MANIFEST_KEYS if key in values}


def _text(source: Source, entry: ZipEntry, budget: Budget) -> str:
    if entry.size > _MAX_TEXT:
        raise InputError(f"{entry.name!r} in it has {entry.size} bytes", advice="It is not what its name says.")
    return read_entry(source, entry, budget).decode("utf-8", "replace").replace("\r\n", "\n")


def _nested(source: Source, entry: ZipEntry, budget: Budget) -> Source:
    if entry.stored:
        return entry_source(source, entry)
    if entry.size > _MAX_NESTED:
        raise InputError(f"it is packed, and has {entry.size} bytes", advice="Look at the file.")
    return Source.of(read_entry(source, entry, budget))


def _sha256(source: Source, budget: Budget) -> str:
    budget.spend(source.size)
    digest = hashlib.sha256()
    for offset in range(0, source.size, _CHUNK):
        digest.update(source.read(offset, _CHUNK))
    return digest.hexdigest()
