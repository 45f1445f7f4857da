"""A matcher that fails half-way never counts as having found nothing: each is broken in turn, new ones too."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from barehull.advisories.build import build_store
from barehull.cli.main import main
from barehull.files import Store
from barehull.inventory.model import Component
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.layout import write_layout
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry
from barehull.scan.scan import matchers

from .conftest import Known

EACH = [cast(ModuleType, matcher) for matcher in matchers()]
EXAMPLES = {
    "alpine": "Alpine:v3.20", "crates": "crates.io", "debian": "Debian:13", "go": "Go", "maven": "Maven",
    "nodejs": "Node.js", "npm": "npm", "psf": "PSF", "pypi": "PyPI", "ubuntu": "Ubuntu:24.04:LTS",
}  # fmt: skip


def name_of(matcher: ModuleType) -> str:
    return matcher.__name__.rpartition(".")[2]


def fails(*_: Any) -> None:
    raise KeyError("half-way")


def test_each_matcher_has_an_example() -> None:
    assert {name_of(matcher) for matcher in EACH} == set(EXAMPLES)


@pytest.mark.parametrize("broken", ["handles", "match"])
@pytest.mark.parametrize("matcher", EACH, ids=name_of)
def test_a_matcher_that_fails_ends_the_scan(
    matcher: ModuleType, broken: str, known: Known, inventory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ecosystem = EXAMPLES[name_of(matcher)]
    component = Component("pkg:generic/x@1.0", "x", "1.0", ecosystem, "x", "1.0")
    known.says("CVE-2026-1", ecosystem, "x", fixed="2.0")
    assert known.scan(inventory(component)) is not None
    monkeypatch.setattr(matcher, broken, fails)
    with pytest.raises(KeyError, match="half-way"):
        known.scan(inventory(component))


def test_such_an_end_is_said_with_the_code_of_what_was_not_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "store")
    content = b"Metadata-Version: 2.1\nName: x\nVersion: 1.0\n\n"
    entries = [Entry("opt/x-1.0.dist-info/METADATA", "file", content=content)]
    write_layout(
        make_image(Config(), [write_layer(with_parents(entries), store, created_by="a test")], store), tmp_path / "x"
    )
    database = tmp_path / "database"
    feeds = Known(tmp_path).says("CVE-2026-1", "PyPI", "x").feeds
    build_store(database, feeds, claims={}, origin="a test", date="2026-01-02T00:00:00Z")
    monkeypatch.setenv("BAREHULL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BAREHULL_DEBUG", raising=False)
    monkeypatch.setattr("sys.argv", ["barehull", "scan", f"oci:{tmp_path}/x", "--db", str(database), "-q"])
    with pytest.raises(SystemExit) as whole:
        main()
    assert whole.value.code == 0
    assert "CVE-2026-1" in capsys.readouterr().out
    monkeypatch.setattr("barehull.scan.matchers.pypi.match", fails)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 3
    assert said.out == ""
    assert "nothing was decided" in said.err
