"""Registries that lie, each a folder of answers on loopback."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barehull.core.errors import BarehullError, IncompleteError, InputError, IntegrityError
from barehull.files import Store
from barehull.oci.manifest import MAX_JSON
from barehull.oci.model import CONFIG, INDEX, LAYER_GZIP, MANIFEST
from barehull.oci.registry import pull_image, resolve_digest
from barehull.oci.registry_answer import Patience

from .conftest import helpful, lied, sha256, tar, value_or_known_error

HURRY = Patience(attempts=2, pause=0.0, timeout=2.0)
TAR = tar(("a", b"content"))
LAYER = gzip.compress(TAR, mtime=0)


class Registry(ThreadingHTTPServer):
    """Answers as `answers` has it by path below the repository `app`; 404 for all else."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.requests: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def app(self) -> str:
        return f"127.0.0.1:{self.server_port}/app"

    def blob(self, data: bytes, media_type: str, **lies: Any) -> dict[str, Any]:
        self.answers[f"blobs/{sha256(data)}"] = (200, {}, data)
        return lied({"mediaType": media_type, "digest": sha256(data), "size": len(data)}, lies)

    def config(self, **lies: Any) -> dict[str, Any]:
        value = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [sha256(TAR)]}}
        return self.blob(json.dumps(value).encode(), CONFIG, **lies)

    def manifest(self, config: object, *layers: object, tag: str = "latest") -> dict[str, Any]:
        return self.json({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}, tag)

    def json(self, value: object, tag: str = "latest") -> dict[str, Any]:
        body = json.dumps(value).encode()
        for name in (tag, sha256(body)):
            self.answers[f"manifests/{name}"] = (200, {}, body)
        return {"mediaType": MANIFEST, "digest": sha256(body), "size": len(body)}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Registry

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.removeprefix("/v2/app/")
        self.server.requests.append(path)
        status, headers, body = self.server.answers.get(path, (404, {}, b"{}"))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry()
    yield server
    server.shutdown()
    server.server_close()


def refused(registry: Registry, store: Store, name: str = "") -> BarehullError:
    with pytest.raises(BarehullError) as caught:
        pull_image(name or registry.app, "linux/amd64", store, patience=HURRY)
    assert helpful(caught.value)
    return caught.value


def test_the_honest_one(registry: Registry, store: Store) -> None:
    registry.manifest(registry.config(), registry.blob(LAYER, LAYER_GZIP))
    image = pull_image(registry.app, "linux/amd64", store, patience=HURRY)
    assert store.path(image.layers[0].digest).read_bytes() == LAYER
    assert resolve_digest(registry.app) == image.digest  # it has no header: the manifest is fetched and hashed


def test_by_digest_nothing_is_asked_where_the_store_has_it(registry: Registry, store: Store) -> None:
    registry.manifest(registry.config(), registry.blob(LAYER, LAYER_GZIP))
    image = pull_image(registry.app, "linux/amd64", store, patience=HURRY)
    registry.requests.clear()
    assert pull_image(f"{registry.app}:gone@{image.digest}", "linux/amd64", store) == image
    assert registry.requests == []


@pytest.mark.parametrize("size", [len(LAYER) - 1, len(LAYER) + 1, 0, 1 << 40])
@pytest.mark.parametrize("there", [False, True])
def test_a_manifest_that_lies_about_a_layers_size(registry: Registry, store: Store, size: int, there: bool) -> None:
    if there:
        store.put(LAYER)
    registry.manifest(registry.config(), registry.blob(LAYER, LAYER_GZIP, size=size))
    assert isinstance(refused(registry, store), IntegrityError if there or size < 1 << 40 else InputError)
    assert there == (store.get(sha256(LAYER).removeprefix("sha256:")) is not None)


@pytest.mark.parametrize("digest", ["sha256:" + "0" * 64, "sha512:" + "0" * 128, "sha256:../../x", "md5:0", "", "x"])
def test_a_manifest_that_names_another_digest(registry: Registry, store: Store, digest: str) -> None:
    layer = registry.blob(LAYER, LAYER_GZIP, digest=digest)
    registry.answers[f"blobs/{digest}"] = (200, {}, LAYER)
    registry.manifest(registry.config(), layer)
    assert refused(registry, store).exit_code == 2


@pytest.mark.parametrize(
    "lies",
    [{"size": 1}, {"size": -1}, {"size": MAX_JSON + 1}, {"size": "1"}, {"size": None}, {"digest": None}, {"digest": 1},
     {"digest": "sha256:" + "0" * 64}, {"mediaType": "text/plain"}],
)  # fmt: skip
def test_a_manifest_that_lies_about_its_configuration(registry: Registry, store: Store, lies: dict[str, Any]) -> None:
    registry.manifest(registry.config(**lies), registry.blob(LAYER, LAYER_GZIP))
    error = refused(registry, store)
    assert error.exit_code == 2 or lies.get("digest")  # a digest that nothing has is 404


def test_a_digest_that_is_not_the_manifests(registry: Registry, store: Store) -> None:
    registry.manifest(registry.config(), registry.blob(LAYER, LAYER_GZIP))
    status, _, body = registry.answers["manifests/latest"]
    wrong = "sha256:" + "0" * 64
    registry.answers[f"manifests/{wrong}"] = (status, {}, body)
    assert isinstance(refused(registry, store, f"{registry.app}@{wrong}"), IntegrityError)
    registry.answers["manifests/latest"] = (status, {"Docker-Content-Digest": wrong}, body)
    assert isinstance(refused(registry, store), IntegrityError)


def test_an_answer_without_end(registry: Registry, store: Store) -> None:
    registry.answers["manifests/latest"] = (200, {}, b" " * (MAX_JSON + 1))
    assert isinstance(refused(registry, store), IntegrityError)


def test_an_index_lists_its_platforms(registry: Registry, store: Store) -> None:
    manifest = registry.manifest(registry.config(), registry.blob(LAYER, LAYER_GZIP), tag="x")
    platforms = [{"os": "linux", "architecture": "s390x"}, {"os": "linux", "architecture": "arm", "variant": "v7"}]
    registry.json({"mediaType": INDEX, "manifests": [{**manifest, "platform": it} for it in platforms]})
    assert "linux/arm/v7, linux/s390x" in refused(registry, store).advice


def test_an_index_of_itself_ends(registry: Registry, store: Store) -> None:
    inner = registry.json({"mediaType": INDEX, "manifests": []}, "0")
    for number in range(1, 9):
        inner = registry.json({"mediaType": INDEX, "manifests": [{**inner, "mediaType": INDEX}]}, str(number))
    assert "nests too deeply" in refused(registry, store, f"{registry.app}:8").what


def test_a_redirect_without_end(registry: Registry, store: Store) -> None:
    registry.answers["manifests/latest"] = (307, {"Location": "/v2/app/manifests/latest"}, b"")
    assert "redirects" in refused(registry, store).what


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://registry.example/x", "gopher://x", ""])
def test_a_redirect_that_leads_astray(registry: Registry, store: Store, location: str) -> None:
    registry.answers["manifests/latest"] = (307, {"Location": location}, b"")
    assert isinstance(refused(registry, store), InputError)


def test_a_registry_that_asks_to_wait_for_an_hour_is_not_waited_for(registry: Registry, store: Store) -> None:
    registry.answers["manifests/latest"] = (429, {"Retry-After": "3600"}, b"")
    error = refused(registry, store)
    assert isinstance(error, IncompleteError)
    assert "3600 s" in error.advice
    assert len(registry.requests) == 1


def test_what_a_registry_says_is_shown_without_what_would_steer_a_terminal(registry: Registry, store: Store) -> None:
    said = {"errors": [{"code": "DENIED", "message": "pay\x1b[31m first" + "!" * 5000}]}
    registry.answers["manifests/latest"] = (403, {}, json.dumps(said).encode())
    assert "DENIED pay?[31m first" in refused(registry, store).what


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([MANIFEST, INDEX, CONFIG]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["mediaType", "manifests", "config", "layers", "digest", "size", "platform", "annotations"]),
        inner, max_size=5,
    ),
    max_leaves=15,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(value=st.dictionaries(st.sampled_from(["mediaType", "manifests", "config", "layers"]), _json, max_size=4))
def test_any_manifest_is_an_image_or_a_known_error(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    server = Registry()
    try:
        server.json(value)
        with value_or_known_error():
            pull_image(server.app, "", Store(tmp_path_factory.mktemp("store")), patience=HURRY)
    finally:
        server.shutdown()
        server.server_close()
