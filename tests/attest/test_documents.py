"""SBOMs and statements: as the standards want them, the same bytes for the same image, and nothing left out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from barehull.attest.collect import collect, date_of, read_inputs, sources_of
from barehull.attest.cyclonedx import to_cyclonedx
from barehull.attest.provenance import Invocation, Making, to_provenance
from barehull.attest.scan import to_scan_statement
from barehull.attest.spdx import to_spdx
from barehull.build.engine import EngineRun
from barehull.compare.model import Policy
from barehull.compare.policy import judge_alone
from barehull.core.errors import InputError
from barehull.files import Store
from barehull.inventory.model import Component, Files, SuspectFile
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry
from barehull.scan.model import Scan

from .conftest import COMPONENTS, DIGEST, INPUTS, INVENTORY, LOCK, OPENSSL, PSYCOPG, SUSPECT

CASES = Path(__file__).parents[1] / "cases" / "attest"
CREATED = "2026-11-24T12:00:00Z"
MAKING = Making(INPUTS, LOCK, invocation=Invocation(CREATED, CREATED), tool_version="0.1.0")
SPDX_ID = re.compile(r"SPDXRef-[a-zA-Z0-9.-]+")


def scan_statement(scan: Scan) -> str:
    verdict = judge_alone(scan, Policy(), date(2026, 11, 24))
    return to_scan_statement(scan, verdict, "demo", CREATED, verdict.state, "sha256:" + "a" * 64)


@pytest.mark.parametrize("name", ["sbom.spdx.json", "provenance.json", "scan.json"])
def test_documents_are_as_they_were(name: str, scan: Scan) -> None:
    """`UPDATE_GOLDENS=1 make test` writes them anew; look at the difference before you commit it."""
    made = {
        "sbom.spdx.json": lambda: to_spdx(INVENTORY, date_of(LOCK)),
        "provenance.json": lambda: to_provenance(DIGEST, "demo", MAKING),
        "scan.json": lambda: scan_statement(scan),
    }[name]()
    if os.environ.get("UPDATE_GOLDENS"):
        CASES.mkdir(parents=True, exist_ok=True)
        (CASES / name).write_text(made)
    assert made == (CASES / name).read_text()


class TestSpdx:
    def test_the_standards_own_tools_find_nothing_wrong(self, tmp_path: Path) -> None:
        """They check more than the JSON schema does: identifiers, relationships, what must be said of what."""
        path = tmp_path / "sbom.spdx.json"
        path.write_text(to_spdx(INVENTORY, CREATED))
        document = parse_file(str(path))
        assert validate_full_spdx_document(document) == []
        assert len(document.packages) == 1 + len(COMPONENTS) + len(SUSPECT)

    def test_each_package_has_its_purl_and_is_contained_once(self) -> None:
        document = json.loads(to_spdx(INVENTORY, CREATED))
        purls = {
            package["externalRefs"][0]["referenceLocator"]: package["SPDXID"]
            for package in document["packages"]
            if "externalRefs" in package
        }
        assert set(purls) == {component.purl for component in COMPONENTS}
        contained = {
            it["relatedSpdxElement"]: it["spdxElementId"]
            for it in document["relationships"]
            if it["relationshipType"] == "CONTAINS"
        }
        assert contained[purls[OPENSSL.purl]] == "SPDXRef-image"
        assert contained[purls["pkg:generic/libpq@5.17"]] == purls[PSYCOPG]
        assert len(contained) == len(COMPONENTS) + len(SUSPECT)

    def test_files_that_nobody_vouches_for_are_listed_and_gaps_told(self) -> None:
        document = json.loads(to_spdx(INVENTORY, CREATED))
        files = [it for it in document["packages"] if it.get("primaryPackagePurpose") == "FILE"]
        assert {file["packageFileName"] for file in files} == {"./app/tool", "./etc/passwd"}
        assert {file["checksums"][0]["checksumValue"] for file in files} == {"e" * 64, "f" * 64}
        assert any("machine code" in file["comment"] for file in files)
        assert "app/y: no version" in document["comment"]

    def test_the_order_of_the_inventory_does_not_matter(self) -> None:
        turned = replace(
            INVENTORY,
            components=COMPONENTS[::-1],
            files=replace(INVENTORY.files, suspect=SUSPECT[::-1]),
        )
        assert to_spdx(turned, CREATED) == to_spdx(INVENTORY, CREATED)

    def test_the_namespace_is_the_images_own(self) -> None:
        other = replace(INVENTORY, image="sha256:" + "c" * 64)
        one, two = (json.loads(to_spdx(it, CREATED))["documentNamespace"] for it in (INVENTORY, other))
        assert one != two
        assert one == json.loads(to_spdx(replace(INVENTORY, gaps=()), CREATED))["documentNamespace"]

    def test_its_date_is_that_of_the_newest_list_not_of_a_clock(self) -> None:
        assert json.loads(to_spdx(INVENTORY, date_of(LOCK)))["creationInfo"]["created"] == "2026-11-22T19:58:57Z"

    @settings(deadline=None, max_examples=100)
    @given(
        components=st.lists(
            st.builds(Component, *[st.text()] * 6, st.lists(st.text(), max_size=2).map(tuple), st.text()), max_size=5
        ),
        paths=st.sets(st.text(), max_size=4),
    )
    def test_identifiers_are_unique_and_known_whatever_is_in_the_image(
        self, components: list[Component], paths: set[str]
    ) -> None:
        files = Files(9, 0, 0, 0, tuple(SuspectFile(path, "unowned", False, "e" * 64) for path in paths))
        document = json.loads(to_spdx(replace(INVENTORY, components=tuple(components), files=files), CREATED))
        ids = [it["SPDXID"] for it in [document, *document["packages"]]]
        assert all(map(SPDX_ID.fullmatch, ids))
        assert len(set(ids)) == len(ids) == 2 + len(set(components)) + len(paths)
        assert {it[end] for it in document["relationships"] for end in ("spdxElementId", "relatedSpdxElement")} <= set(
            ids
        )


def test_cyclonedx_fits_its_schema() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(to_cyclonedx(INVENTORY, CREATED)) is None
    assert to_cyclonedx(INVENTORY, CREATED) == to_cyclonedx(replace(INVENTORY, components=COMPONENTS[::-1]), CREATED)


class TestProvenance:
    def test_it_is_a_statement_about_the_image(self) -> None:
        said = json.loads(to_provenance(DIGEST, "demo", Making(INPUTS, LOCK)))
        assert said["_type"] == "https://in-toto.io/Statement/v1"
        assert said["subject"] == [{"name": "demo", "digest": {"sha256": "b" * 64}}]
        assert said["predicateType"] == "https://slsa.dev/provenance/v1"
        assert set(said["predicate"]) == {"buildDefinition", "runDetails"}
        assert said["predicate"]["runDetails"]["metadata"] == {}

    def test_all_that_the_lock_names_is_a_dependency(self) -> None:
        definition = json.loads(to_provenance(DIGEST, "demo", Making(INPUTS, LOCK)))["predicate"]["buildDefinition"]
        digests = [it["digest"]["sha256"] for it in definition["resolvedDependencies"]]
        locked = {it.sha256 for it in (*LOCK.suites, *LOCK.debs, *LOCK.wheels)}
        assert locked < set(digests)
        assert len(digests) == len(set(digests)) == len(locked) + 1
        uris = [it["uri"] for it in definition["resolvedDependencies"] if "uri" in it]
        assert OPENSSL.purl in uris, "the same purl as in the SBOM"
        assert "pkg:deb/debian/tzdata@1:2~3%2Bb1?arch=all&distro=debian-13" in [it.replace("%3A", ":") for it in uris]

    def test_a_changed_input_shows(self) -> None:
        other = Making(INPUTS | {"Dockerfile": b"FROM debian\n"}, LOCK)
        assert to_provenance(DIGEST, "demo", Making(INPUTS, LOCK)) != to_provenance(DIGEST, "demo", other)

    def test_the_sources_are_what_sha256sum_says_of_them(self, tmp_path: Path) -> None:
        for name in ("b.py", "a/x.py"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(name)
        said = subprocess.run(["sha256sum", "a/x.py", "b.py"], cwd=tmp_path, capture_output=True, check=True).stdout
        sources = tuple((line.split()[1], line.split()[0]) for line in reversed(said.decode().splitlines()))
        definition = json.loads(to_provenance(DIGEST, "demo", replace(MAKING, sources=sources)))["predicate"]
        (found,) = (it for it in definition["buildDefinition"]["resolvedDependencies"] if it["name"] == "sources")
        assert found["digest"]["sha256"] == hashlib.sha256(said).hexdigest()
        assert found["annotations"] == {"barehull:files": 2}

    def test_only_the_times_differ_from_run_to_run(self) -> None:
        one, two = (replace(MAKING, invocation=Invocation(CREATED, f"{year}")) for year in (2030, 2031))
        first, second = (json.loads(to_provenance(DIGEST, "demo", it)) for it in (one, two))
        assert first != second
        assert first["predicate"]["runDetails"].pop("metadata") == {"startedOn": CREATED, "finishedOn": "2030"}
        del second["predicate"]["runDetails"]["metadata"]
        assert first == second

    def test_of_an_engines_image_it_names_dockerfile_and_engine_and_no_secret(self) -> None:
        run = EngineRun("buildah", "buildah version 1.28.2", "Dockerfile", "f" * 64, "linux/arm64", "", ("TOKEN",))
        predicate = json.loads(to_provenance(DIGEST, "demo", Making(INPUTS, engine=run)))["predicate"]
        definition = predicate["buildDefinition"]
        assert definition["buildType"].endswith("/engine/v1")
        assert definition["externalParameters"]["buildArguments"] == ["TOKEN"]
        assert definition["internalParameters"] == {"platform": "linux/arm64"}
        assert definition["resolvedDependencies"] == [{"name": "Dockerfile", "digest": {"sha256": "f" * 64}}]
        assert predicate["runDetails"]["builder"]["version"]["buildah"] == "buildah version 1.28.2"

    def test_the_inputs_are_those_that_are_there(self, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_bytes(b"FROM scratch\n")
        (tmp_path / "other.toml").write_bytes(b"x = 1\n")
        found = read_inputs(tmp_path, tmp_path / "other.toml")
        assert found == {"Dockerfile": b"FROM scratch\n", "other.toml": b"x = 1\n"}
        (tmp_path / "Dockerfile").write_bytes(bytes((4 << 20) + 1))
        with pytest.raises(InputError, match="larger than 4 MiB"):
            read_inputs(tmp_path, tmp_path / "other.toml")


class TestScan:
    def test_it_says_what_was_found_what_could_not_be_told_and_how_far_the_data_reaches(self, scan: Scan) -> None:
        said = json.loads(scan_statement(scan))
        assert said["subject"][0]["digest"] == {"sha256": "b" * 64}
        predicate = said["predicate"]
        assert predicate["state"] == predicate["verdict"]["state"] == "failed"
        assert [it["id"] for it in predicate["vulnerabilities"]] == ["CVE-2026-4"]
        assert [it["subject"] for it in predicate["undecided"]] == ["Debian:13"]
        assert predicate["database"]["digest"] == "sha256:" + "d" * 64
        assert [it["ecosystem"] for it in predicate["database"]["coverage"]] == ["Debian:13"]
        assert predicate["replaces"] == "sha256:" + "a" * 64


def test_all_documents_of_a_build_are_the_same_bytes_again() -> None:
    made = collect(INVENTORY, "demo", MAKING)
    assert made == collect(INVENTORY, "demo", MAKING)
    assert len({(it.media_type, it.notes) for it in made}) == 3


def test_of_an_image_of_unknown_making_there_is_no_provenance() -> None:
    assert len(collect(INVENTORY, "demo", Making())) == 2


def test_the_sources_are_the_applications_files_in_the_image(tmp_path: Path) -> None:
    store = Store(tmp_path)
    below = [Entry("app", "directory"), Entry("app/hidden.py", "file", content=b"of the runtime")]
    pyc = Entry("app/__pycache__/main.cpython-313.pyc", "file", content=b"made")
    own = [Entry("app", "directory"), Entry("app/main.py", "file", content=b"own"), pyc, Entry("etc/x", "file")]
    layers = [write_layer(with_parents(entries), store, created_by="test") for entries in (below, own)]
    assert sources_of(make_image(Config(), layers, store)) == (("main.py", hashlib.sha256(b"own").hexdigest()),)
