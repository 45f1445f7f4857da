"""Whatever stands in the files of npm, its locks and bundles: it is read or said, in time and without a traceback."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError
from barehull.inventory.cataloguers.npm import component_of, read_package
from barehull.inventory.model import Inventory
from barehull.inventory.reading.bundles import Library, read_banners, read_map, read_script
from barehull.inventory.reading.npm_locks import LOCKS, read_lock
from barehull.oci.facts import Content
from barehull.oci.model import Entry

from .conftest import ELF, file

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
MINIFIED = b"!function(e){return e=>e(1)}();" * 2000


def content(data: bytes) -> Content:
    return Content(len(data), lambda n: data[:n], lambda _: data, lambda: iter([data]), lambda at, n: data[at : at + n])


@given(JSON, JSON)
def test_any_package_json_gives_a_purl_or_nothing(name: object, version: object) -> None:
    said = read_package(content(json.dumps({"name": name, "version": version}).encode()))
    assert not said.broken
    if said.name:
        assert component_of(said.name, said.version).purl.isprintable()


@given(st.sampled_from(LOCKS), st.one_of(st.binary(max_size=300), JSON.map(lambda it: json.dumps(it).encode())))
def test_any_lock_file_is_read_or_said_to_be_none(name: str, data: bytes) -> None:
    try:
        found = read_lock(name, content(data))
    except InputError:
        return
    assert all(component_of(locked.name, locked.version).purl.isprintable() for locked in found)


@given(st.dictionaries(st.sampled_from(["packages", "dependencies", "lockfileVersion"]), JSON, max_size=3))
def test_a_lock_file_of_other_types_is_read_or_said_to_be_none(lock: dict[str, object]) -> None:
    try:
        read_lock("package-lock.json", content(json.dumps(lock).encode()))
    except InputError:
        return


DEEP = b'{"dependencies": {"a": {"version": "1.0.0", ' * 5_000
LONG: list[tuple[str, bytes]] = [
    ("package-lock.json", DEEP),
    ("yarn.lock", b'"' + b"a@" * 100_000),
    ("yarn.lock", b"a:\n" + b"  x\n" * 100_000),
    ("yarn.lock", b"  " * 200_000),
    ("pnpm-lock.yaml", b"packages:\n  /a/1" + b":" * 200_000),
    ("pnpm-lock.yaml", b"packages:\n" + b"  /a@1:\n    x\n" * 30_000),
    ("pnpm-lock.yaml", b"packages:\n" + b" " * 200_000),
]


@pytest.mark.parametrize(("name", "data"), LONG, ids=range(len(LONG)))
def test_no_lock_file_takes_hours(name: str, data: bytes) -> None:
    """Patterns that are tried from every place on would not end."""
    try:
        assert len(read_lock(name, content(data))) <= 1
    except InputError:
        return


SCRIPTS = [
    b"/*!" * 300_000,
    b"/*!" * 300_000 + b"*/",
    b"/*! " + b"a " * 200_000,
    b"/*!" + b" a-b" * 900 + b"*/" + b"/*! " * 10_000,
    b"//! a\n" * 50_000,
    b"'" + b"a/" * 200_000,
    b"'node_modules/" * 30_000,
    b"//# sourceMappingURL=data:application/json;base64," + b"A" * 400_000 + b"!",
    b"\n" * 400_000,
]


@pytest.mark.parametrize("data", SCRIPTS, ids=range(len(SCRIPTS)))
def test_no_script_takes_hours(data: bytes) -> None:
    assert len(read_script(content(data)).libraries) <= 1


@given(st.binary(max_size=400))
def test_any_script_is_read(data: bytes) -> None:
    found = (*read_script(content(data)).libraries, *read_banners(content(b"/*! " + data + b" v1.2.3 */")))
    assert all(component_of(it.name, it.version).purl.isprintable() for it in found)


@given(st.one_of(st.binary(max_size=100), JSON.map(lambda it: json.dumps({"sources": it}).encode())))
def test_any_source_map_is_read_or_said_to_be_none(data: bytes) -> None:
    try:
        found = read_map(content(data))
    except InputError:
        return
    assert all(component_of(it.name, it.version).purl.isprintable() for it in found or ())


BANNERS = [
    ("/*! jQuery v3.5.1 | (c) JS Foundation */", "jquery", "3.5.1"),
    ("/*!\n * jQuery JavaScript Library v3.5.1\n * https://jquery.com/\n */", "jquery", "3.5.1"),
    ("/*! jQuery UI - v1.12.1 - 2016-09-14\n* Includes: " + "widget.js, " * 90 + "*/", "jquery-ui", "1.12.1"),
    ("/*!\n  * Bootstrap v4.5.0 (https://getbootstrap.com/)\n  */", "bootstrap", "4.5.0"),
    ("/** @license React v16.13.1\n * react-dom-server.node.production.min.js\n */", "react-dom", "16.13.1"),
    ("/*!\n * Chart.js v2.9.3\n * https://www.chartjs.org\n */", "chart.js", "2.9.3"),
    ("/** @license Angular v12.0.0 */", "@angular/core", "12.0.0"),
    ("/*\n AngularJS v1.8.0\n*/", "", ""),
    ("//! moment.js\n//! version : 2.29.1\n", "moment", "2.29.1"),
    ("/*! @sentry/browser 5.15.4 (1ff9f7d) | https://github.com */", "@sentry/browser", "5.15.4"),
    ("/**! hammer.js - v2.0.7 - 2016-04-22 */", "", ""),
    ("/*! For license information please see main.js.LICENSE.txt */", "", ""),
    ("/** a function of lodash 4.17.20 */", "", ""),
    ("/*! Copyright 2020.1.2 the authors */", "", ""),
]


@pytest.mark.parametrize(("banner", "name", "version"), BANNERS)
def test_a_banner_names_a_library(banner: str, name: str, version: str) -> None:
    expected = (Library(name, version),) if name else ()
    assert read_script(content(banner.encode() + b"\nvar a = 1;")).libraries == expected


def test_a_source_map_of_sections_lists_all_of_them() -> None:
    one = {"sources": ["../node_modules/@scope/a/index.js"]}
    two = {"sections": [{"map": {"sources": ["webpack:///node_modules/b/c/node_modules/d/e.js"]}}]}
    data = json.dumps({"version": 3, "sections": [{"offset": {}, "map": one}, {"map": two}]}).encode()
    assert read_map(content(b")]}'\n" + data)) == (Library("@scope/a", ""), Library("d", ""))
    assert read_map(content(b'{"version": 3, "sources": []}')) is None


def test_a_map_that_lists_nothing_explains_nothing(inventory: Callable[..., Inventory]) -> None:
    for sources, gaps in ((["src/index.js"], 0), ([], 1)):
        said = json.dumps({"sources": sources}).encode()
        beside = inventory([file("a/b.js", MINIFIED), file("a/b.js.map", said)])
        inline = inventory([file("a/b.js", MINIFIED + b"\n//# sourceMappingURL=data:application/json;base64,"
                                 + base64.b64encode(said))])  # fmt: skip
        assert [len(beside.gaps), len(inline.gaps)] == [gaps, gaps]


def test_the_same_bundle_is_the_same_wherever_it_is(inventory: Callable[..., Inventory]) -> None:
    (one,) = inventory([file("old/main.0a1b.js", MINIFIED)]).gaps
    (two,) = inventory([file("new/main.2c3d.js", MINIFIED)]).gaps
    (other,) = inventory([file("new/main.2c3d.js", MINIFIED + b" ")]).gaps
    assert one.sha256 == two.sha256 != other.sha256


@pytest.mark.parametrize(
    "name", ["jquery.js", "jquery-3.5.1.min.js", "jquery.min.js", "jquery.slim.min.js", "jquery-3.5.1.js"]
)
def test_a_script_that_is_one_library_is_that(name: str, inventory: Callable[..., Inventory]) -> None:
    script = b"/*! jQuery v3.5.1 | (c) */\n" + MINIFIED
    found = inventory([file(f"static/{name}", script)])
    assert [it.purl for it in found.components] == ["pkg:npm/jquery@3.5.1"]
    assert found.gaps == ()
    assert len(inventory([file("static/jquery.bundle.min.js", script)]).gaps) == 1
    assert len(inventory([file(f"static/{name}", b"var a = 1;" + script)]).gaps) == 1


def test_files_of_packages_are_put_down_to_them_but_for_machine_code(inventory: Callable[..., Inventory]) -> None:
    root = "srv/node_modules/argon2"
    found = inventory(
        [
            file(f"{root}/package.json", b'{"name": "argon2", "version": "0.30.0"}'),
            file(f"{root}/argon2.js", b"module.exports = 1"),
            file(f"{root}/build/argon2.node", ELF),
            file(f"{root}/disguised.js", ELF),
        ]
    )
    assert [it.path for it in found.files.suspect] == [f"{root}/build/argon2.node", f"{root}/disguised.js"]
    assert all(it.elf for it in found.files.suspect)


def test_what_debian_packaged_is_counted_as_debians(inventory: Callable[..., Inventory]) -> None:
    from .conftest import CONTROL, OS_RELEASE, md5

    said, path = b'{"name": "lodash", "version": "4.17.20"}', "usr/share/nodejs/lodash/package.json"
    script = "usr/share/javascript/big/big.js"
    sums = f"{md5(said)}  {path}\n{md5(MINIFIED)}  {script}\n".encode()
    owned = [
        file("etc/os-release", OS_RELEASE),
        file(path, said),
        file(script, MINIFIED),
        file("var/lib/dpkg/status.d/a", CONTROL.replace(b"libssl3t64", b"node-lodash")),
        file("var/lib/dpkg/status.d/a.md5sums", sums),
    ]
    found = inventory(owned)
    assert ([it.name for it in found.components], found.gaps) == (["node-lodash"], ())
    copied = inventory([*owned, file("srv/node_modules/lodash/package.json", said)])
    assert [it.name for it in copied.components] == ["node-lodash", "lodash"]


def test_a_link_to_a_package_is_no_second_one(inventory: Callable[..., Inventory]) -> None:
    real = "a/node_modules/.pnpm/ms@2.0.0/node_modules/ms"
    found = inventory(
        [
            file(f"{real}/package.json", b'{"name": "ms", "version": "2.0.0"}'),
            Entry("a/node_modules/ms", "symlink", 0o777, target=".pnpm/ms@2.0.0/node_modules/ms"),
        ]
    )
    assert [it.evidence for it in found.components] == [(f"{real}/package.json",)]
