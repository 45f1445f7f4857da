"""For each reason that leaves a scan undecided there is an image, good but for that, in which it alone is said."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import barehull
from barehull.advisories.build import build_store
from barehull.advisories.coverage import Claim
from barehull.advisories.store import AdvisoryStore
from barehull.compare.model import Acceptance, Policy
from barehull.compare.policy import judge_alone
from barehull.inventory.cataloguers import python
from barehull.inventory.model import Inventory
from barehull.oci.model import Entry
from barehull.scan import undecided
from barehull.scan.scan import scan

from .conftest import CONTROL, ELF, LIB, OS_RELEASE, file, jar, md5, openssl, wheel
from .programs import elf, inline

TODAY = date(2026, 11, 24)
SITE = "usr/local/lib/python3.13/dist-packages"
STATUS = "var/lib/dpkg/status.d"
SSL = "pkg:deb/debian/libssl3t64@3.5.1-1%2Bb1?arch=amd64"
LATER = [{"type": "SEMVER", "events": [{"introduced": "20.0.0"}, {"fixed": "20.20.2"}]}]
APK = "lib/apk/db/installed"
GIT = [{"type": "GIT", "repo": "https://example.org", "events": [{"introduced": "0"}]}]


def record(number: int, ecosystem: str, name: str, **more: Any) -> bytes:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0"}]}]
    entry = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges, **more}
    return json.dumps({"id": f"X-{number}", "modified": "2026-01-02T00:00:00Z", "affected": [entry]}).encode()


FEEDS = {
    "Debian": [record(1, "Debian:13", "of-no-image"), record(2, "Debian:12", "of-no-image")],
    "PyPI": [
        record(3, "PyPI", "odd"),
        record(4, "PyPI", "by-commit", ranges=GIT),
        record(5, "PyPI", "mute", ranges=[]),
        record(7, "PyPI", "broken", ranges="all"),
    ],
    "Node.js": [record(6, "Node.js", "node", ranges=LATER)],
    "Wolfi": [record(8, "Wolfi", "of-no-image")],
}
CLAIMS = {
    "Debian:13": Claim(kind="full", excluded=("linux",)),
    "Debian:12": Claim(kind="fixed-only"),
    "PyPI": Claim(kind="full"),
    "Node.js": Claim(kind="full"),
    "Wolfi": Claim(kind="partial"),
}
GOOD = [*openssl(), *wheel()]


def having(*entries: Entry) -> Callable[[], list[Entry]]:
    paths = {entry.path for entry in entries}
    return lambda: [*(entry for entry in GOOD if entry.path not in paths), *entries]


def distribution(name: str, version: str = "1.0", record: bytes | None = None) -> Callable[[], list[Entry]]:
    entries = wheel(name, version)
    if record is not None:
        entries = [replace(entry, content=record) if entry.path.endswith("RECORD") else entry for entry in entries]
    return having(*entries)


def on_debian(release: int) -> list[Entry]:
    return having(file("etc/os-release", OS_RELEASE.replace(b"13", str(release).encode())))()


def with_sbom(content: bytes) -> list[Entry]:
    return [*GOOD, *wheel("bundle", "1.0", {"bundle-1.0.dist-info/sboms/a.json": content})]


def sums_with_another_line() -> list[Entry]:
    path = f"{STATUS}/libssl3t64.md5sums"
    return [
        replace(entry, content=entry.content + b"what is this\n") if entry.path == path else entry for entry in GOOD
    ]


def libssl_with(content: bytes) -> list[Entry]:
    return having(file(LIB, content), file(f"{STATUS}/libssl3t64.md5sums", f"{md5(content)}  {LIB}\n".encode()))()


MODULES = "app/node_modules"
BIG, INFO = f"{SITE}/big-1.dist-info/METADATA", f"{SITE}/odd-1.0.dist-info/RECORD"
# What is said, of what, in which image.
RECIPES: list[tuple[str, list[str], Callable[[], list[Entry]]]] = [
    ("gap: a paragraph names no package", [f"{STATUS}/x"], having(file(f"{STATUS}/x", b"nonsense"))),
    ("gap: the record of its package is gone", [f"{STATUS}/x.md5sums"], having(file(f"{STATUS}/x.md5sums"))),
    ("gap: a line is no MD5 sum", [f"{STATUS}/libssl3t64.md5sums"], sums_with_another_line),
    ("gap: the image has no file", [f"{STATUS}/x"], having(Entry(f"{STATUS}/x", "directory", 0o755))),
    ("more than the 500 that barehull reads", [BIG], having(file(BIG, b"Name: big\nVersion: 1\n\n" + bytes(500)))),
    ("gap: it names no distribution", [f"{SITE}/x-1.dist-info/METADATA"],
     having(file(f"{SITE}/x-1.dist-info/METADATA", b"Name: x\n"))),
    ("gap: it is not a RECORD", [INFO], distribution("odd", record=b'"' + b"x" * 200_000)),
    ("gap: a line has no hash", [INFO], distribution("odd", record=b"odd.py,sha256=a,1\n")),
    ("gap: the SBOM of a wheel cannot be read", [f"{SITE}/bundle-1.0.dist-info/sboms/a.json"],
     lambda: with_sbom(b"{")),
    ("gap: barehull does not read the packages of", ["var/lib/rpm/rpmdb.sqlite"],
     having(file("var/lib/rpm/rpmdb.sqlite", b"SQLite"))),
    ("vendored: bundled in pkg:pypi/bundle@1.0", ["pkg:generic/zlib@1.3"],
     lambda: with_sbom(b'{"components": [{"name": "zlib", "version": "1.3"}]}')),
    ("vendored: bundled in pkg:pypi/pq@2.9", ["pkg:generic/libpq@5.17"],
     lambda: [*GOOD, *wheel("pq", "2.9", {"pq.libs/libpq-1a2b3c4d5e.so.5.17": ELF})]),
    ("modified-file: its content is not the one of pkg:deb", [LIB], having(file(LIB, ELF + b"x"))),
    ("unowned-module: Python code that no distribution owns", [f"{SITE}/lost"],
     lambda: [*GOOD, file(f"{SITE}/lost/a.py", b"a = 1")]),
    ("unowned-elf: machine code that no package owns", ["opt/tool"], having(file("opt/tool", ELF))),
    ("go-without-buildinfo: a Go program", ["opt/tool"], having(file("opt/tool", elf(b'Go build ID: "x"')))),
    ("rust-without-auditable: a Rust program", ["opt/tool"], having(file("opt/tool", elf(b"/rustc/0123")))),
    ("packed-elf: machine code packed by UPX", ["opt/tool"], having(file("opt/tool", elf(b"UPX!")))),
    ("gap: its Go build information cannot be read", [LIB], lambda: libssl_with(elf(inline()[:20]))),
    ("gap: its list of Rust crates cannot be read", [LIB], lambda: libssl_with(elf(b"x", {".dep-v0": b"x"}))),
    ("gap: it is no package.json", [f"{MODULES}/half/package.json"],
     having(file(f"{MODULES}/half/package.json", b"{"))),
    ("gap: it names no package", [f"{MODULES}/a b/package.json"], having(file(f"{MODULES}/a b/package.json", b"{}"))),
    ("javascript-bundle: app.js is minified", ["srv/js"],
     having(file("srv/js/app.js", b"!function(e){return e=>e(1)}();" * 2000))),
    ("java-without-coordinates: it has classes", ["lib/mystery-1.0.jar"],
     having(file("lib/mystery-1.0.jar", jar({"org/example/Mystery.class": b"class"})))),
    ("gap: broken zip archive", ["lib/a-1.0.jar"], having(file("lib/a-1.0.jar", b"PK"))),
    ("no-coverage: the database has no advisories for Debian:11", [f"{SSL}&distro=debian-11"], lambda: on_debian(11)),
    ("no-coverage: the data of Debian:13 leaves out the package linux", [
        "pkg:deb/debian/libssl3t64@3.5.1-1%2Bb1?arch=amd64&distro=debian-13"],
     having(file(f"{STATUS}/libssl3t64", CONTROL.replace(b"openssl", b"linux")))),
    ("fixed-only: the data of Debian:12 tells only of", ["Debian:12"], lambda: on_debian(12)),
    ("version-unparsable", ["pkg:pypi/odd@2004d"], distribution("odd", "2004d")),
    ("only-git-ranges: X-4 names commits", ["pkg:pypi/by-commit@1.0"], distribution("by-commit")),
    ("no-versions: X-5 says nothing", ["pkg:pypi/mute@1.0"], distribution("mute")),
    ("record-unreadable", ["pkg:pypi/broken@1.0"], distribution("broken")),
    ("end-of-life: Node.js 18 had its end", ["pkg:generic/node@18.20.8"],
     having(file("usr/local/bin/node", ELF + b"NODE_OPTIONS\0node:internal/\0v18.20.8\0\0"))),
    ("partial: the data of Wolfi tells of a part", ["Wolfi"],
     lambda: [*wheel(), file("etc/os-release", b"ID=wolfi\n"), file(APK, b"P:a\nV:1-r0\n")]),
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> AdvisoryStore:
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    build_store(path, FEEDS, claims=CLAIMS, origin="a test", date="2026-01-02T00:00:00Z")
    return AdvisoryStore.open(path)


@pytest.mark.parametrize(("words", "subjects", "entries"), RECIPES, ids=[words for words, _, _ in RECIPES])
def test_it_alone_leaves_the_image_undecided_until_it_is_accepted_by_name(
    words: str,
    subjects: list[str],
    entries: Callable[[], list[Entry]],
    inventory: Callable[..., Inventory],
    store: AdvisoryStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(python, "_LIMIT", 500 if "500" in words else 1 << 20)
    assert judge_alone(scan(inventory(GOOD), store), Policy(), TODAY).state == "passed"
    scanned = scan(inventory(entries()), store)
    assert [one.subject for one in scanned.undecided] == subjects
    assert words in scanned.undecided[0].reason
    assert scanned.matches == ()
    assert judge_alone(scanned, Policy(), TODAY).state == "undecided"
    other = Policy(acceptances=(Acceptance("another", "a test", TODAY),))
    assert judge_alone(scanned, other, TODAY).state == "undecided"
    accepted = Policy(acceptances=(Acceptance(subjects[0], "a test", TODAY),))
    assert judge_alone(scanned, accepted, TODAY).state == "passed"


def test_a_distribution_that_is_not_known(inventory: Callable[..., Inventory], store: AdvisoryStore) -> None:
    """Nothing is known of its packages either: the gap says why there is no coverage."""
    scanned = scan(inventory([entry for entry in GOOD if entry.path != "etc/os-release"]), store)
    reasons = [one.reason for one in scanned.undecided]
    assert len(reasons) == 2
    assert "gap: dpkg has packages, but the distribution is not known" in reasons[0]
    assert "no-coverage: it belongs to no ecosystem" in reasons[1]
    assert judge_alone(scanned, Policy(), TODAY).state == "undecided"


def test_no_reason_in_the_code_lacks_its_image() -> None:
    said = [words for words, _, _ in RECIPES]
    said += [f"gap: {manager} has packages, but the distribution is not known" for manager in ("dpkg", "apk")]
    # Of defects, not of images: tests/inventory/test_failures.py.
    said += ["gap: it failed, and what it would have found is not known", "its machine code could not be looked into"]
    keywords = re.findall(r"[a-z-]+(?=[,:])", " ".join(re.findall(r"^- ([^:]+:)", undecided.__doc__ or "", re.M)))
    assert len(keywords) > 9
    keywords.remove("gap")
    assert [word for word in keywords if not any(words.startswith(word) for words in said)] == []
    gaps = gap_texts()
    assert len(gaps) > 5
    assert [
        text for text in gaps if not any(text in words or words.removeprefix("gap: ") in text for words in said)
    ] == []


def gap_texts() -> list[str]:
    """The longest fixed piece of each reason that the cataloguers give to a Gap; errors passed on have none."""
    found = []
    inventory = Path(barehull.__file__).parent / "inventory"
    for path in sorted(path for path in inventory.rglob("*.py") if path.parent.name != "sbom"):  # which is no image
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Gap":
                texts = [each.value for each in ast.walk(node.args[1]) if isinstance(each, ast.Constant)]
                found += [max((text for text in texts if isinstance(text, str)), key=len)] if texts else []
    return found
