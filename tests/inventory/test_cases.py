"""Each folder of tests/cases/inventory is an image: `in` has its files, `out.txt` what the cataloguers find in it.

A folder in it whose name ends as that of a Java archive is one, `.packed` in front of the ending has it compressed, and
`_modules` is node_modules, which tools leave out of everything.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from barehull.inventory.model import Inventory
from barehull.inventory.reading.jar import ARCHIVES
from barehull.oci.model import Entry

from .conftest import jar

CASES = Path(__file__).parents[1] / "cases" / "inventory"


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files below a folder, archives made of their folders."""
    for path in sorted(folder.iterdir()):
        name = path.name.replace("_modules", "node_modules")
        if path.is_dir() and name.endswith(ARCHIVES):
            packed = ".packed." in name
            yield (
                name.replace(".packed", ""),
                jar(dict(contents(path)), zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED),
            )
        elif path.is_dir():
            yield from ((f"{name}/{below}", content) for below, content in contents(path))
        else:
            yield name, path.read_bytes()


def shown(inventory: Inventory) -> str:
    lines = []
    for component in inventory.components:
        within = f" in {component.vendored_in}" if component.vendored_in else ""
        ecosystem = component.ecosystem or "-"
        lines.append(f"{ecosystem} {component.source} {component.source_version or '?'} {component.purl}{within}")
        lines += [f"    {path}" for path in component.evidence]
    lines += [f"{gap.keyword} of {gap.subject}: {gap.reason}" for gap in inventory.gaps]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_an_image_has_these_components(case: Path, inventory: Callable[..., Inventory]) -> None:
    found = inventory([Entry(path, "file", content=content) for path, content in contents(case / "in")])
    assert shown(found) == (case / "out.txt").read_text()
