"""Alpine's packages, and those of Wolfi and Chainguard, as apk records them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.inventory.cataloguers import apk
from barehull.inventory.model import Inventory
from barehull.oci.model import Entry
from barehull.oci.rootfs import Rootfs

from .conftest import ELF, file

ALPINE = b'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n'
SSL = "pkg:apk/alpine/libssl3@3.3.1-r3?arch=x86_64&distro=alpine-3.20.3"


def q1(content: bytes) -> str:
    return "Q1" + base64.b64encode(hashlib.sha1(content).digest()).decode()


def paragraph(name: str = "libssl3", version: str = "3.3.1-r3", origin: str = "openssl", files: str = "") -> str:
    return f"C:Q1abc=\nP:{name}\nV:{version}\nA:x86_64\nS:1\nT:text\no:{origin}\nD:so:libc.musl-x86_64.so.1\n{files}\n"


FILES = f"F:usr\nM:0:0:755\nF:usr/lib\nR:libssl.so.3\na:0:0:755\nZ:{q1(ELF)}\nR:libssl.so\nZ:{q1(b'libssl.so.3')}\n"


def alpine(database: str, *entries: Entry, release: bytes = ALPINE, folder: str = "lib/apk/db") -> list[Entry]:
    return [
        file("etc/os-release", release),
        file(f"{folder}/installed", database.encode("utf-8", "surrogateescape")),
        file(f"{folder}/scripts.tar"),
        *entries,
    ]


LIB = file("usr/lib/libssl.so.3", ELF)


def test_packages_are_named_by_their_origin_and_own_their_files(inventory: Callable[..., Inventory]) -> None:
    link = Entry("usr/lib/libssl.so", "symlink", 0o777, target="libssl.so.3")
    database = paragraph(files=FILES) + paragraph("musl", "1.2.5-r0", "musl")
    found = inventory(alpine(database, LIB, link))
    assert found.distribution == "Alpine:v3.20"
    ssl, musl = found.components
    assert (ssl.purl, ssl.ecosystem, ssl.source, ssl.source_version) == (SSL, "Alpine:v3.20", "openssl", "3.3.1-r3")
    assert (musl.name, musl.source) == ("musl", "musl")
    assert found.gaps == ()
    assert (found.files.owned, found.files.suspect) == (1, ())


@pytest.mark.parametrize("folder", ["lib/apk/db", "usr/lib/apk/db"])
def test_it_is_read_once_where_lib_is_a_link(inventory: Callable[..., Inventory], folder: str) -> None:
    links = [Entry("lib", "symlink", 0o777, target="usr/lib")] if folder.startswith("usr") else []
    assert len(inventory(alpine(paragraph(), *links, folder=folder)).components) == 1


@pytest.mark.parametrize(
    ("release", "ecosystem", "start"),
    [
        (b"ID=alpine\nVERSION_ID=3.22.0_alpha20250108\n", "Alpine:edge", "pkg:apk/alpine/libssl3@3.3.1-r3?"),
        (b"ID=wolfi\nVERSION_ID=20230201\n", "Wolfi", "pkg:apk/wolfi/libssl3@"),
        (b"ID=chainguard\nVERSION_ID=20230214\n", "Chainguard", "pkg:apk/chainguard/libssl3@"),
    ],
)
def test_other_distributions_of_apk(
    inventory: Callable[..., Inventory], release: bytes, ecosystem: str, start: str
) -> None:
    found = inventory(alpine(paragraph(), release=release))
    (component,) = found.components
    assert (component.ecosystem, found.distribution) == (ecosystem, ecosystem)
    assert component.purl.startswith(start)
    assert found.gaps == ()


def test_a_distribution_that_is_not_known_is_a_gap(inventory: Callable[..., Inventory]) -> None:
    found = inventory(alpine(paragraph(), release=b"ID=postmarketos\nVERSION_ID=24.06\n"))
    assert found.components[0].ecosystem == ""
    assert [gap.subject for gap in found.gaps] == ["etc/os-release"]


def test_a_file_with_other_content_is_modified(inventory: Callable[..., Inventory]) -> None:
    found = inventory(alpine(paragraph(files=FILES), file("usr/lib/libssl.so.3", ELF + b"x")))
    assert [(it.path, it.state, it.owner) for it in found.files.suspect] == [("usr/lib/libssl.so.3", "modified", SSL)]


def test_sha_256_is_a_hash_too(inventory: Callable[..., Inventory]) -> None:
    digest = base64.b64encode(hashlib.sha256(ELF).digest()).decode()
    found = inventory(alpine(paragraph(files=f"F:usr/lib\nR:libssl.so.3\nZ:Q2{digest}\n"), LIB))
    assert (found.files.owned, found.files.suspect) == (1, ())


def test_configuration_may_be_changed_but_not_into_machine_code(inventory: Callable[..., Inventory]) -> None:
    files = f"F:etc\nR:motd\nZ:{q1(b'hello')}\nR:hosts\nZ:{q1(b'hosts')}\nR:tool\nZ:{q1(b'script')}\n"
    changed = [file("etc/motd", b"changed"), file("etc/hosts", b"hosts"), file("etc/tool", ELF)]
    found = inventory(alpine(paragraph(files=files), *changed))
    assert [(it.path, it.state, it.elf) for it in found.files.suspect] == [
        ("etc/motd", "unowned", False),
        ("etc/tool", "unowned", True),
    ]
    assert found.files.owned == 1


def test_machine_code_beside_the_database_is_not_apks(inventory: Callable[..., Inventory]) -> None:
    found = inventory(alpine(paragraph(), file("lib/apk/db/lock", ELF)))
    assert [it.path for it in found.files.suspect] == ["lib/apk/db/lock"]


@pytest.mark.parametrize(
    ("database", "reason"),
    [
        ("nonsense\n\n", "a paragraph names no package with a version: 'nonsense'"),
        ("P:musl\nA:x86_64\n\n", "a paragraph names no package with a version"),
        (paragraph("musl\x1b[2J"), "a paragraph names no package with a version"),
        (paragraph("\udcff"), "a paragraph names no package with a version"),
        ("F:usr\nP:musl\nV:1\n\n", "a paragraph names no package with a version"),
        (paragraph(files="F:usr/lib\nR:a\nZ:Q1???\n"), "a line has no hash"),
        (paragraph(files="F:usr/lib\nR:a\nZ:Q1YWJj\n"), "a line has no hash"),
        (paragraph(files=f"F:usr/lib\nR:a\nZ:Q9{q1(b'')[2:]}\n"), "a line has no hash"),
        (paragraph(files=f"F:usr/lib\nZ:{q1(b'')}\n"), "a line has no hash"),
    ],
)
def test_what_cannot_be_read_is_a_gap(inventory: Callable[..., Inventory], database: str, reason: str) -> None:
    (gap,) = inventory(alpine(database)).gaps
    assert gap.subject == "lib/apk/db/installed"
    assert gap.reason.startswith(reason)


def test_a_database_that_is_a_folder_is_a_gap(inventory: Callable[..., Inventory]) -> None:
    found = inventory([file("etc/os-release", ALPINE), Entry("lib/apk/db/installed", "directory", 0o755)])
    assert [gap.subject for gap in found.gaps] == ["lib/apk/db/installed"]


def test_what_python_calls_it_is_not_counted_twice(inventory: Callable[..., Inventory]) -> None:
    base = "usr/lib/python3.12/site-packages/flask-3.0.3.dist-info"
    metadata = b"Metadata-Version: 2.1\nName: flask\nVersion: 3.0.3\n"
    files = f"F:{base}\nR:METADATA\nZ:{q1(metadata)}\n"
    found = inventory(
        alpine(paragraph("py3-flask", "3.0.3-r0", "py3-flask", files), file(f"{base}/METADATA", metadata))
    )
    assert [it.name for it in found.components] == ["py3-flask"]


def test_sha1_of_a_file() -> None:
    with Rootfs.of_entries([file("a", b"abc"), file("empty")]) as rootfs:
        assert rootfs.sha1("a") == hashlib.sha1(b"abc").hexdigest()
        assert rootfs.sha1("empty") == hashlib.sha1(b"").hexdigest()


lines = st.builds("{}:{}".format, st.sampled_from("PVAoFRZaMC"), st.one_of(st.text(max_size=12), st.just(q1(b"x"))))
hostile = st.lists(st.one_of(lines, st.just(""), st.text(max_size=20)), max_size=30).map("\n".join)


@given(st.one_of(hostile.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=200)))
def test_any_database_is_components_and_gaps(content: bytes) -> None:
    entries = [file("etc/os-release", ALPINE), file("lib/apk/db/installed", content), file("x", b"x")]
    with Rootfs.of_entries(entries) as rootfs:
        found = apk.catalogue(rootfs)
    assert found.components or found.gaps or not content.decode("utf-8", "surrogateescape").strip()
    assert all(component.purl.isprintable() for component in found.components)


@pytest.mark.parametrize("path", ["../x", "a/../../x", "..", "\0", "x/y", "//x", "."])
def test_paths_that_lead_out_of_the_image_own_nothing(inventory: Callable[..., Inventory], path: str) -> None:
    database = paragraph(files=f"F:usr\nR:{path}\nZ:{q1(ELF)}\n")
    found = inventory(alpine(database, LIB))
    assert [it.path for it in found.files.suspect] == ["usr/lib/libssl.so.3"]
    assert found.files.owned == 0
