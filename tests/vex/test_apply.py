from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from barehull.scan.model import Match
from barehull.vex.apply import Applied, apply
from barehull.vex.model import Product, Statement
from barehull.vex.purls import names_of

from .conftest import DIGEST, OCI, found, said

TODAY = date(2026, 11, 24)
IMAGE = names_of("docker://example.org/team/app:v1", DIGEST, "linux/amd64")
DEB = "pkg:deb/debian/libssl3@3.0.1?arch=amd64&distro=debian-13"


def applied(*statements: Statement, of: Match | None = None, reference: str = "") -> Applied:
    image = names_of(reference, DIGEST, "linux/amd64") if reference else IMAGE
    return apply(statements, [of or found()], image, TODAY)


@pytest.mark.parametrize("status", ["not_affected", "fixed"])
def test_these_waive(status: str) -> None:
    statement = said(status)
    assert applied(statement).waived == {found(): statement}


@pytest.mark.parametrize("status", ["affected", "under_investigation"])
def test_these_never_waive(status: str) -> None:
    assert applied(said(status)) == Applied({})


def test_an_alias_names_the_same_vulnerability() -> None:
    assert applied(said(names=("GHSA-1",)), of=found("CVE-7", aliases=("GHSA-1",))).waived
    assert not applied(said(names=("GHSA-1",)), of=found("CVE-7", aliases=("GHSA-2",))).waived


@pytest.mark.parametrize(
    ("purl", "means"),
    [
        (OCI, True),
        (f"pkg:oci/anything@{DIGEST}", True),
        (f"pkg:docker/team/app@{DIGEST}", True),
        (OCI.replace("aaaa", "bbbb"), False),
        ("pkg:oci/app?repository_url=example.org/team/app", True),
        ("pkg:oci/app?repository_url=https://example.org/team/app", True),
        ("pkg:oci/app?repository_url=example.org/team/app&tag=v1", True),
        ("pkg:oci/app?repository_url=example.org/team/app&tag=v2", False),
        ("pkg:oci/app?repository_url=example.org/team/app&arch=amd64", True),
        ("pkg:oci/app?repository_url=example.org/team/app&arch=arm64", False),
        ("pkg:oci/app?repository_url=example.org/other/app", False),
        ("pkg:oci/app", False),  # an image of that name may be anybody's
        ("pkg:generic/app@1", False),
        ("pkg:", False),
        ("", False),
    ],
)
def test_which_image_a_purl_means(purl: str, means: bool) -> None:
    assert bool(applied(said("fixed", 1, Product((purl,)))).waived) is means


@pytest.mark.parametrize("repository", ["debian", "docker.io/library/debian", "index.docker.io/library/debian"])
def test_the_names_of_dockers_registry(repository: str) -> None:
    product = Product((f"pkg:oci/debian?repository_url={repository}",))
    assert applied(said("fixed", 1, product), reference="docker://debian:13").waived


def test_the_digest_of_an_index_names_its_image_too() -> None:
    index = "sha256:" + "c" * 64
    product = Product((f"pkg:oci/app@{index}",))
    assert applied(said("fixed", 1, product), reference=f"docker://example.org/app@{index}").waived
    assert not applied(said("fixed", 1, product), reference="docker://example.org/app:v1").waived


def test_a_folder_has_no_repository() -> None:
    product = Product(("pkg:oci/app?repository_url=example.org/team/app",))
    assert not applied(said("fixed", 1, product), reference="oci:example.org/team/app").waived


@pytest.mark.parametrize(
    ("part", "of", "means"),
    [
        ("pkg:pypi/x@1", "pkg:pypi/x@1", True),
        ("pkg:pypi/x", "pkg:pypi/x@1", True),
        ("pkg:pypi/x@2", "pkg:pypi/x@1", False),
        ("pkg:pypi/y", "pkg:pypi/x@1", False),
        ("pkg:npm/x", "pkg:pypi/x@1", False),
        ("pkg:npm/%40scope/x", "pkg:npm/x@1", False),
        ("pkg:deb/debian/libssl3@3.0.1", DEB, True),
        ("pkg:deb/debian/libssl3?distro=debian-13", DEB, True),
        ("pkg:deb/debian/libssl3?distro=debian-12", DEB, False),
        ("pkg:deb/ubuntu/libssl3", DEB, False),
        ("pkg:deb/debian/openssl?arch=source", DEB, True),
        ("pkg:deb/debian/openssl@3.0.1?arch=source&distro=debian-13", DEB, True),
        ("pkg:deb/debian/openssl@3.0.2?arch=source", DEB, False),
        ("pkg:deb/debian/openssl?arch=source&distro=debian-12", DEB, False),
        ("pkg:deb/debian/openssl", DEB, False),
    ],
)
def test_which_package_a_subcomponent_means(part: str, of: str, means: bool) -> None:
    product = Product(digests=(DIGEST,), parts=(part,), in_parts=True)
    match = found(purl=of, source="openssl" if of == DEB else "")
    assert bool(applied(said("fixed", 1, product), of=match).waived) is means


def test_subcomponents_that_cannot_be_read_mean_nothing() -> None:
    assert not applied(said("fixed", 1, Product(digests=(DIGEST,), in_parts=True))).waived


def test_a_package_as_the_product() -> None:
    assert applied(said("fixed", 1, Product(("pkg:pypi/x@1",)))).waived
    assert not applied(said("fixed", 1, Product(("pkg:pypi/x@2",)))).waived


def test_a_part_of_a_package_is_only_what_that_package_bundles() -> None:
    statement = said("fixed", 1, Product(("pkg:pypi/wheel@1",), (), ("pkg:pypi/x",), in_parts=True))
    assert applied(statement, of=found(vendored_in="pkg:pypi/wheel@1")).waived
    assert not applied(statement, of=found(vendored_in="pkg:pypi/other@1")).waived
    assert not applied(statement).waived


@pytest.mark.parametrize("latest", ["affected", "under_investigation"])
def test_the_latest_statement_counts(latest: str) -> None:
    assert not applied(said("fixed", 1), said(latest, 2)).waived
    assert not applied(said(latest, 2), said("fixed", 1)).waived
    assert applied(said("fixed", 3), said(latest, 2)).waived


def test_two_at_the_same_time_that_contradict_each_other_waive_nothing_and_are_told() -> None:
    both = applied(said("fixed", 1, file="a.json"), said("affected", 1, file="b.json"))
    assert not both.waived
    assert "a.json" in both.refused[0]
    assert "b.json" in both.refused[0]
    assert "contradict" in both.refused[0]


def test_two_at_the_same_time_that_agree_waive() -> None:
    assert applied(said("fixed", 1), said("not_affected", 1)).waived


def test_an_unjustified_one_is_not_accepted_and_is_told() -> None:
    answer = applied(said(problem="it gives no justification"))
    assert not answer.waived
    assert answer.refused == ("CVE-1 in x: a.json: statements[1] is not accepted: it gives no justification",)


def test_a_later_one_that_is_not_accepted_takes_the_earliers_word_back() -> None:
    assert not applied(said("fixed", 1), said(day=2, problem="no")).waived


def test_one_of_the_future_does_not_count() -> None:
    future = said(timestamp=datetime(2027, 1, 1, tzinfo=UTC))
    answer = applied(future)
    assert not answer.waived
    assert "of the future" in answer.refused[0]


def test_what_speaks_of_nothing_here_is_told_by_file() -> None:
    other = Product(digests=("sha256:" + "b" * 64,))
    answer = applied(said("fixed", 1), said("fixed", 2, other), said("fixed", 3, names=("CVE-9",)))
    assert answer.waived
    assert answer.unused == ("2 of 3 statements in a.json speak of nothing that was found in this image",)
