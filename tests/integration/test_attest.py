"""Documents beside a real image: as many as promised, about it, and found by other tools."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from barehull.attest.collect import date_of
from barehull.attest.kinds import PREDICATE_TYPE
from barehull.lock import from_json
from barehull.oci.attached import attached, document
from barehull.oci.reference import open_image
from barehull.oci.referrers import fallback_tag

from .conftest import Bench

KINDS = {
    ("application/spdx+json", ""),
    ("application/vnd.cyclonedx+json", ""),
    ("application/vnd.in-toto+json", "https://slsa.dev/provenance/v1"),
}


def documents(layout: Path) -> dict[tuple[str, str], bytes]:
    text = f"oci:{layout}:latest"
    return {(it.media_type, it.note(PREDICATE_TYPE)): document(text, it) for it in attached(text).referrers}


def test_a_build_is_attested_the_same_way_again(fresh: Callable[[], Bench], bench: Bench, new: str) -> None:
    made = []
    for _ in range(2):
        one = fresh()
        shutil.copy(bench.app / "barehull.lock", one.app)
        one.run("build", "app", "--output", "oci:attested", "--attest", "-q")
        layout = one.folder / "attested"
        image = open_image(f"oci:{layout}:latest")
        assert image.digest == open_image(new).digest == open_image(f"oci:{layout}").digest
        assert set(documents(layout)) == KINDS
        found = documents(layout)
        provenance = json.loads(found.pop(("application/vnd.in-toto+json", "https://slsa.dev/provenance/v1")))
        times = provenance["predicate"]["runDetails"].pop("metadata")
        assert set(times) == {"startedOn", "finishedOn"}
        made.append((found, provenance))
    assert made[0] == made[1]
    sources = [it for it in provenance["predicate"]["buildDefinition"]["resolvedDependencies"] if "uri" not in it]
    listed = "".join(
        f"{hashlib.sha256((one.app / path).read_bytes()).hexdigest()}  {path}\n"
        for path in sorted(str(it.relative_to(one.app)) for it in (one.app / "volumes").rglob("*") if it.is_file())
    )
    assert {"sha256": hashlib.sha256(listed.encode()).hexdigest()} in [it["digest"] for it in sources]
    lock = from_json((bench.app / "barehull.lock").read_text(), "lock")[0]
    (spdx,) = (json.loads(content) for (kind, _), content in documents(layout).items() if "spdx" in kind)
    assert spdx["creationInfo"]["created"] == date_of(lock)
    names = {it["name"] for it in spdx["packages"]}
    assert {deb.name for deb in lock.debs} < names


def test_a_release_is_attested_with_its_verdict(bench: Bench, rebuilt: str) -> None:
    release = ("release", "app", "--replaces", rebuilt, "--output", "oci:released", "--attest", "--report", "attested")
    said = bench.run(*release)
    assert "oci:released:latest" in said.stdout
    layout = bench.folder / "released"
    image = open_image(f"oci:{layout}:latest")
    found = documents(layout)
    (scan,) = (json.loads(content) for (_, kind), content in found.items() if kind.endswith("/scan/v1"))
    assert len(found) == len(KINDS) + 1
    report = json.loads((bench.folder / "attested" / "report.json").read_text())
    assert scan["predicate"]["state"] == report["state"] == "passed"
    assert scan["predicate"]["replaces"] == report["old"]["digest"]
    assert scan["subject"][0]["digest"]["sha256"] == image.digest.removeprefix("sha256:")
    for name, kind in (
        ("sbom.spdx.json", "application/spdx+json"),
        ("sbom.cdx.json", "application/vnd.cyclonedx+json"),
    ):
        assert (bench.folder / "attested" / name).read_bytes() == found[kind, ""]
    provenance = found["application/vnd.in-toto+json", "https://slsa.dev/provenance/v1"]
    assert (bench.folder / "attested" / "provenance.json").read_bytes() == provenance
    inputs = {
        it["name"] for it in json.loads(provenance)["predicate"]["buildDefinition"]["externalParameters"]["inputs"]
    }
    assert {"barehull.toml", "Dockerfile", "requirements.txt"} <= inputs


@pytest.mark.skipif(not shutil.which("skopeo"), reason="needs skopeo")
def test_skopeo_finds_image_and_documents(bench: Bench, tmp_path: Path) -> None:
    bench.run("build", "app", "--output", "oci:seen:v1", "--attest", "-q")
    layout = bench.folder / "seen"
    digest = open_image(f"oci:{layout}:v1").digest

    def skopeo(*arguments: str) -> str:
        done = subprocess.run(["skopeo", *arguments], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    index = json.loads(skopeo("inspect", "--raw", f"oci:{layout}:{fallback_tag(digest)}"))
    assert {
        (it["artifactType"], (it.get("annotations") or {}).get("in-toto.io/predicate-type", ""))
        for it in index["manifests"]
    } == KINDS
    skopeo("copy", "-q", f"oci:{layout}:v1", f"oci:{tmp_path}/copy:v1")
    assert open_image(f"oci:{tmp_path}/copy:v1").digest == digest


def test_documents_do_not_go_where_there_is_no_place_for_them(bench: Bench) -> None:
    said = bench.run("build", "app", "--output", "docker-archive:x.tar", "--attest", code=2)
    assert "--attest" in said.stderr
    assert not (bench.folder / "x.tar").exists()
