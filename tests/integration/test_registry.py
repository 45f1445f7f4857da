"""Pull and push against Debian's docker-registry, with a fault at every request in turn, and killed at any moment."""

from __future__ import annotations

import base64
import itertools
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from barehull.core.errors import BarehullError, InputError, IntegrityError, UsageError
from barehull.files import Store
from barehull.net import NotFoundError
from barehull.oci.layer import write_layer
from barehull.oci.layout import read_layout, write_layout
from barehull.oci.manifest import canonical, make_image
from barehull.oci.model import INDEX, MANIFEST, Config, Entry, Image
from barehull.oci.registry import pull_image, push_image, resolve_digest
from barehull.oci.registry_answer import Patience
from barehull.oci.registry_auth import DeniedError

from .registries import FAULTS, PASSING, PASSWORD, USER, Proxy, docker_registry

HURRY = Patience(attempts=3, pause=0.01, timeout=1.0)
_names = itertools.count()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="module")
def proxy(registry: str) -> Iterator[Proxy]:
    server = Proxy(registry)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def stores(tmp_path: Path) -> Callable[[], Store]:
    return lambda: Store(tmp_path / f"store-{next(_names)}")


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's real credentials."""
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def log_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: str, password: str = PASSWORD) -> None:
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {registry: {"auth": auth}}}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))


def make(store: Store, architecture: str = "amd64", sizes: tuple[int, ...] = (300_000, 200_000)) -> Image:
    noise = random.Random(architecture)
    layers = [
        write_layer([Entry(f"file{number}", "file", content=noise.randbytes(size))], store, created_by=f"step {number}")
        for number, size in enumerate(sizes)
    ]
    return make_image(Config(architecture=architecture), layers, store)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return make(Store(tmp_path_factory.mktemp("source")))


def new_name(address: str) -> str:
    return f"{address}/lab/app{next(_names)}:v1"


def is_whole(image: Image, store: Store) -> bool:
    """Every blob is in the store, and is hashed once more by a store that has not seen it yet."""
    again = Store(store.root)
    return all(again.path(layer.digest).stat().st_size == layer.size for layer in image.layers)


def test_pushed_and_pulled_it_is_the_same(registry: str, image: Image, stores: Callable[[], Store]) -> None:
    name = new_name(registry)
    assert push_image(image, name) == image.digest
    store = stores()
    pulled = pull_image(name, "linux/amd64", store)
    assert pulled == image
    assert is_whole(pulled, store)
    assert resolve_digest(name) == image.digest
    assert pull_image(f"{name}@{image.digest}", "", stores()) == image


def test_skopeo_sees_the_same(registry: str, image: Image, tmp_path: Path) -> None:
    name = new_name(registry)
    push_image(image, name)
    command = ["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{name}", f"oci:{tmp_path}/out:v1"]
    subprocess.run(command, check=True, timeout=60)
    assert read_layout(tmp_path / "out", "v1").digest == image.digest


def test_what_is_there_is_not_sent_again(proxy: Proxy, image: Image, stores: Callable[[], Store]) -> None:
    proxy.reset()
    name = new_name(proxy.address)
    push_image(image, name)
    proxy.reset()
    push_image(image, name)
    assert {method for method, _, _ in proxy.seen} == {"HEAD", "PUT"}
    store = stores()
    pull_image(name, "", store)
    proxy.reset()
    pull_image(name, "", store)
    assert len(proxy.seen) == 1


def test_layers_are_mounted_from_another_repository(proxy: Proxy, image: Image) -> None:
    proxy.reset()
    first, second = new_name(proxy.address), new_name(proxy.address)
    push_image(image, first)
    proxy.reset()
    assert push_image(image, second, mount_from=[(first, image)]) == image.digest
    assert not [method for method, _, _ in proxy.seen if method == "PATCH"]
    assert resolve_digest(second) == image.digest


def test_layers_that_cannot_be_mounted_are_sent(proxy: Proxy, image: Image) -> None:
    proxy.reset()
    name = new_name(proxy.address)
    assert push_image(image, name, mount_from=[(new_name(proxy.address), image)]) == image.digest
    assert resolve_digest(name) == image.digest


def test_a_platform_is_chosen_from_an_index(registry: str, stores: Callable[[], Store]) -> None:
    name, store = new_name(registry), stores()
    images = {architecture: make(store, architecture) for architecture in ("amd64", "arm64")}
    for one in images.values():
        push_image(one, name)
    put_index(name, store, images)
    assert pull_image(name, "linux/arm64", stores()) == images["arm64"]
    assert pull_image(name, "", stores()) == images["amd64"]
    assert resolve_digest(name) not in [one.digest for one in images.values()]
    with pytest.raises(InputError) as caught:
        pull_image(name, "linux/s390x", stores())
    assert "linux/s390x" in caught.value.what
    assert "linux/amd64, linux/arm64" in caught.value.advice


def put_index(name: str, store: Store, images: dict[str, Image]) -> None:
    import httpx

    manifests = [
        {"mediaType": MANIFEST, "digest": one.digest, "size": store.path(one.digest).stat().st_size,
         "platform": {"os": "linux", "architecture": architecture}}
        for architecture, one in images.items()
    ]  # fmt: skip
    body = canonical({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    address, _, rest = name.partition("/")
    repository, _, tag = rest.partition(":")
    url = f"http://{address}/v2/{repository}/manifests/{tag}"
    httpx.put(url, content=body, headers={"Content-Type": INDEX}, trust_env=False).raise_for_status()


def test_names_that_are_not_there(registry: str, stores: Callable[[], Store], image: Image) -> None:
    for call in (lambda: pull_image(new_name(registry), "", stores()), lambda: resolve_digest(new_name(registry))):
        with pytest.raises(NotFoundError) as caught:
            call()
        assert "lab/app" in caught.value.what
    with pytest.raises(UsageError):
        push_image(image, f"{registry}/lab/app@sha256:{'0' * 64}")


# -- faults


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_a_pull(
    fault: str, proxy: Proxy, registry: str, image: Image, stores: Callable[[], Store]
) -> None:
    name = new_name(registry)
    push_image(image, name)
    name = name.replace(registry, proxy.address)
    for at in itertools.count():
        proxy.reset(fault, at)
        store = stores()
        try:
            pulled = pull_image(name, "linux/amd64", store, patience=HURRY)
            assert pulled == image
            assert is_whole(pulled, store)
        except BarehullError as error:
            assert_right(error, fault)
        if len(proxy.seen) <= at:
            break
    assert at >= 4  # the manifest, the configuration, two layers


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_a_push(
    fault: str, proxy: Proxy, registry: str, image: Image, stores: Callable[[], Store]
) -> None:
    for at in itertools.count():
        name = new_name(proxy.address)
        proxy.reset(fault, at)
        try:
            assert push_image(image, name, patience=HURRY, chunk=150_000) == image.digest
            pushed = True
        except BarehullError as error:
            assert_right(error, fault)
            pushed = False
        count = len(proxy.seen)
        proxy.reset()
        direct, store = name.replace(proxy.address, registry), stores()
        try:
            assert is_whole(pull_image(direct, "", store), store)
        except NotFoundError:
            assert not pushed
        if count <= at:
            break
    assert at >= 15


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_ends_in_an_error(
    fault: str, proxy: Proxy, registry: str, image: Image, stores: Callable[[], Store]
) -> None:
    name = new_name(registry)
    push_image(image, name)
    proxy.reset(fault, 1, forever=True)
    with pytest.raises(BarehullError) as caught:
        pull_image(name.replace(registry, proxy.address), "", stores(), patience=HURRY)
    assert caught.value.exit_code == (2 if fault.startswith("wrong") else 3)
    assert caught.value.advice.endswith(".")


def assert_right(error: BarehullError, fault: str) -> None:
    """One failure that passes is got over; the others are told as what they are."""
    assert fault not in PASSING, error
    assert error.advice.endswith(".")
    kinds = {"401": DeniedError, "403": DeniedError, "404": NotFoundError}
    assert isinstance(error, kinds.get(fault, (IntegrityError, InputError))), repr(error)
    assert error.exit_code == (3 if fault in kinds else 2)


def test_a_layer_is_resumed_where_it_broke(
    proxy: Proxy, registry: str, image: Image, stores: Callable[[], Store]
) -> None:
    name = new_name(registry)
    push_image(image, name)
    proxy.reset("truncated", 2)
    assert pull_image(name.replace(registry, proxy.address), "", stores(), patience=HURRY) == image
    assert [it for it in proxy.ranges if it.startswith("bytes=") and it != "bytes=0-"]


def test_an_upload_is_resumed_where_it_broke(proxy: Proxy, stores: Callable[[], Store]) -> None:
    name = new_name(proxy.address)
    one = make(stores(), sizes=(1_000_000,))
    proxy.reset()
    push_image(one, new_name(proxy.address), chunk=300_000)
    at = [method for method, _, _ in proxy.seen].index("PATCH") + 2
    proxy.reset("500", at)
    assert push_image(one, name, patience=HURRY, chunk=300_000) == one.digest
    uploads = [path for method, path, _ in proxy.seen if method == "GET" and "/blobs/uploads/" in path]
    assert len(uploads) == 1  # asked how far it is
    assert [method for method, _, _ in proxy.seen].count("PATCH") <= 6  # four chunks, one of them twice, and the config
    assert resolve_digest(name) == one.digest


@pytest.mark.parametrize("at", [0, 2, 4, 6, 8, 10, 12])
def test_a_push_that_is_killed_succeeds_when_run_again(
    at: int, proxy: Proxy, registry: str, image: Image, tmp_path: Path, stores: Callable[[], Store]
) -> None:
    write_layout(image, tmp_path / "layout", "v1")
    name = new_name(proxy.address)
    code = (
        "import sys; from pathlib import Path; from barehull.oci.layout import read_layout; "
        "from barehull.oci.registry import push_image; push_image(read_layout(Path(sys.argv[1])), sys.argv[2])"
    )
    proxy.reset()
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "layout"), name])

    def kill(number: int) -> None:
        if number == at:
            os.kill(process.pid, signal.SIGKILL)

    proxy.watch = kill
    assert process.wait(60) == -signal.SIGKILL
    proxy.reset()
    direct = name.replace(proxy.address, registry)
    try:
        store = stores()
        assert is_whole(pull_image(direct, "", store), store)
        assert at == 12  # the last request is the manifest: it was sent
    except NotFoundError:
        pass
    assert push_image(image, name) == image.digest
    assert pull_image(direct, "", stores()) == image


# -- credentials


def test_basic_authentication(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: Image, stores: Callable[[], Store]
) -> None:
    with docker_registry(tmp_path / "private", login=True) as registry:
        name = new_name(registry)
        with pytest.raises(DeniedError) as caught:
            push_image(image, name)
        assert f"podman login {registry}" in caught.value.advice
        log_in(tmp_path, monkeypatch, registry, "wrong")
        with pytest.raises(DeniedError):
            push_image(image, name)
        log_in(tmp_path, monkeypatch, registry)
        assert push_image(image, name) == image.digest
        assert pull_image(name, "", stores()) == image


def test_tokens_are_fetched_and_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: Proxy, image: Image, stores: Callable[[], Store]
) -> None:
    proxy.reset()
    proxy.tokens = 5
    log_in(tmp_path, monkeypatch, proxy.address)
    name = new_name(proxy.address)
    assert push_image(image, name) == image.digest
    assert pull_image(name, "", stores()) == image
    assert proxy.given > 2
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert all(path.startswith("/token?") for _, path, sent in proxy.seen if secret in sent)
    log_in(tmp_path, monkeypatch, proxy.address, "wrong")
    with pytest.raises(DeniedError):
        pull_image(name, "", stores())


def test_credentials_do_not_follow_a_redirect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: Proxy, registry: str, image: Image,
    stores: Callable[[], Store],
) -> None:  # fmt: skip
    proxy.reset()
    name = new_name(proxy.address)
    push_image(image, name)
    storage = Proxy(registry)
    try:
        proxy.tokens, proxy.elsewhere = 100, storage.address
        log_in(tmp_path, monkeypatch, proxy.address)
        assert pull_image(name, "", stores()) == image
        assert len(storage.seen) == 3
        assert {sent for _, _, sent in storage.seen} == {""}
        assert any(sent.startswith("Bearer ") for _, _, sent in proxy.seen)
    finally:
        storage.shutdown()
        storage.server_close()
