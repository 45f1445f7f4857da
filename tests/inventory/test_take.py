from __future__ import annotations

import _imp
import hashlib
import importlib.util
import json
import marshal
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.inventory.cataloguers import dpkg, python, vendored
from barehull.inventory.model import Inventory
from barehull.oci.model import Entry
from barehull.oci.rootfs import Rootfs

from .conftest import CONTROL, ELF, LIB, OS_RELEASE, file, md5, openssl, wheel

Take = Callable[..., Inventory]


def states(inventory: Inventory) -> list[tuple[str, str, bool]]:
    return [(it.path, it.state, it.elf) for it in inventory.files.suspect]


def test_a_package_as_distroless_has_it(inventory: Take) -> None:
    found = inventory(openssl())
    (component,) = found.components
    assert component.purl == "pkg:deb/debian/libssl3t64@3.5.1-1%2Bb1?arch=amd64&distro=debian-13"
    assert (component.source, component.source_version, component.ecosystem) == ("openssl", "3.5.1-1", "Debian:13")
    assert found.files.owned == 1
    assert states(found) == []
    assert found.gaps == ()


def test_a_package_as_dpkg_has_it(inventory: Take) -> None:
    status = CONTROL.replace(b"\nSource", b"\nStatus: install ok installed\nSource")
    gone = b"\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n"
    found = inventory(
        [
            file("etc/os-release", OS_RELEASE),
            file(LIB, ELF),
            file("var/lib/dpkg/status", status + gone),
            file("var/lib/dpkg/info/libssl3t64:amd64.md5sums", f"{md5(ELF)}  {LIB}\n".encode()),
        ]
    )
    assert [it.name for it in found.components] == ["libssl3t64"]
    assert found.files.owned == 1


def test_a_file_is_owned_through_the_link_that_its_package_named(inventory: Take) -> None:
    sums = f"{md5(ELF)}  lib/x86_64-linux-gnu/libssl.so.3\n".encode()
    entries = [it for it in openssl() if not it.path.endswith("md5sums")]
    entries += [
        Entry("lib", "symlink", 0o777, target="usr/lib"),
        file("var/lib/dpkg/status.d/libssl3t64.md5sums", sums),
    ]
    assert inventory(entries).files.owned == 1


def test_a_library_that_was_overwritten_is_modified(inventory: Take) -> None:
    entries = [replace(it, content=ELF + b"other") if it.path == LIB else it for it in openssl()]
    assert states(inventory(entries)) == [(LIB, "modified", True)]


def test_a_library_whose_record_was_removed_is_unowned(inventory: Take) -> None:
    entries = [it for it in openssl() if "status.d" not in it.path]
    assert states(inventory(entries)) == [(LIB, "unowned", True)]


def test_a_library_copied_from_elsewhere_is_unowned(inventory: Take) -> None:
    assert states(inventory([*openssl(), file("opt/libssl.so.3", ELF)])) == [("opt/libssl.so.3", "unowned", True)]


def test_machine_code_in_the_applications_folder_is_not_the_applications(inventory: Take) -> None:
    found = inventory([*openssl(), file("app/app.py", b"x = 1\n"), file("app/tool", ELF)], working_dir="/app")
    assert found.files.application == 1
    assert states(found) == [("app/tool", "unowned", True)]


def test_a_distribution_and_its_files(inventory: Take) -> None:
    found = inventory(wheel("Demo_Pkg", "1.0", {"demo/__init__.py": b"x = 1\n"}))
    (component,) = found.components
    assert (component.purl, component.source, component.ecosystem) == ("pkg:pypi/demo-pkg@1.0", "demo-pkg", "PyPI")
    assert found.files.owned == 2
    assert states(found) == []


def test_a_distribution_whose_metadata_was_removed_leaves_its_machine_code_unowned(inventory: Take) -> None:
    entries = [it for it in wheel(files={"demo/fast.so": ELF}) if "dist-info" not in it.path]
    assert [(state, elf) for _, state, elf in states(inventory(entries))] == [("unowned", True)]


def test_metadata_that_debian_packaged_is_counted_once(inventory: Take) -> None:
    entries = wheel("six", "1.17")
    metadata = next(it for it in entries if it.path.endswith("METADATA"))
    entries += [
        file("etc/os-release", OS_RELEASE),
        file("var/lib/dpkg/status.d/python3-six", b"Package: python3-six\nVersion: 1.17.0-1\nArchitecture: all\n"),
        file("var/lib/dpkg/status.d/python3-six.md5sums", f"{md5(metadata.content)}  {metadata.path}\n".encode()),
    ]
    assert [it.name for it in inventory(entries).components] == ["python3-six"]


def pyc(source: bytes) -> bytes:
    magic = importlib.util.MAGIC_NUMBER
    digest = _imp.source_hash(int.from_bytes(magic, "little"), source)
    return magic + (1).to_bytes(4, "little") + digest + marshal.dumps(compile(source, "x", "exec"))


CACHED = "usr/local/lib/python3.13/dist-packages/demo/__pycache__/a.cpython-313.pyc"


def test_bytecode_of_a_file_that_is_vouched_for_is_derived(inventory: Take) -> None:
    source = b"x = 1\n"
    assert states(inventory([*wheel(files={"demo/a.py": source}), file(CACHED, pyc(source))])) == []


def test_bytecode_of_the_applications_own_files_is_derived(inventory: Take) -> None:
    source = b"x = 1\n"
    entries = [file("app/a.py", source), file("app/__pycache__/a.cpython-313.pyc", pyc(source))]
    assert states(inventory(entries, working_dir="/app")) == []


def test_bytecode_of_another_source_is_unowned(inventory: Take) -> None:
    found = inventory([*wheel(files={"demo/a.py": b"x = 1\n"}), file(CACHED, pyc(b"x = 2\n"))])
    assert states(found) == [(CACHED, "unowned", False)]


def test_bytecode_of_a_source_that_nobody_vouches_for_is_unowned(inventory: Take) -> None:
    found = inventory([file("opt/a.py", b"x = 1\n"), file("opt/__pycache__/a.cpython-313.pyc", pyc(b"x = 1\n"))])
    assert len(states(found)) == 2


def test_the_ca_bundle_is_derived_from_the_packages_certificates(inventory: Take) -> None:
    sources = [
        file("usr/share/ca-certificates/mozilla/a.crt", b"A"),
        file("usr/share/ca-certificates/mozilla/b.crt", b"B"),
    ]
    whole = inventory([*sources, file("etc/ssl/certs/ca-certificates.crt", b"AB")])
    assert "etc/ssl/certs/ca-certificates.crt" not in [it.path for it in whole.files.suspect]
    more = inventory([*sources, file("etc/ssl/certs/ca-certificates.crt", b"ABC")])
    assert "etc/ssl/certs/ca-certificates.crt" in [it.path for it in more.files.suspect]


def test_a_program_in_the_place_of_a_configuration_file_is_unowned(inventory: Take) -> None:
    assert states(inventory([file("etc/passwd", ELF)])) == [("etc/passwd", "unowned", True)]


def test_packages_of_a_distribution_that_is_not_known_are_a_gap(inventory: Take) -> None:
    found = inventory([it for it in openssl() if it.path != "etc/os-release"])
    assert [gap.subject for gap in found.gaps] == ["etc/os-release"]
    assert found.components[0].ecosystem == ""


def test_a_record_that_names_no_package_is_a_gap(inventory: Take) -> None:
    found = inventory([*openssl(), file("var/lib/dpkg/status.d/broken", b"nonsense")])
    assert [gap.subject for gap in found.gaps] == ["var/lib/dpkg/status.d/broken"]


def test_sums_without_their_package_are_a_gap(inventory: Take) -> None:
    entries = [it for it in openssl() if it.path != "var/lib/dpkg/status.d/libssl3t64"]
    assert "the record of its package is gone" in inventory(entries).gaps[0].reason


def test_a_distribution_without_a_version_is_a_gap(inventory: Take) -> None:
    found = inventory([file("usr/lib/x-1.dist-info/METADATA", b"Name: x\n")])
    assert len(found.gaps) == 1
    assert found.components == ()


def test_a_library_inside_a_wheel_is_a_component_of_its_own(inventory: Take) -> None:
    found = inventory(wheel("psycopg2", "2.9", {"psycopg2.libs/libpq-1a2b3c4d5e.so.5.17": ELF}))
    library = next(it for it in found.components if it.vendored_in)
    assert (library.purl, library.vendored_in) == ("pkg:generic/libpq@5.17", "pkg:pypi/psycopg2@2.9")
    assert library.ecosystem == ""


def test_an_sbom_inside_a_wheel_names_what_it_bundles(inventory: Take) -> None:
    sbom = b'{"components": [{"name": "zlib", "version": "1.3", "purl": "pkg:generic/zlib@1.3"}]}'
    path = "demo-1.0.dist-info/sboms/a.json"
    found = inventory(wheel(files={path: sbom, "demo.libs/libz-1a2b3c4d.so.1": ELF}))
    assert [it.purl for it in found.components if it.vendored_in] == ["pkg:generic/zlib@1.3"]


@pytest.mark.parametrize(
    ("purl", "ecosystem", "package"),
    [
        ("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "Maven", "org.apache.logging.log4j:log4j-core"),
        ("pkg:npm/%40babel/core@7.0.0", "npm", "@babel/core"),
        ("pkg:golang/golang.org/x/net@v0.1.0", "Go", "golang.org/x/net"),
        ("pkg:cargo/openssl@0.10.50", "crates.io", "openssl"),
    ],
)
def test_what_an_sbom_inside_a_wheel_names_is_called_as_advisories_call_it(
    inventory: Take, purl: str, ecosystem: str, package: str
) -> None:
    sbom = json.dumps({"components": [{"name": "short", "version": "1", "purl": purl}]}).encode()
    found = inventory(wheel(files={"demo-1.0.dist-info/sboms/a.json": sbom}))
    bundled = next(it for it in found.components if it.vendored_in)
    assert (bundled.purl, bundled.ecosystem, bundled.source) == (purl, ecosystem, package)


def test_an_sbom_that_cannot_be_read_is_a_gap(inventory: Take) -> None:
    found = inventory(wheel(files={"demo-1.0.dist-info/sboms/a.json": b"{"}))
    assert "SBOM" in found.gaps[0].reason


@given(st.binary(max_size=200), st.sampled_from(["status", "status.d/x", "status.d/x.md5sums", "status.d/x.md5sums"]))
def test_whatever_dpkgs_files_hold_it_is_components_or_gaps(content: bytes, name: str) -> None:
    with Rootfs.of_entries([file(f"var/lib/dpkg/{name}", content)]) as rootfs:
        dpkg.catalogue(rootfs)


@given(st.binary(max_size=200), st.sampled_from(["METADATA", "RECORD", "sboms/a.json"]))
def test_whatever_a_wheel_holds_it_is_components_or_gaps(content: bytes, name: str) -> None:
    entries = {
        it.path: it
        for it in [*wheel(), file(f"usr/local/lib/python3.13/dist-packages/demo-1.0.dist-info/{name}", content)]
    }
    with Rootfs.of_entries(entries.values()) as rootfs:
        python.catalogue(rootfs)
        vendored.catalogue(rootfs)


def test_the_digest_of_a_suspect_is_its_contents(inventory: Take) -> None:
    found = inventory([file("opt/x", ELF)])
    assert found.files.suspect[0].sha256 == hashlib.sha256(ELF).hexdigest()
