"""`barehull catalog update`, from folders, archives and over HTTP."""

from __future__ import annotations

import gzip
import os
import tarfile
import threading
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from barehull.catalog.catalog import load_catalog, parse_name, updated_table
from barehull.catalog.lists import read_lists
from barehull.catalog.published import Published, Removal, Variant, read_published, to_toml
from barehull.catalog.tables import parse
from barehull.catalog.update import refresh
from barehull.core.errors import BarehullError, IncompleteError, InputError
from barehull.net import Fetcher

TODAY = date(2026, 11, 24)
BEFORE = Published(
    date(2026, 1, 1),
    "https://example.com",
    "12",
    (Variant("nodejs22", "13", "22", ("amd64",), None, ""), Variant("static", "13", "", ("amd64",), None, "")),
    (Removal("", "11", date(2024, 9, 3)),),
)


def refreshed(place: Path | str, path: Path, before: Published = BEFORE) -> Published:
    with Fetcher(attempts=1, timeout=5) as fetcher:
        return refresh(str(place), before, path, fetcher, TODAY)


def archive(folder: Path, path: Path, top: str = "distroless-main/", mtime: int = 1_700_000_000) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as tar:
        for file in sorted(folder.rglob("*")):
            entry = tar.gettarinfo(file, top + file.relative_to(folder).as_posix())
            entry.mtime = mtime
            with file.open("rb") if file.is_file() else open(os.devnull, "rb") as content:
                tar.addfile(entry, content)
    return path


@pytest.fixture
def served(write_lists) -> Iterator[str]:
    """The address of a server for a checkout."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(write_lists().parent)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_lists_say_images_architectures_and_ends(files: Mapping[str, str]) -> None:
    lists = read_lists(files.__getitem__, "x")
    assert lists.default == "13"
    found = {f"{it.image}-{it.debian}": it for it in lists.variants}
    names = "static-12 static-13 base-13 base-nossl-13 cc-13 java-base-13 java25-13 nodejs26-13 nodejs28-13 python3-13"
    assert sorted(found) == sorted(names.split())
    assert found["static-12"].ends == date(2026, 9, 30)
    assert (found["static-13"].ends, found["static-13"].until) == (None, "debian 14 release day + 1yr")
    assert found["static-13"].architectures == ("amd64", "riscv64")
    assert found["java25-13"].ends == date(2028, 12, 31)
    assert (found["nodejs28-13"].version, found["nodejs28-13"].architectures) == ("28", ("arm64",))
    assert found["python3-13"].version == "3.13"
    assert (found["cc-13"].ends, found["cc-13"].until) == (None, "")


def test_a_folder_an_archive_and_a_server_say_the_same(write_lists, served, tmp_path) -> None:
    folder = write_lists()
    path = tmp_path / "table.toml"
    places = [
        folder,
        archive(folder, tmp_path / "a.tar.gz"),
        archive(folder, tmp_path / "b.tar", top=""),
        f"{served}/distroless",
        f"{served}/distroless/",
        f"{served}/a.tar.gz",
        folder.as_uri(),
    ]
    tables = [refreshed(place, path) for place in places]
    assert len({(it.default, it.variants) for it in tables}) == 1
    assert read_published(parse(path.read_text())) == tables[-1]


def test_the_table_is_as_old_as_its_lists(write_lists, tmp_path) -> None:
    folder = write_lists()
    dated = archive(folder, tmp_path / "a.tar.gz", mtime=1_780_000_000)
    undated = archive(folder, tmp_path / "b.tar.gz", mtime=0)
    for path in folder.rglob("*"):
        os.utime(path, (1_780_000_000, 1_780_000_000))
    assert refreshed(dated, tmp_path / "x").as_of == date(2026, 5, 28)
    assert refreshed(folder, tmp_path / "x").as_of == date(2026, 5, 28)
    assert refreshed(undated, tmp_path / "x").as_of == TODAY


def test_what_the_lists_no_longer_have_was_removed(write_lists, served, tmp_path) -> None:
    published = refreshed(f"{served}/distroless", tmp_path / "x")
    assert published.removals == (*BEFORE.removals, Removal("nodejs22", "13", TODAY))
    assert published.removed(("nodejs22",), "13") == TODAY


def test_older_lists_remove_nothing(write_lists, tmp_path) -> None:
    older = archive(write_lists(), tmp_path / "a.tar.gz", mtime=1_600_000_000)
    assert refreshed(older, tmp_path / "x").removals == BEFORE.removals


def test_the_catalog_in_use_is_the_updated_one(write_lists, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BAREHULL_CACHE", str(tmp_path / "cache"))
    shipped = load_catalog()
    name = parse_name("gcr.io/distroless/nodejs28-debian13")
    gone = parse_name("gcr.io/distroless/nodejs22-debian13")
    states = [it.state for it in (shipped.distroless(name, TODAY), shipped.distroless(gone, TODAY)) if it]
    assert states == ["unknown", "supported"]
    refreshed(write_lists(), updated_table(), shipped.published)
    updated = load_catalog()
    states = [it.state for it in (updated.distroless(name, TODAY), updated.distroless(gone, TODAY)) if it]
    assert states == ["supported", "removed"]
    assert updated.recommended("node", "22") == "gcr.io/distroless/nodejs26-debian13"


def test_the_table_survives_being_written(tmp_path) -> None:
    strange = Published(TODAY, 'a"b\\c\x7f\n', "13", BEFORE.variants, BEFORE.removals)
    assert read_published(parse(to_toml(strange))) == strange


BROKEN = {
    "no BUILD": ({"BUILD": None}, "has no BUILD"),
    "no default": ({"BUILD": "x = 1\n"}, "BUILD does not set DEFAULT_DISTRO"),
    "unknown default": ({"BUILD": '\nDEFAULT_DISTRO = "debian99"\n'}, "BUILD, line 2: DEFAULT_DISTRO is not one of"),
    "versions": ({"distro.bzl": 'VERSIONS = ["debian12"]\n'}, "distro.bzl, line 1: VERSIONS is not a list of (name"),
    "unhashable": ({"distro.bzl": "VERSIONS = [(['x'], '', '1')]\n"}, "distro.bzl, line 1: VERSIONS is not a list"),
    "a release without architectures": (
        {"cc/config.bzl": 'CC_DISTROS = ["debian12"]\nCC_ARCHITECTURES = {}\n'},
        "cc/config.bzl, line 2: CC_ARCHITECTURES is not complete: it has no debian12",
    ),
    "a release of which nothing is known": (
        {"cc/config.bzl": 'CC_DISTROS = ["debian99"]\nCC_ARCHITECTURES = {"debian99": ["x"]}\n'},
        "cc/config.bzl, line 2: CC_ARCHITECTURES is not about releases of distro.bzl only: debian99",
    ),
    "computed": (
        {"base/config.bzl": "BASE_DISTROS = ALL\nBASE_ARCHITECTURES = {}\n"},
        "base/config.bzl, line 1: BASE_DISTROS is not a plain value",
    ),
    "java without architectures": (
        {"java/config.bzl": 'JAVA_DISTROS = []\nJAVA_ARCHITECTURES = {}\n\nJAVA_MAJOR_VERSIONS = ["17"]\n'},
        "java/config.bzl, line 4: JAVA_MAJOR_VERSIONS is not a table",
    ),
    "node": (
        {"nodejs/config.bzl": "NODEJS_DISTROS = []\nNODEJS_ARCHITECTURES = 1\nNODEJS_MAJOR_VERSIONS = []\n"},
        "nodejs/config.bzl, line 2: NODEJS_ARCHITECTURES is not a table",
    ),
    "no table": ({"SUPPORT_POLICY.md": "words\n"}, "SUPPORT_POLICY.md has no table"),
    "another column": ({"SUPPORT_POLICY.md": "| Image | Soon |\n"}, "SUPPORT_POLICY.md, line 1: the column 'Soon'"),
    "a strange end": (
        {"SUPPORT_POLICY.md": "| Image | Debian 12 EOL |\n|---|---|\n| static | someday |\n"},
        "SUPPORT_POLICY.md, line 3: 'someday' is no end of support",
    ),
    "a column too many": (
        {"SUPPORT_POLICY.md": "| Image | Debian 12 EOL |\n|---|---|\n| static | May 2026 | x |\n"},
        "SUPPORT_POLICY.md, line 3: it has 3 columns",
    ),
    "no list": (
        {"static/config.bzl": None},
        "has no static/config.bzl",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_not_understood_is_named_and_the_table_of_before_stays(case: str, write_lists, tmp_path) -> None:
    instead, said = BROKEN[case]
    path = tmp_path / "table.toml"
    path.write_text("before")
    with pytest.raises(InputError) as caught:
        refreshed(write_lists(instead), path)
    assert said in caught.value.what
    assert path.read_text() == "before"
    assert [it.name for it in tmp_path.iterdir() if it.name.startswith(".")] == []


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", gzip.compress(b"x" * 5000), gzip.compress(bytes(10240)), gzip.compress(b"x" * 9000)[:40]],
    ids=["empty", "a page", "no tar", "an empty tar", "cut short"],
)
def test_what_is_no_archive_of_distroless_is_refused(data: bytes, tmp_path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(data)
    with pytest.raises(InputError, match=r"x\.tar\.gz"):
        refreshed(tmp_path / "x.tar.gz", tmp_path / "table.toml")
    assert not (tmp_path / "table.toml").exists()


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(bytes(300 << 20), 1))
    with pytest.raises(InputError, match="unpacks to more than"):
        refreshed(tmp_path / "x.tar.gz", tmp_path / "table.toml")


def test_what_is_not_there_or_not_text_is_refused(write_lists, served, tmp_path) -> None:
    with pytest.raises(InputError, match="no folder or archive"):
        refreshed(tmp_path / "nowhere", tmp_path / "table.toml")
    with pytest.raises(InputError, match="has no BUILD"):
        refreshed(f"{served}/elsewhere", tmp_path / "table.toml")
    with pytest.raises(BarehullError, match="not an address"):
        refreshed("ftp://example.com", tmp_path / "table.toml")
    with pytest.raises(IncompleteError, match="cannot be fetched"):
        refreshed("http://127.0.0.1:9/x", tmp_path / "table.toml")
    folder = write_lists()
    (folder / "distro.bzl").write_bytes(b"A = 1\nB = '\xff'\n")
    with pytest.raises(InputError, match=r"distro\.bzl, line 2: it is not text"):
        refreshed(folder, tmp_path / "table.toml")
