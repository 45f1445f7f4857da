"""Inventory x advisories -> Scan: what matches, and what could not be told."""

from __future__ import annotations

import pytest

from barehull.advisories.severity import Severity
from barehull.inventory.model import Component, Gap, SuspectFile
from barehull.scan.model import Undecided, Vulnerability

LIBC_COPY = SuspectFile("usr/local/lib/libc.so.6", "unowned", True, "c0ffee")


def test_debian_packages_by_source_and_release(known, inventory, debian, expecting):
    known.covers("Debian:12").covers("Debian:13")
    known.says("DEBIAN-CVE-2026-0001", "Debian:13", "openssl", fixed="3.5.2-1", upstream=["CVE-2026-0001"])
    known.says("DEBIAN-CVE-2026-0002", "Debian:12", "openssl", fixed="3.5.2-1", upstream=["CVE-2026-0002"])
    known.says("DEBIAN-CVE-2026-0003", "Debian:13", "libssl3t64", fixed="3.5.2-1", upstream=["CVE-2026-0003"])
    known.says("DEBIAN-CVE-2026-0004", "Debian:13", "zlib", fixed="1:1.3-1", upstream=["CVE-2026-0004"])
    image = inventory(
        debian("openssl", "3.5.1-1", binary="libssl3t64"),
        debian("openssl", "3.5.1-1"),
        debian("zlib", "1:1.3-1", binary="zlib1g"),
    )
    with expecting(known.scan(image)) as expect:
        expect.match("CVE-2026-0001", "libssl3t64", fixed="3.5.2-1", by="DEBIAN-CVE-2026-0001")
        expect.match("CVE-2026-0001", "openssl", fixed="3.5.2-1")


def test_one_vulnerability_is_counted_once_whoever_tells_of_it(known, inventory, debian, pypi, expecting):
    known.covers("Debian:13")
    known.says("DSA-5000-1", "Debian:13", "python-flask", fixed="2.0-1", upstream=["CVE-2026-0001", "CVE-2026-0002"])
    known.says("DEBIAN-CVE-2026-0001", "Debian:13", "python-flask", fixed="2.0-1", upstream=["CVE-2026-0001"])
    known.says("PYSEC-2026-1", "PyPI", "flask", fixed="2.0", aliases=["CVE-2026-0001", "GHSA-aaaa"])
    known.says("GHSA-aaaa", "PyPI", "Flask", fixed="2.0.1", aliases=["CVE-2026-0001"])
    scan = known.scan(inventory(debian("python-flask", "1.0-1", binary="python3-flask"), pypi("flask", "1.0")))
    assert scan.vulnerabilities == (
        Vulnerability("CVE-2026-0001", ("GHSA-aaaa", "PYSEC-2026-1")),
        Vulnerability("CVE-2026-0002"),
    )
    with expecting(scan) as expect:
        expect.match("CVE-2026-0001", "python3-flask", fixed="2.0-1", by="DSA-5000-1")
        expect.match("CVE-2026-0002", "python3-flask", fixed="2.0-1", by="DSA-5000-1")
        expect.match("CVE-2026-0001", "python3-flask", fixed="2.0-1", by="DEBIAN-CVE-2026-0001")
        expect.match("CVE-2026-0001", "flask", fixed="2.0", by="PYSEC-2026-1")
        expect.match("CVE-2026-0001", "flask", fixed="2.0.1", by="GHSA-aaaa")


def test_severity_and_the_missing_fix_are_told(known, inventory, pypi, expecting):
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    known.says("PYSEC-1", "PyPI", "flask", severity=[{"type": "CVSS_V3", "score": vector}])
    with expecting(known.scan(inventory(pypi("flask", "1.0")))) as expect:
        assert expect.match("PYSEC-1", "flask", fixed="").severity == Severity("critical", 9.8, vector, "PYSEC-1")


def test_a_distribution_bundled_by_another_is_matched_like_any(known, inventory, pypi, expecting):
    known.says("PYSEC-1", "PyPI", "wheel", fixed="0.40")
    bundled = pypi("wheel", "0.38", vendored_in="pkg:pypi/setuptools@60.0")
    with expecting(known.scan(inventory(bundled))) as expect:
        expect.match("PYSEC-1", "wheel", fixed="0.40")


def test_an_image_of_covered_packages_without_advisories_is_decided(known, inventory, debian, pypi, expecting):
    known.covers("Debian:13").covers("PyPI")
    with expecting(known.scan(inventory(debian("openssl", "3.5.1-1"), pypi("flask", "1.0")))):
        pass


# For each reason, an image in which it alone appears: nothing that is not expected passes.


@pytest.mark.parametrize("ecosystem", ["", "Debian:11", "Alpine:v3.20", "npm"])
def test_no_coverage(known, inventory, debian, expecting, ecosystem):
    known.covers("Debian:13")
    stranger = Component("pkg:generic/node@20", "node", "20", ecosystem, "node", "20")
    scan = known.scan(inventory(stranger))
    with expecting(scan) as expect:
        expect.unknown("no-coverage", "pkg:generic/node@20")
    assert scan.undecided[0].ecosystem == ecosystem


def test_no_coverage_of_a_package_that_the_data_leaves_out(known, inventory, debian, expecting):
    known.covers("Debian:13", excluded=("openjdk-*", "linux"))
    java = debian("openjdk-21", "21.0.8+9-1", binary="openjdk-21-jre-headless")
    scan = known.scan(inventory(java, debian("openssl", "3.5.1-1")))
    with expecting(scan) as expect:
        expect.unknown("no-coverage", java.purl)
    assert scan.undecided[0].ecosystem == "", (
        "who accepts Debian:13 has not accepted a package that its data leaves out"
    )


def test_fixed_only_once_for_each_release(known, inventory, debian, expecting):
    known.covers("Debian:12", kind="fixed-only").covers("Debian:13", kind="fixed-only", left_out="unfixed CVEs").covers(
        "PyPI"
    )
    scan = known.scan(inventory(debian("openssl", "3.5.1-1"), debian("zlib", "1:1.3-1")))
    with expecting(scan) as expect:
        expect.unknown("fixed-only", "Debian:13")
    (one,) = scan.undecided
    assert one.ecosystem == "Debian:13"
    assert "unfixed CVEs" in one.reason
    assert len(one.components) == 2


def test_version_unparsable(known, inventory, pypi, expecting):
    known.says("PYSEC-1", "PyPI", "pytz", fixed="2005.1").says("PYSEC-2", "PyPI", "pytz", fixed="2006.1")
    with expecting(known.scan(inventory(pypi("pytz", "2004d")))) as expect:
        expect.unknown("version-unparsable", "pkg:pypi/pytz@2004d")


def test_an_unparsable_version_of_which_nothing_is_said_is_decided(known, inventory, pypi, expecting):
    with expecting(known.covers("PyPI").scan(inventory(pypi("pytz", "2004d")))):
        pass


def test_only_git_ranges(known, inventory, pypi, expecting):
    commits = [{"type": "GIT", "repo": "https://example.org", "events": [{"introduced": "0"}, {"fixed": "abc"}]}]
    known.says("PYSEC-1", "PyPI", "flask", ranges=commits)
    with expecting(known.scan(inventory(pypi("flask", "1.0")))) as expect:
        expect.unknown("only-git-ranges", "pkg:pypi/flask@1.0")


def test_no_versions(known, inventory, pypi, expecting):
    known.says("PYSEC-1", "PyPI", "flask", ranges=[])
    with expecting(known.scan(inventory(pypi("flask", "1.0")))) as expect:
        expect.unknown("no-versions", "pkg:pypi/flask@1.0")


@pytest.mark.parametrize("ecosystem", ["", "AlmaLinux:8"])
def test_vendored(known, inventory, expecting, ecosystem):
    library = Component(
        "pkg:generic/libjpeg@62.4.0",
        "libjpeg",
        "62.4.0",
        ecosystem,
        "libjpeg",
        "62.4.0",
        vendored_in="pkg:pypi/pillow@11.0",
    )
    with expecting(known.covers("PyPI").scan(inventory(library))) as expect:
        expect.unknown("vendored", "pkg:generic/libjpeg@62.4.0")


def test_unowned_elf(known, inventory, expecting):
    with expecting(known.covers("PyPI").scan(inventory(files=(LIBC_COPY,)))) as expect:
        expect.unknown("unowned-elf", "usr/local/lib/libc.so.6")


def test_modified_file(known, inventory, expecting):
    changed = SuspectFile(
        "usr/lib/python3.13/ssl.py", "modified", False, "c0ffee", "pkg:deb/debian/libpython3.13-minimal@3.13.5-2"
    )
    with expecting(known.covers("PyPI").scan(inventory(files=(changed,)))) as expect:
        expect.unknown("modified-file", "usr/lib/python3.13/ssl.py")


def test_gap(known, inventory, expecting):
    with expecting(
        known.covers("PyPI").scan(inventory(gaps=(Gap("var/lib/dpkg/status", "cannot be read"),)))
    ) as expect:
        expect.unknown("gap", "var/lib/dpkg/status")


def test_an_unowned_file_that_is_no_machine_code_is_the_inventorys_to_list(known, inventory, expecting):
    with expecting(known.covers("PyPI").scan(inventory(files=(SuspectFile("etc/motd", "unowned", False, "c0ffee"),)))):
        pass


# What is undecided on both sides of a comparison cancels, and nothing else does.


def undecided(known, image) -> tuple[Undecided, ...]:
    return known.scan(image).undecided


def test_the_same_component_is_the_same_on_both_sides(known, inventory):
    def node(version, **more):
        return inventory(
            Component(f"pkg:generic/node@{version}", "node", version, "", "node", version, **more), image="sha256:b"
        )

    known.covers("PyPI")
    (one,) = undecided(known, node("20"))
    assert one.beyond(undecided(known, node("20", evidence=("elsewhere",)))) is None
    assert one.beyond(undecided(known, node("22"))) == one
    assert one.beyond(()) == one
    (bundled,) = undecided(known, node("20", vendored_in="pkg:pypi/x@1"))
    assert bundled.beyond(undecided(known, node("20", vendored_in="pkg:pypi/x@2"))) == bundled


def test_a_file_is_the_same_when_path_and_content_are(known, inventory):
    from dataclasses import replace

    (one,) = undecided(known.covers("PyPI"), inventory(files=(LIBC_COPY,)))
    assert one.beyond(undecided(known, inventory(files=(LIBC_COPY,), image="sha256:b"))) is None
    for other in (replace(LIBC_COPY, sha256="decaf"), replace(LIBC_COPY, path="usr/lib/libc.so.6")):
        assert one.beyond(undecided(known, inventory(files=(other,)))) == one


def test_a_gap_is_the_same_in_the_same_image_only(known, inventory):
    gap = (Gap("var/lib/dpkg/status", "cannot be read"),)
    (one,) = undecided(known.covers("PyPI"), inventory(gaps=gap, image="sha256:a"))
    assert one.beyond(undecided(known, inventory(gaps=gap, image="sha256:a"))) is None
    assert one.beyond(undecided(known, inventory(gaps=gap, image="sha256:b"))) == one


def test_fixed_only_cancels_component_by_component(known, inventory, debian):
    known.covers("Debian:12", kind="fixed-only").covers("Debian:13", kind="fixed-only")
    openssl, zlib = debian("openssl", "3.5.1-1"), debian("zlib", "1:1.3-1")
    (one,) = undecided(known, inventory(openssl))
    assert one.beyond(undecided(known, inventory(openssl, zlib))) is None
    (both,) = undecided(known, inventory(openssl, zlib))
    left = both.beyond(undecided(known, inventory(openssl)))
    assert left is not None
    assert left.components == (zlib.purl,)
    newer = undecided(known, inventory(debian("openssl", "3.5.2-1")))
    assert one.beyond(newer) == one
    bookworm = undecided(known, inventory(debian("openssl", "3.5.1-1", 12)))
    assert one.beyond(bookworm) == one
