"""What is remembered of a layer: only of that very layer, only of that very question, and only what was checked."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import BarehullError, InputError, IntegrityError
from barehull.files import Store
from barehull.oci import facts as module
from barehull.oci.facts import Content, Fact
from barehull.oci.model import Config, Image, Layer
from barehull.oci.rootfs import Rootfs
from barehull.oci.spool import Spool

from .conftest import file, hard, image, link, sha256, tar
from .test_rootfs import ENTRIES, SYSTEM, content

ASKED: list[bytes] = []


def _find(content: Content) -> tuple[str, ...]:
    data = content.read(1 << 20)
    ASKED.append(data)
    return (hashlib.sha256(data).hexdigest(),)


SUM = Fact("sum", tuple[str, ...], _find, (__name__,))


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    ASKED.clear()


@pytest.fixture
def no_decompression(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Spool, "add", never)


def seen(one: Image, memory: Store | None) -> dict[str, tuple[str, ...]]:
    """The fact of each file; what is new is remembered."""
    with Rootfs.of(one, memory) as rootfs:
        found = {node.path: rootfs.fact(node.path, SUM) for node in rootfs.files()}
        rootfs.remember()
        return found


def of_tars(store: Store, *tars: bytes, diff_id: str = "") -> Image:
    layers = []
    for data in tars:
        packed = gzip.compress(data, 1, mtime=0)
        layers.append(Layer(f"sha256:{store.put(packed)}", diff_id or sha256(data), len(packed)))
    return Image("sha256:" + "0" * 64, Config(), tuple(layers), store)


@given(st.lists(ENTRIES, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_view_with_a_memory_is_the_one_without(store: Store, layers: list) -> None:
    try:
        one = image(store, *layers)
        expected, facts = content(Rootfs.of(one)), seen(one, None)
    except BarehullError:  # the entries contradict each other
        return
    for _ in range(2):
        assert seen(one, store) == facts
        assert content(Rootfs.of(one, store)) == expected


def test_what_is_known_is_neither_decompressed_nor_asked_again(store: Store, request: pytest.FixtureRequest) -> None:
    one = image(store, SYSTEM)
    expected = seen(one, store)
    assert ASKED
    ASKED.clear()
    request.getfixturevalue("no_decompression")
    assert seen(one, store) == expected
    assert not ASKED
    assert Rootfs.of(one, store).get("bin") is not None


def test_only_the_changed_layer_is_asked(store: Store) -> None:
    lower = [file("a", b"below"), file("b", b"below, too")]
    seen(image(store, lower, [file("c", b"first")]), store)
    ASKED.clear()
    found = seen(image(store, lower, [file("c", b"second")]), store)
    assert ASKED == [b"second"]
    assert set(found) == {"a", "b", "c"}


def test_empty_files_share_no_answer_with_their_neighbours(store: Store) -> None:
    one = image(store, [file("a", b""), file("b", b"content"), file("c", b"")])
    for _ in range(2):
        found = seen(one, store)
        assert found["a"] == found["c"] == (hashlib.sha256(b"").hexdigest(),)
        assert found["b"] == (hashlib.sha256(b"content").hexdigest(),)


def test_hard_links_are_known_by_their_own_layer(store: Store) -> None:
    one = of_tars(store, tar(("a", b"first"), ("x", b"other")), tar(("a", b"second")), tar(hard("b", "x")))
    for _ in range(2):
        found = seen(one, store)
        assert found["a"] == (hashlib.sha256(b"second").hexdigest(),)
        assert found["b"] == found["x"] == (hashlib.sha256(b"other").hexdigest(),)


@pytest.mark.parametrize("lie", [{"diff_id": "sha256:" + "1" * 64}, {"size": 1}, {"media_type": "text/plain"}])
def test_a_layer_that_promises_something_else_is_refused_though_it_is_known(store: Store, lie: dict) -> None:
    one = image(store, SYSTEM)
    seen(one, store)
    with pytest.raises((IntegrityError, InputError)):
        Rootfs.of(replace(one, layers=(replace(one.layers[0], **lie),)), store)


def test_a_layer_that_was_refused_is_not_known(store: Store) -> None:
    wrong = of_tars(store, tar(("a", b"content")), diff_id="sha256:" + "1" * 64)
    for _ in range(2):
        with pytest.raises(IntegrityError):
            Rootfs.of(wrong, store)
    assert not (store.root / "facts").exists()


def test_a_blob_that_changed_is_noticed_though_its_layer_is_known(store: Store, tmp_path: Path) -> None:
    one = image(store, SYSTEM)
    seen(one, store)
    blob = store.path(one.layers[0].digest)
    blob.write_bytes(b"other")
    with pytest.raises(InputError):  # of another process: this one has checked it
        Rootfs.of(replace(one, blobs=Store(store.root)), store)


@pytest.mark.parametrize("change", ["code", "name", "version", "python", "form"])
def test_another_question_has_another_answer(store: Store, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    one = image(store, [file("a", b"content")])
    seen(one, store)
    ASKED.clear()
    asked = SUM
    if change == "code":
        asked = replace(SUM, modules=(__name__, "barehull.elf"))
    elif change == "name":
        asked = replace(SUM, name="sum 2")
    elif change == "version":
        monkeypatch.setattr(module, "VERSION", "next")
    elif change == "python":
        monkeypatch.setattr(module.sys, "version", "3.99")
    else:
        asked = replace(SUM, form=int)  # what is kept is not of it
    with Rootfs.of(one, store) as rootfs:
        assert rootfs.fact("a", asked) == (hashlib.sha256(b"content").hexdigest(),)
    assert ASKED == [b"content"]


def test_paths_that_are_not_utf8_are_read_each_time(store: Store) -> None:
    one = of_tars(store, tar(("caf\udce9", b"content"), ("a", "caf\udce9")))
    assert seen(one, store) == seen(one, store) == seen(one, None)
    assert not (store.root / "facts").exists()


def test_too_much_is_not_remembered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_ENTRIES", 1)
    one = image(store, [file("a", b"1"), file("b", b"2"), link("c", "a")])
    assert seen(one, store) == seen(one, store)
    assert not (store.root / "facts").exists()
    monkeypatch.setattr(module, "_MAX_ENTRIES", 100)
    monkeypatch.setattr(module, "_MAX_SIZE", 10)
    assert seen(one, store) == seen(one, store)
    assert not (store.root / "facts").exists()
