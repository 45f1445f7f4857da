"""The main job, end to end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import pytest

from barehull.lock import from_json
from barehull.oci.reference import open_image

from .conftest import Bench

SCHEMA = Path(__file__).parents[2] / "src/barehull/report/schemas/report-1.json"


def report_of(folder: Path) -> dict:
    report = json.loads((folder / "report.json").read_text())
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    return report


def test_a_release_that_replaces_an_image_never_rebuilt(bench: Bench, old: str) -> None:
    said = bench.run("release", "app", "--replaces", old, "--output", "oci:new", "--report", "out")
    assert "verdict by the policy guideline: PASSED" in said.stdout
    assert "Debian 13: fixable only" in said.stdout
    assert "accepted: Debian:13" in said.stdout
    assert "podman run" in said.stdout
    report = report_of(bench.folder / "out")
    assert report["state"] == "passed"
    assert len({it["vulnerability"] for it in report["comparison"]["fixed"]}) > 60
    assert {it["why"] for it in report["comparison"]["fixed"]} == {"newer-version", "left-out"}
    for it in report["comparison"]["fixed"]:
        assert it["vulnerability"] in said.stdout
    names = sorted(path.name for path in (bench.folder / "out").iterdir())
    reports = [f"report.{form}" for form in ("cdx.json", "json", "md", "sarif", "txt", "xml")]
    assert names == ["barehull.lock", "provenance.json", *reports, "sbom.cdx.json", "sbom.spdx.json"]


def test_a_release_that_replaces_a_rebuilt_image_cannot_do_better_and_passes(bench: Bench, rebuilt: str) -> None:
    said = bench.run("release", "app", "--replaces", rebuilt, "--output", "oci:new", "--report", "out2")
    assert "none is introduced, and nothing fixable is left" in said.stdout
    assert report_of(bench.folder / "out2")["comparison"]["introduced"] == []


def test_going_back_fails_and_names_what_comes_in(bench: Bench, new: str, old: str) -> None:
    said = bench.run("compare", new, old, code=1)
    assert re.search(r"INTRODUCED\n\s+[a-z]+[a-z0-9. ]*: CVE-\d+-\d+ in \w+", said.stdout)
    assert "verdict by the policy guideline: FAILED" in said.stdout


@pytest.mark.parametrize("replaced", ["old", "rebuilt"])
def test_a_vulnerable_dependency_fails_the_release(
    fresh: Callable[[], Bench], replaced: str, request: pytest.FixtureRequest
) -> None:
    planted = fresh()
    with (planted.app / "requirements.txt").open("a") as file:
        file.write("urllib3==1.26.5\n")
    reference = request.getfixturevalue(replaced)
    said = planted.run("release", "app", "--replaces", reference, "--output", "oci:new", code=1)
    assert "in urllib3 1.26.5, which is new" in said.stdout


def test_a_first_release_is_judged_alone(fresh: Callable[[], Bench]) -> None:
    assert "nothing fixable is left" in fresh().run("release", "app", "--output", "oci:new", "-q").stdout


def test_a_package_outside_the_coverage_is_undecided_until_it_is_accepted(
    fresh: Callable[[], Bench], rebuilt: str
) -> None:
    planted = fresh()
    with (planted.app / "requirements.txt").open("a") as file:
        file.write("psycopg2-binary==2.9.11\n")
    release = ("release", "app", "--replaces", rebuilt, "--output", "oci:new", "--report", "out")
    said = planted.run(*release, code=3)
    assert "UNDECIDED" in said.stdout
    report = report_of(planted.folder / "out")
    subjects = {it["subject"] for it in report["comparison"]["undecided"]} - {"Debian:13"}
    assert any("libpq" in subject for subject in subjects)
    until = (date.today() + timedelta(days=30)).isoformat()
    with (planted.app / "barehull.toml").open("a") as file:
        for subject in subjects:
            file.write(f'\n[[policy.acceptances]]\nsubject = "{subject}"\nreason = "looked at"\nuntil = {until}\n')
    assert "PASSED" in planted.run(*release).stdout


def test_without_the_acceptance_of_fixable_only_data_nothing_passes(fresh: Callable[[], Bench], rebuilt: str) -> None:
    strict = fresh()
    configuration = strict.app / "barehull.toml"
    configuration.write_text(configuration.read_text().partition("[[policy.acceptances]]")[0])
    said = strict.run("release", "app", "--replaces", rebuilt, "--output", "oci:new", code=3)
    assert "Debian:13: fixed-only" in said.stdout


def test_an_expired_acceptance_does_not_count(fresh: Callable[[], Bench], rebuilt: str) -> None:
    expired = fresh()
    configuration = expired.app / "barehull.toml"
    configuration.write_text(re.sub(r"until = \S+", "until = 2020-01-01", configuration.read_text()))
    said = expired.run("release", "app", "--replaces", rebuilt, "--output", "oci:new", code=3)
    assert "EXPIRED" in said.stdout


def test_the_inventory_of_the_image_is_what_was_locked(bench: Bench, new: str) -> None:
    lock = from_json((bench.app / "barehull.lock").read_text(), "lock")[0]
    components = json.loads(bench.run("scan", new, "--format", "json", "-q", code=3).stdout)["new"]["components"]
    found = {(it["name"], it["version"]) for it in components if it["ecosystem"] == "Debian:13"}
    assert found == {(deb.name, deb.version) for deb in lock.debs}
    wheels = {(it["source"], it["version"]) for it in components if it["ecosystem"] == "PyPI"}
    assert wheels == {(wheel.name, wheel.version) for wheel in lock.wheels}
    assert len(components) == len(found) + len(wheels)


def test_nothing_in_the_image_is_machine_code_that_nobody_owns(bench: Bench, new: str) -> None:
    files = json.loads(bench.run("scan", new, "--format", "json", "-q", code=3).stdout)["new"]["files"]
    assert [it for it in files["suspect"] if it["elf"] or it["state"] == "modified"] == []


def test_the_runtime_is_small(bench: Bench, new: str) -> None:
    image = open_image(new)
    runtime = [
        layer for layer in image.layers if "volumes-web-app" not in layer.created_by and "flask" not in layer.created_by
    ]
    assert len(runtime) == len(image.layers) - 2
    assert sum(layer.size for layer in runtime) <= 30_000_000
    assert len(from_json((bench.app / "barehull.lock").read_text(), "lock")[0].debs) <= 45


def test_two_cold_builds_under_other_conditions_are_equal(tmp_path: Path, fresh: Callable[[], Bench]) -> None:
    digests = []
    conditions = (
        {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "1", "UMASK": "077"},
        {"TZ": "America/New_York", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "UMASK": "000"},
    )
    import os

    for number, condition in enumerate(conditions):
        cold = fresh()
        before = os.umask(int(condition["UMASK"], 8))
        try:
            cold.run(
                "build", "app", "--output", "oci:new", BAREHULL_CACHE=str(tmp_path / f"cache{number}"), **condition
            )
        finally:
            os.umask(before)
        digests.append(open_image(f"oci:{cold.folder}/new").digest)
    assert digests[0] == digests[1]
