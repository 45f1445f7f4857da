"""Documents that refer to an image at registries with and without the API, with a fault at every request in turn."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from barehull.core.errors import BarehullError, IncompleteError
from barehull.files import Store
from barehull.net import NotFoundError
from barehull.oci.attached import attach, attached, document
from barehull.oci.layout import write_layout
from barehull.oci.manifest import canonical
from barehull.oci.model import INDEX, MANIFEST, Image
from barehull.oci.referrers import (
    VENDOR,
    Artifact,
    Entry,
    describe_image,
    fallback_tag,
    make_referrer,
    read_referrer,
)
from barehull.oci.registry import list_referrers, pinned, push_image, push_referrers
from barehull.oci.registry_answer import Patience

from .referrers import KINDS, registry_of
from .registries import FAULTS, PASSING, Proxy
from .test_registry import assert_right, make

HURRY = Patience(attempts=3, pause=0.01, timeout=0.5)
ONE = Artifact("application/spdx+json", b'{"spdx": 1}')
TWO = Artifact("application/vnd.in-toto+json", b'{"two": 2}', (("in-toto.io/predicate-type", "https://example.org"),))
OTHERS = Artifact("application/spdx+json", b'{"by": "somebody else"}')
_names = itertools.count()


@pytest.fixture(scope="module", params=KINDS)
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry_of(request.param, tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="module")
def proxy(registry: str) -> Iterator[Proxy]:
    server = Proxy(registry)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's real credentials or cache."""
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BAREHULL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def image(store: Store) -> Image:
    return make(store, sizes=(1000,))


def new_name(address: str, image: Image) -> str:
    """A repository with the image, and with a document of another tool, which is to outlive whatever happens."""
    name = f"{address}/lab/app{next(_names)}:v1"
    push_image(image, name)
    other = Store(Path(os.environ["BAREHULL_CACHE"]))
    entry = make_referrer(OTHERS, describe_image(image), other)
    manifest = json.loads(other.path(entry["digest"]).read_bytes()) | {"annotations": {VENDOR: "somebody else"}}
    theirs = f"sha256:{other.put(canonical(manifest))}"
    push_referrers(name, image.digest, [entry | described(other, theirs)], other)
    return name


def described(store: Store, digest: str) -> Entry:
    return {
        "mediaType": MANIFEST,
        "digest": digest,
        "size": store.path(digest).stat().st_size,
        "annotations": {VENDOR: "somebody else"},
    }


def seen(name: str, image: Image) -> set[bytes]:
    """The documents that a stranger finds."""
    text = f"docker://{name}"
    fresh = Store(Path(os.environ["BAREHULL_CACHE"]) / f"fresh{next(_names)}")
    found = attached(text, store=fresh)
    assert found.image == image.digest
    contents = [document(text, it, fresh) for it in found.referrers]
    assert len(contents) == len(set(contents))  # none twice
    return set(contents)


def new_document() -> Artifact:
    """One that no repository of the registry has yet: some share their blobs."""
    return Artifact(ONE.media_type, json.dumps({"number": next(_names)}).encode())


ALL = {ONE.content, TWO.content, OTHERS.content}


def put(name: str, image: Image, store: Store, *artifacts: Artifact) -> None:
    entries = [make_referrer(it, describe_image(image), store) for it in artifacts]
    push_referrers(name, image.digest, entries, store, patience=HURRY)


def test_what_was_attached_is_found_and_not_twice(registry: str, image: Image) -> None:
    name = new_name(registry, image)
    assert seen(name, image) == {OTHERS.content}
    for _ in range(2):
        attach(image, [ONE, TWO], f"docker://{name}")
        assert seen(name, image) == ALL
    assert seen(f"{name}@{image.digest}", image) == ALL


def test_an_image_without_documents_has_none(registry: str, image: Image) -> None:
    name = f"{registry}/lab/bare{next(_names)}:v1"
    push_image(image, name)
    assert attached(f"docker://{name}").referrers == ()


def test_the_image_is_still_the_one_that_is_pulled(registry: str, image: Image, tmp_path: Path) -> None:
    name = new_name(registry, image)
    attach(image, [ONE, TWO], f"docker://{name}")
    command = ["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{name}", f"oci:{tmp_path}/out:v1"]
    subprocess.run(command, check=True, timeout=60)
    assert pinned(name) == f"{name}@{image.digest}"


@pytest.mark.parametrize("registry", ["tag only"], indirect=True)
def test_without_the_api_a_newer_document_takes_the_place_of_ours(registry: str, image: Image) -> None:
    name = new_name(registry, image)
    attach(image, [ONE, TWO], f"docker://{name}")
    newer = Artifact(ONE.media_type, b'{"spdx": 2}')
    attach(image, [newer], f"docker://{name}")
    assert seen(name, image) == {newer.content, TWO.content, OTHERS.content}


# -- faults


def assert_clear(error: BarehullError) -> None:
    assert error.exit_code in (2, 3)
    assert error.advice.endswith(".")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_an_attestation(
    fault: str, registry: str, proxy: Proxy, image: Image, store: Store
) -> None:
    for at in itertools.count():
        direct = new_name(registry, image)
        name = direct.replace(registry, proxy.address)
        one = new_document()
        proxy.reset(fault, at)
        try:
            put(name, image, store, one)
            done = True
        except BarehullError as error:
            assert_right(error, fault)
            done = False
        count = len(proxy.seen)
        proxy.reset()
        there = seen(direct, image)
        assert OTHERS.content in there
        assert there == {one.content, OTHERS.content} or not done
        if not done:
            put(direct, image, store, one)
            assert seen(direct, image) == {one.content, OTHERS.content}
        if count <= at:
            break
    assert at >= 6  # is what is there, an upload, a manifest


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_a_listing(
    fault: str, registry: str, proxy: Proxy, image: Image, store: Store, tmp_path: Path
) -> None:
    direct = new_name(registry, image)
    put(direct, image, store, ONE, TWO)
    name = direct.replace(registry, proxy.address)
    for at in itertools.count():
        proxy.reset(fault, at)
        fresh = Store(tmp_path / f"fresh{at}")
        try:
            entries = list_referrers(name, image.digest, fresh, patience=HURRY)
            read = [read_referrer(entry, image.digest, fresh) for entry in entries]
            assert sorted(it.size for it in read if it) == sorted(map(len, ALL))
        except BarehullError as error:
            assert_right(error, fault)
        if len(proxy.seen) <= at:
            break
    assert at >= 4  # the list, three manifests


@pytest.mark.parametrize("registry", ["tag only"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_the_list_never_counts_as_an_empty_one(
    fault: str, registry: str, proxy: Proxy, image: Image, store: Store
) -> None:
    """Read, change, write: whatever the registry answers from some request on, what another listed stays."""
    for at in range(6, 16, 2):
        direct = new_name(registry, image)
        proxy.reset(fault, at, forever=True)
        try:
            put(direct.replace(registry, proxy.address), image, store, ONE)
        except BarehullError as error:
            assert_clear(error)
        proxy.reset()
        assert OTHERS.content in seen(direct, image)


def test_an_attestation_that_is_killed_at_any_request_is_completed_by_the_next(
    registry: str, proxy: Proxy, image: Image, store: Store, tmp_path: Path
) -> None:
    write_layout(image, tmp_path / "layout", "v1")
    code = (
        "import sys; from barehull.oci.attached import attach; from barehull.oci.reference import open_image; "
        "from barehull.oci.referrers import Artifact; "
        "attach(open_image(sys.argv[1]), [Artifact('application/spdx+json', sys.argv[3].encode())], sys.argv[2])"
    )
    ends = set()
    for at in itertools.count():
        direct = new_name(registry, image)
        one = new_document()
        proxy.reset()
        name = direct.replace(registry, proxy.address)
        command = [sys.executable, "-c", code, f"oci:{tmp_path}/layout:v1", f"docker://{name}", one.content.decode()]
        process = subprocess.Popen(command)

        def kill(number: int, at: int = at, process: subprocess.Popen[bytes] = process) -> None:
            if number == at:
                os.kill(process.pid, signal.SIGKILL)

        proxy.watch = kill
        ends.add(process.wait(60))
        proxy.reset()
        assert OTHERS.content in seen(direct, image)
        put(direct, image, store, one)
        assert seen(direct, image) == {one.content, OTHERS.content}
        if 0 in ends:
            break
    assert ends == {0, -signal.SIGKILL}
    assert at >= 6


@pytest.mark.parametrize("registry", ["tag only"], indirect=True)
def test_what_another_writes_after_us_is_merged_with_ours(
    registry: str, proxy: Proxy, image: Image, store: Store
) -> None:
    """Another that had read the list before us writes it after us: we look, and put our entries in again."""
    direct = new_name(registry, image)
    repository = direct.partition("/")[2].partition(":")[0]
    url = f"http://{registry}/v2/{repository}/manifests/{fallback_tag(image.digest)}"
    before = httpx.get(url, headers={"Accept": INDEX}, trust_env=False).content
    writes: list[int] = []

    def overwrite(number: int) -> None:
        method, path, _ = proxy.seen[number]
        if method == "PUT" and fallback_tag(image.digest) in path:
            writes.append(number)
        elif len(writes) == 1 and method == "GET":
            writes.append(number)
            httpx.put(url, content=before, headers={"Content-Type": INDEX}, trust_env=False).raise_for_status()

    proxy.reset()
    proxy.watch = overwrite
    put(direct.replace(registry, proxy.address), image, store, ONE, TWO)
    proxy.reset()
    assert len(writes) == 3
    assert seen(direct, image) == ALL


@pytest.mark.parametrize("registry", ["tag only"], indirect=True)
def test_others_that_never_stop_writing_are_an_error(registry: str, proxy: Proxy, image: Image, store: Store) -> None:
    direct = new_name(registry, image)
    repository = direct.partition("/")[2].partition(":")[0]
    url = f"http://{registry}/v2/{repository}/manifests/{fallback_tag(image.digest)}"
    before = httpx.get(url, headers={"Accept": INDEX}, trust_env=False).content

    def overwrite(number: int) -> None:
        if proxy.seen[number][0] == "GET":
            httpx.put(url, content=before, headers={"Content-Type": INDEX}, trust_env=False).raise_for_status()

    proxy.reset()
    proxy.watch = overwrite
    with pytest.raises(IncompleteError, match="by others"):
        put(direct.replace(registry, proxy.address), image, store, ONE)


# -- what is there now


@pytest.mark.parametrize("fault", FAULTS)
def test_only_a_registry_that_says_so_has_nothing_under_a_tag(
    fault: str, registry: str, proxy: Proxy, image: Image
) -> None:
    assert pinned(f"{registry}/lab/nobody:v1") == ""
    direct = new_name(registry, image)
    assert pinned(direct.replace(":v1", ":v2")) == ""
    name = direct.replace(registry, proxy.address)
    proxy.reset(fault, 0)
    try:
        assert pinned(name, patience=HURRY) == f"{name}@{image.digest}"
    except BarehullError as error:
        assert_right(error, fault)
    proxy.reset(fault, 0, forever=True)
    with pytest.raises(BarehullError) as caught:
        pinned(name, patience=HURRY)
    assert caught.value.exit_code == (2 if fault.startswith("wrong") else 3)
    assert (fault in PASSING) != isinstance(caught.value, NotFoundError) or fault != "404"
