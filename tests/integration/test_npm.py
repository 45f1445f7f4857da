"""Projects as npm installs them and bundlers pack them, beside Syft: it finds nothing that we miss."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from barehull.inventory.model import Inventory
from barehull.inventory.take import take_inventory
from barehull.oci.model import Config, Entry, Image
from barehull.oci.rootfs import Rootfs

SYFT = Path(sys.executable).parent / "syft"
DEPENDENCIES = {"@babel/runtime": "7.20.0", "express": "4.17.1", "lodash": "4.17.20", "resolve": "1.22.0"}
BUNDLERS = {"esbuild": "0.19.0", "rollup": "3.20.0", "webpack": "5.76.0", "webpack-cli": "5.0.0"}
LIBRARIES = {"react": "16.13.1", "react-dom": "16.13.1", "lodash": "4.17.20"}
SOURCE = "import React from 'react'; import ReactDOM from 'react-dom'; import _ from 'lodash';\n" + (
    "ReactDOM.render(React.createElement('p', null, _.join(['a'])), document.body);\n"
)
pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm")


def install(folder: Path, **kinds: dict[str, str]) -> None:
    """A project's dependencies, locked and then installed from the lock."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"name": "a-test", "private": True, **kinds}))
    flags = ["--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(["npm", "install", "--package-lock-only", *flags], cwd=folder, check=True, timeout=300)
    subprocess.run(["npm", "ci", *flags], cwd=folder, check=True, timeout=300)


def taken(folder: Path, *left_out: str) -> Inventory:
    entries = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            entries.append(Entry(name, "symlink", 0o777, target=os.readlink(path)))
        elif path.is_file() and not name.startswith(left_out):
            entries.append(Entry(name, "file", 0o644, content=path.read_bytes()))
    with Rootfs.of_entries(entries) as rootfs:
        return take_inventory(Image("sha256:" + "a" * 64, Config(), (), None), rootfs)


def by_syft(folder: Path) -> set[str]:
    said = subprocess.run(
        [SYFT, "scan", "-q", f"dir:{folder}", "-o", "json"],
        capture_output=True,
        check=True,
        env=os.environ | {"SYFT_CHECK_FOR_APP_UPDATE": "false"},
        timeout=300,
    ).stdout
    return {it["purl"] for it in json.loads(said)["artifacts"] if it["type"] == "npm"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    install(folder, dependencies=DEPENDENCIES, devDependencies={"left-pad": "1.3.0"})
    return folder


def test_what_is_installed_is_found_and_syft_finds_no_more(project: Path) -> None:
    found = taken(project)
    listed = subprocess.run(
        ["npm", "query", "*"], cwd=project, capture_output=True, text=True, check=True, timeout=300
    ).stdout
    installed = {(it["name"], it["version"]) for it in json.loads(listed) if it.get("location")}
    assert {(it.name, it.version) for it in found.components if not it.vendored_in} == installed
    # What is in the lock file only: the project itself, and what was not installed on this platform.
    theirs = by_syft(project)
    assert theirs - {it.purl for it in found.components} == {"pkg:npm/a-test"}
    # What a package has in it for its tests; and what the lock says is for development, though it is installed.
    more = {it.purl: it.vendored_in for it in found.components if it.purl not in theirs}
    assert more.pop("pkg:npm/left-pad@1.3.0") == ""
    assert set(more.values()) <= {"pkg:npm/resolve@1.22.0"}
    assert found.gaps == ()
    # All files but those beside packages, such as npm's .package-lock.json, are put down to a package.
    beside = [path for it in found.files.suspect if "node_modules/" in (path := it.path)]
    assert {Path(path).parent.name for path in beside} == {"node_modules"}


def test_the_lock_alone_lists_what_is_not_for_development(project: Path) -> None:
    alone = {(it.name, it.version) for it in taken(project, "node_modules").components}
    installed = {(it.name, it.version) for it in taken(project).components if not it.vendored_in}
    assert installed - alone == {("left-pad", "1.3.0")}
    assert alone - installed == set()


def test_npms_own_packages_are_packages(tmp_path: Path) -> None:
    install(tmp_path, dependencies={"npm": "10.2.0"})
    found = {it.purl for it in taken(tmp_path).components}
    assert {"pkg:npm/npm@10.2.0", "pkg:npm/semver@7.5.4"} <= found
    assert by_syft(tmp_path) - found == {"pkg:npm/a-test"}


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `dist` for each bundler's output, of the same source; what it was made from is in `work`."""
    folder = tmp_path_factory.mktemp("bundled")
    work = folder / "work"
    install(work, dependencies=LIBRARIES, devDependencies=BUNDLERS)
    (work / "app.js").write_text(SOURCE)
    subprocess.run(["node", "node_modules/esbuild/install.js"], cwd=work, check=True, timeout=300)
    for name, command in {
        "plain": ["esbuild", "app.js", "--bundle", "--outfile=../plain/app.js"],
        "minified": ["esbuild", "app.js", "--bundle", "--minify", "--legal-comments=none",
                     "--outfile=../minified/app.js",
                     "--define:process.env.NODE_ENV=\"production\""],
        "mapped": ["esbuild", "app.js", "--bundle", "--minify", "--sourcemap", "--outfile=../mapped/app.js"],
        "inline": ["esbuild", "app.js", "--bundle", "--minify", "--sourcemap=inline", "--outfile=../inline/app.js"],
        "webpack": ["webpack", "./app.js", "--mode", "production", "-o", "../webpack"],
        "development": ["webpack", "./app.js", "--mode", "development", "--devtool", "false", "-o", "../development"],
    }.items():  # fmt: skip
        program, *arguments = command
        subprocess.run([f"node_modules/.bin/{program}", *arguments], cwd=work, check=True, timeout=300)
        assert any((folder / name).glob("*.js"))
    return folder


@pytest.mark.parametrize("how", ["plain", "mapped", "inline", "development"])
def test_a_bundle_that_names_its_modules_tells_all_libraries(how: str, bundled: Path) -> None:
    found = taken(bundled / how)
    assert {"react", "react-dom", "lodash", "object-assign", "scheduler"} <= {it.name for it in found.components}
    assert found.gaps == ()
    assert by_syft(bundled / how) == set()


def test_a_minified_bundle_is_undecided_and_a_lock_explains_it(bundled: Path, tmp_path: Path) -> None:
    found = taken(bundled / "minified")
    assert ([gap.keyword for gap in found.gaps], found.components) == (["javascript-bundle"], ())
    shutil.copytree(bundled / "minified", tmp_path / "dist")
    shutil.copy(bundled / "work" / "package-lock.json", tmp_path)
    explained = taken(tmp_path)
    assert explained.gaps == ()
    assert {f"pkg:npm/{name}@{version}" for name, version in LIBRARIES.items()} <= {
        it.purl for it in explained.components
    }
    assert not {it.name for it in explained.components} & BUNDLERS.keys()


def test_webpacks_banners_name_libraries_with_versions(bundled: Path) -> None:
    found = taken(bundled / "webpack")
    assert {"pkg:npm/react@16.13.1", "pkg:npm/react-dom@16.13.1"} <= {it.purl for it in found.components}
    assert [gap.keyword for gap in found.gaps] == ["javascript-bundle"]
