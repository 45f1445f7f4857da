"""Machine code that no metadata tells of, known by its content: the interpreter and libraries of this very process."""

from __future__ import annotations

import hashlib
import platform
import sqlite3
import ssl
import subprocess
import sys
import sysconfig
import zlib
from collections.abc import Callable
from pathlib import Path
from pyexpat import EXPAT_VERSION

import pytest

from barehull.debian.known_files import Origin
from barehull.inventory.identify import identify, joined
from barehull.inventory.model import Component, Inventory, SuspectFile
from barehull.inventory.reading.strings import SAYS, Said
from barehull.inventory.reading.well_known import TABLE, WellKnown
from barehull.oci.rootfs import Rootfs

from .conftest import ELF, LIB, file, openssl, wheel

Take = Callable[..., Inventory]
SSL = b"\0OpenSSL 3.0.15 3 Sep 2024\0"
NODE = ELF + b"NODE_OPTIONS\0node:internal/\0v24.1.0\0node v10.12.0 stdio" + SSL
PYTHON = ELF + b"PYTHONHASHSEED\0cpython-312\0" + b"x/Python-3.12.4\0" + b"3.11.9\0"
SITE = "usr/local/lib/python3.13/dist-packages"


def said(content: bytes) -> list[tuple[str, str]]:
    with Rootfs.of_entries([file("x", content)]) as rootfs:
        return [(it.name, it.version) for it in rootfs.fact("x", SAYS)]


def purls(inventory: Inventory) -> dict[str, str]:
    """The components that are no packages, with what they are in."""
    return {it.purl: it.vendored_in for it in inventory.components if it.purl.startswith("pkg:generic")}


def mapped() -> list[Path]:
    """The machine code that a Python with nothing but these libraries runs: cryptography has an OpenSSL of its own."""
    show = "import ssl, sqlite3, zlib, pyexpat; print(open('/proc/self/maps').read())"
    lines = subprocess.run([sys.executable, "-I", "-c", show], capture_output=True, text=True, check=True).stdout
    last = [line.split()[-1] for line in lines.splitlines() if line.strip()]
    return sorted({Path(name) for name in last if name.startswith("/")} | {Path(sys.executable)})


@pytest.fixture(scope="module")
def of_a_process() -> set[tuple[str, str]]:
    contents = (path.read_bytes() for path in mapped() if path.is_file())
    return {each for content in contents if content.startswith(b"\x7fELF") for each in said(content)}


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("cpython", platform.python_version().rstrip("+")),
        ("openssl", ssl.OPENSSL_VERSION.split()[1]),
        ("zlib", zlib.ZLIB_RUNTIME_VERSION),
        ("sqlite", sqlite3.sqlite_version),
        ("expat", EXPAT_VERSION.removeprefix("expat_")),
    ],
)
def test_real_libraries_and_interpreters_say_what_they_are(
    name: str, version: str, of_a_process: set[tuple[str, str]]
) -> None:
    assert (name, version) in of_a_process
    assert {it for it in of_a_process if it[0] == name} == {(name, version)}


@pytest.mark.skipif(not sysconfig.get_config_var("Py_ENABLE_SHARED"), reason="this Python is one program")
def test_a_program_that_only_loads_an_interpreter_says_nothing() -> None:
    assert said(Path(sys.executable).read_bytes()) == []


@pytest.mark.parametrize("path", ["usr/local/bin/node", "nodejs/bin/node", "usr/lib/libnode.so.127"])
def test_a_node_that_no_package_owns_is_nodes_own(path: str, inventory: Take) -> None:
    found = inventory([*openssl(), file(path, NODE)])
    node = next(it for it in found.components if it.name == "node")
    assert node == Component("pkg:generic/node@24.1.0", "node", "24.1.0", "Node.js", "node", "24.1.0", (path,))
    assert purls(found) == {node.purl: "", "pkg:generic/openssl@3.0.15": node.purl}
    assert found.files.suspect == ()


@pytest.mark.parametrize("path", ["usr/local/bin/python3.12", "usr/local/lib/libpython3.12.so.1.0"])
def test_a_python_that_no_package_owns_is_the_psfs(path: str, inventory: Take) -> None:
    found = inventory([*openssl(), file(path, PYTHON)])
    python = next(it for it in found.components if it.name == "cpython")
    assert (python.purl, python.ecosystem, python.version) == ("pkg:generic/python@3.12.4", "PSF", "3.12.4")
    assert found.files.suspect == ()


@pytest.mark.parametrize(("content", "name"), [(NODE, "node"), (PYTHON, "cpython")])
def test_an_interpreter_inside_a_program_of_another_name_counts_and_does_not_vouch_for_the_rest(
    content: bytes, name: str, inventory: Take
) -> None:
    found = inventory([*openssl(), file("opt/tool", content)])
    assert name in {it.name for it in found.components}
    assert [it.path for it in found.files.suspect] == ["opt/tool"]


@pytest.mark.parametrize("at", [0, (1 << 20) - 5, (1 << 20) - 100, (2 << 20) - 20])
def test_what_is_said_across_two_pieces_is_read(at: int) -> None:
    assert said(ELF + bytes(at - len(ELF)) + SSL if at else SSL) == [("openssl", "3.0.15")]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_version_is_not_cut_in_two(cut: int) -> None:
    filling = bytes((1 << 20) - len("libcurl/") - cut)
    assert said(filling + b"libcurl/7.88.14 and more") == [("curl", "7.88.14")]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_mark_alone_says_nothing(row: WellKnown) -> None:
    assert said(ELF + b"\0".join(mark.strip(b"\0") for mark in row.marks) + b"x") == []


def test_a_librarys_marks_without_its_pattern_and_versions_without_its_marks_say_nothing() -> None:
    assert said(b"linked with OpenSSL since 1998, see also v24.1.0\x003.12.4\x0020914\0 ") == []


def test_libxml2s_number_is_its_version() -> None:
    assert said(b"xmlSAX2XML_CATALOG_FILES::20914\0 ") == [("libxml2", "2.9.14")]
    assert said(b"xmlSAX2XML_CATALOG_FILES\x0021406-GITv2.14.6\0 ") == [("libxml2", "2.14.6")]


def test_a_library_that_is_linked_into_a_wheels_module_is_found(inventory: Take) -> None:
    found = inventory(wheel("crypto", "9.0", {"crypto/_rust.abi3.so": ELF + SSL}))
    assert purls(found) == {"pkg:generic/openssl@3.0.15": "pkg:pypi/crypto@9.0"}
    assert found.files.suspect == ()


def test_a_wheels_library_is_called_by_its_content_rather_than_by_its_name(inventory: Take) -> None:
    files = {"pq.libs/libcrypto-1a2b3c4d.so.3": ELF + SSL, "pq.libs/libssl-1a2b3c4d.so.3": ELF}
    assert set(purls(inventory(wheel("pq", "2.9", files)))) == {"pkg:generic/openssl@3.0.15", "pkg:generic/libssl@3"}


def test_what_else_is_in_a_wheels_library_takes_its_name_from_it_no_more_than_it_hides_it(inventory: Take) -> None:
    found = inventory(wheel("pq", "2.9", {"pq.libs/libldap-1a2b3c4d.so.2": ELF + SSL}))
    assert set(purls(found)) == {"pkg:generic/openssl@3.0.15", "pkg:generic/libldap@2"}


def test_an_sbom_that_names_some_of_a_wheels_libraries_hides_no_others(inventory: Take) -> None:
    """As psycopg2-binary's does: auditwheel names what came from the build image's packages, and not OpenSSL."""
    sbom = b'{"components": [{"name": "krb5-libs", "version": "1.15.1-55.el7"}, {"name": "demo", "version": "1.0",'
    sbom += b'"purl": "pkg:pypi/Demo@1.0?file_name=demo.whl"}]}'
    names = ("libgssapi_krb5-1a2b3c4d.so.2", "libpq-1a2b3c4d.so.5.17", "libcrypto-1a2b3c4d.so.3")
    files = {f"demo.libs/{name}": ELF + SSL * ("crypto" in name) for name in names}
    found = inventory(wheel(files={"demo-1.0.dist-info/sboms/a.json": sbom, **files}))
    assert set(purls(found)) == {
        "pkg:generic/krb5-libs@1.15.1-55.el7", "pkg:generic/libpq@5.17", "pkg:generic/openssl@3.0.15"
    }  # fmt: skip


def test_what_an_sbom_tells_of_a_linked_library_is_told_once(inventory: Take) -> None:
    sbom = b'{"components": [{"name": "openssl-libs", "version": "3.0.15-4.el9"}]}'
    found = inventory(wheel(files={"demo-1.0.dist-info/sboms/a.json": sbom, "demo/a.so": ELF + SSL}))
    assert set(purls(found)) == {"pkg:generic/openssl-libs@3.0.15-4.el9"}
    other = sbom.replace(b"3.0.15", b"3.5.0")
    found = inventory(wheel(files={"demo-1.0.dist-info/sboms/a.json": other, "demo/a.so": ELF + SSL}))
    assert set(purls(found)) == {"pkg:generic/openssl-libs@3.5.0-4.el9", "pkg:generic/openssl@3.0.15"}


def test_debians_own_files_are_what_their_packages_advisories_speak_of(inventory: Take) -> None:
    content = ELF + SSL
    sums = f"{hashlib.md5(content).hexdigest()}  {LIB}\n".encode()
    entries = [it for it in openssl() if it.path != LIB and not it.path.endswith("md5sums")]
    status = file("var/lib/dpkg/status.d/libssl3t64.md5sums", sums)
    assert purls(inventory([*entries, file(LIB, content), status])) == {}


def test_a_file_that_was_overwritten_is_identified_and_stays_suspect(inventory: Take) -> None:
    entries = [it for it in openssl() if it.path != LIB]
    found = inventory([*entries, file(LIB, ELF + SSL)])
    assert purls(found) == {"pkg:generic/openssl@3.0.15": ""}
    assert [(it.path, it.state) for it in found.files.suspect] == [(LIB, "modified")]


ORIGIN = Origin("libssl3", "3.0.15-1", "amd64", "openssl", "3.0.15-1", 12)
DEB = "pkg:deb/debian/libssl3@3.0.15-1?arch=amd64&distro=debian-12"


@pytest.mark.parametrize("state", ["unowned", "modified"])
def test_a_copy_of_a_debian_packages_file_is_that_package_and_stays_suspect(state: str) -> None:
    with Rootfs.of_entries([file("opt/x", NODE)]) as rootfs:
        digest = rootfs.digests("opt/x")[1]
        suspect = SuspectFile("opt/x", state, True, digest)  # type: ignore[arg-type]
        found = identify(rootfs, [suspect], {}, lambda sha256: ORIGIN if sha256 == digest else None)
    assert found.components == (Component(DEB, "libssl3", "3.0.15-1", "Debian:12", "openssl", "3.0.15-1", ("opt/x",)),)
    assert found.known == set()


def test_a_copy_of_what_is_installed_is_one_component_at_two_places() -> None:
    installed = Component(DEB, "libssl3", "3.0.15-1", "Debian:12", "openssl", "3.0.15-1", ("var/lib/dpkg/status",))
    copied = Component(DEB, "libssl3", "3.0.15-1", "Debian:12", "openssl", "3.0.15-1", ("opt/x",))
    (both,) = joined([installed], [copied])
    assert both.evidence == ("var/lib/dpkg/status", "opt/x")


def test_an_empty_file_and_one_that_is_all_marks_end() -> None:
    every = b"".join(mark for row in TABLE for mark in row.marks)
    assert said(b"") == []
    assert said(every * 20_000) in ([], [("boringssl", "")])
    many = b"".join(b"OpenSSL 3.0.%d 3 Sep 2024\0" % number for number in range(60))
    assert len(said(many)) == 8


def test_the_table_names_each_thing_once() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE)
    assert [Said(row.name, "1").known for row in TABLE] == list(TABLE)
