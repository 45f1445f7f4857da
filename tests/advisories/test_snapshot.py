"""What comes with barehull, and how it is made."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from barehull.advisories.snapshot import open_snapshot
from barehull.core.errors import IncompleteError

DATA = files("barehull.advisories") / "data"
SCRIPT = Path(__file__).parents[2] / "scripts" / "make_snapshot.py"
CLAIMS = SCRIPT.with_name("snapshot-coverage.json")


def make(mirror: Path, output: Path, coverage: Path = CLAIMS) -> dict[str, bytes]:
    arguments = [str(SCRIPT), str(mirror), "--coverage", str(coverage), "--output", str(output)]
    before, sys.argv = sys.argv, arguments
    try:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    finally:
        sys.argv = before
    return {path.name: path.read_bytes() for path in output.iterdir()}


def test_it_is_small_and_says_how_far_it_reaches(tmp_path):
    assert sum(len(entry.read_bytes()) for entry in DATA.iterdir()) <= 1 << 20
    with open_snapshot(tmp_path) as store:
        database = store.database()
    assert [(one.ecosystem, one.kind, one.as_of) for one in database.coverage] == [
        ("Debian:12", "fixed-only", "2026-11-24"),
        ("Debian:13", "fixed-only", "2026-11-24"),
        ("Go", "full", "2026-08-01"),
        ("Node.js", "full", "2026-04-01"),
        ("PSF", "full", "2024-09-04"),
        ("PyPI", "full", "2024-10-10"),
        ("npm", "partial", "2019-12-31"),
    ]
    assert all(one.left_out and one.records > 100 for one in database.coverage)
    assert "openjdk-*" in database.coverage[0].excluded
    assert database.date == "2026-11-24T00:00:00Z"


def test_its_claims_are_the_ones_of_the_script():
    assert (DATA / "coverage.json").read_bytes() == CLAIMS.read_bytes()


def test_it_says_nothing_of_the_packages_that_it_claims_to_leave_out(tmp_path):
    with open_snapshot(tmp_path) as store:
        for coverage in store.database().coverage:
            assert not store.query_all((coverage.ecosystem, name) for name in coverage.excluded)


def test_it_is_prepared_once_and_again_after_damage(tmp_path):
    told: list[str] = []
    digest = open_snapshot(tmp_path, told.append).database().digest
    (path,) = tmp_path.iterdir()
    open_snapshot(tmp_path, told.append)
    assert len(told) == 1
    path.write_bytes(path.read_bytes()[:1000])
    assert open_snapshot(tmp_path, told.append).database().digest == digest
    assert len(told) == 2


def test_a_cache_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(IncompleteError):
        open_snapshot(tmp_path / "file")


PROGRAM = """
import sys; from pathlib import Path; from barehull.advisories.snapshot import open_snapshot
with open_snapshot(Path(sys.argv[1])) as store: print(store.database().digest)
"""


def test_several_processes_may_prepare_it_at_once(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    digests = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(digests) == 1
    assert [path.suffix for path in tmp_path.iterdir()] == [".sqlite"]


def test_another_snapshot_gets_a_store_of_its_own(tmp_path, write_mirror, record):
    mirror = write_mirror(
        tmp_path / "mirror",
        {"PyPI": [record("PYSEC-1", "PyPI", "flask", ("introduced", "0"))], "Debian": []},
    )
    make(mirror, tmp_path / "data")
    folder = tmp_path / "cache"
    with open_snapshot(folder, data=tmp_path / "data") as other, open_snapshot(folder) as own:
        assert [one.id for one in other.query("PyPI", "flask")] == ["PYSEC-1"]
        assert "PYSEC-1" not in [one.id for one in own.query("PyPI", "flask")]


def test_the_same_records_give_the_same_bytes_in_any_order(tmp_path, write_mirror, record):
    debian = [record(f"DEBIAN-CVE-2024-000{n}", "Debian:13", "openssl", ("fixed", f"3.{n}")) for n in range(5)]
    pypi = [record(f"PYSEC-{n}", "PyPI", "flask", ("introduced", "0"), aliases=["B", "A"]) for n in range(5)]
    one = write_mirror(tmp_path / "one", {"Debian": debian, "PyPI": pypi})
    for item in pypi:
        item["aliases"].reverse()
        item["details"] = "a text"
    other = write_mirror(tmp_path / "other", {"PyPI": pypi[::-1], "Debian": debian[::-1]})
    assert make(one, tmp_path / "a") == make(other, tmp_path / "b")


def test_dropping_what_decides_nothing_loses_no_facts(tmp_path, write_mirror, record):
    kept = record(
        "PYSEC-1", "PyPI", "flask", ("introduced", "1.0"), ("fixed", "2.0"), aliases=["CVE-2024-0001"],
        severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}],
    )  # fmt: skip
    kept["affected"][0]["versions"] = ["0.9", "1.0", "1.5", "1.5+local", "2.0", "2004d"]
    commits = record("PYSEC-2", "PyPI", "flask")
    commits["affected"][0]["ranges"] = [{"type": "GIT", "events": [{"introduced": "0"}]}]
    gone = record("PYSEC-3", "PyPI", "flask", ("introduced", "0"), withdrawn="2024-01-01T00:00:00Z")
    mirror = write_mirror(tmp_path / "mirror", {"PyPI": [kept, commits, gone], "Debian": []})
    make(mirror, tmp_path / "data")
    with open_snapshot(tmp_path / "cache", data=tmp_path / "data") as store:
        first, second = store.query("PyPI", "flask")
    assert first.versions == ("0.9", "2.0", "2004d")
    assert first.ranges[0].events == (("introduced", "1.0"), ("fixed", "2.0"))
    assert (first.vulnerabilities, first.severity) == ((("CVE-2024-0001", "PYSEC-1"),), "CVSS:3.1/AV:N")
    assert [one.type for one in second.ranges] == ["GIT"]


def test_the_claims_are_readable_by_people():
    for claim in json.loads(CLAIMS.read_text()).values():
        assert claim["left_out"].strip()
        assert claim.get("excluded", []) == sorted(claim.get("excluded", []))
