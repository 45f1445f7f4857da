"""Manifests and configurations: written canonically, read back equal, and never believed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.core.errors import BarehullError, InputError, IntegrityError
from barehull.files import Store
from barehull.oci.layer import write_layer
from barehull.oci.layout import LayoutBlobs
from barehull.oci.manifest import MAX_JSON, canonical, make_image, parse_json, read_image
from barehull.oci.model import CONFIG, INDEX, MANIFEST, MAX_LAYERS, Config, Image

from .conftest import GZIP, PACK, HandMade, file, helpful, image, lied, tar, value_or_known_error

WORDS = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=12)
NAMES = st.text("ABC_é", min_size=1, max_size=5)
PAIRS = st.dictionaries(NAMES, WORDS, max_size=3)
CONFIGS = st.builds(
    Config,
    architecture=st.sampled_from(["amd64", "arm64"]),
    variant=st.sampled_from(["", "v8"]),
    env=PAIRS.map(lambda it: tuple(it.items())),
    entrypoint=st.lists(WORDS, max_size=3).map(tuple),
    cmd=st.lists(WORDS, max_size=3).map(tuple),
    user=st.sampled_from(["", "65532", "app:app"]),
    working_dir=WORDS,
    exposed_ports=st.sets(st.sampled_from(["80/tcp", "53/udp"])).map(lambda it: tuple(sorted(it))),
    labels=PAIRS.map(lambda it: tuple(sorted(it.items()))),
    stop_signal=st.sampled_from(["", "SIGINT"]),
)
ONE = tar(("a", b"content"))


def read(made: HandMade, descriptor: dict[str, Any]) -> Image:
    return read_image(descriptor["digest"], LayoutBlobs(made.folder), size=descriptor["size"])


@given(CONFIGS, PAIRS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_image_is_read_back_as_it_was_made(store: Store, config: Config, notes: dict[str, str]) -> None:
    layers = [write_layer([file("a")], store, created_by="first"), write_layer([], store, created_by="")]
    made = make_image(config, layers, store, annotations=notes)
    assert read_image(made.digest, store) == made
    assert make_image(config, layers, store, annotations=dict(reversed(notes.items()))).digest == made.digest
    assert made.compressed_size == sum(it.size for it in layers)


def test_sixty_four_layers_are_an_image_and_one_more_is_not(store: Store) -> None:
    layer = write_layer([], store, created_by="x")
    assert len(read_image(make_image(Config(), [layer] * MAX_LAYERS, store).digest, store).layers) == 64
    with pytest.raises(InputError, match="the image would have 65 layers") as caught:
        make_image(Config(), [layer] * (MAX_LAYERS + 1), store)
    assert helpful(caught.value)


def test_the_json_is_canonical(store: Store) -> None:
    written = store.path(image(store, [file("a")], config=Config(user="é")).digest).read_bytes()
    assert written == canonical(json.loads(written))
    assert written.isascii()
    assert canonical({"b": [1, "é"], "a": None}) == b'{"a":null,"b":[1,"\\u00e9"]}'


def test_steps_without_a_layer_are_passed_over(made: HandMade) -> None:
    history = [{"created_by": "base"}, {"created_by": "ENV", "empty_layer": True}, {"created_by": "app"}, {}]
    config = made.config(ONE, ONE, ONE, history=history)
    found = read(made, made.manifest(config, [made.layer(ONE)] * 3))
    assert [it.created_by for it in found.layers] == ["base", "app", ""]


@pytest.mark.parametrize("media_type", PACK)
def test_layers_of_each_compression_are_known(made: HandMade, media_type: str) -> None:
    assert read(made, made.image(ONE, media_type=media_type)).layers[0].media_type == media_type


def test_dockers_manifests_are_images_too(made: HandMade) -> None:
    docker = "application/vnd.docker"
    layer = made.layer(ONE, mediaType=f"{docker}.image.rootfs.diff.tar.gzip")
    config = made.config(ONE, history=None) | {"mediaType": f"{docker}.container.image.v1+json"}
    manifest = made.manifest(config, [layer], mediaType=f"{docker}.distribution.manifest.v2+json")
    assert read(made, manifest).config == Config()


def test_a_manifest_may_leave_out_its_media_type(made: HandMade) -> None:
    """The specification says SHOULD."""
    assert read(made, made.manifest(made.config(), mediaType=None)).layers == ()


def test_env_without_a_value_is_empty(made: HandMade) -> None:
    config = made.config(config={"Env": ["A", "B=", "C=x=y"], "Cmd": None, "Labels": None})
    assert read(made, made.manifest(config)).config.env == (("A", ""), ("B", ""), ("C", "x=y"))


BAD_CONFIGS: dict[str, dict[str, Any]] = {
    "no architecture": {"architecture": None},
    "no rootfs": {"rootfs": None},
    "rootfs of a list": {"rootfs": []},
    "diff IDs of numbers": {"rootfs": {"diff_ids": [1]}},
    "diff IDs of a word": {"rootfs": {"diff_ids": "sha256:x"}},
    "history of words": {"history": ["x"]},
    "history of an object": {"history": {"a": 1}},
    "history of a number": {"history": 1},
    "config of a list": {"config": ["x"]},
    "env of an object": {"config": {"Env": {"A": "1"}}},
    "env of numbers": {"config": {"Env": [1]}},
    "entrypoint of a word": {"config": {"Entrypoint": "python3"}},
    "ports of a number": {"config": {"ExposedPorts": 1}},
    "labels of a list": {"config": {"Labels": ["x"]}},
    "a megabyte for a command": {"config": {"Cmd": {"x" * (1 << 20): "\x1b[2J"}}},
}


@pytest.mark.parametrize("lies", BAD_CONFIGS.values(), ids=BAD_CONFIGS.keys())
def test_a_configuration_that_is_none_is_refused(made: HandMade, lies: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="is not an image's manifest") as caught:
        read(made, made.manifest(made.config(**lies)))
    assert helpful(caught.value)


BAD_MANIFESTS: dict[str, tuple[dict[str, Any], str]] = {
    "an index": ({"mediaType": INDEX}, "not an image"),
    "another type": ({"mediaType": "text/html\x1b" * 100_000}, "not an image"),
    "a type that is a list": ({"mediaType": [1]}, "not an image"),
    "no config": ({"config": None}, "is not an image's manifest"),
    "config of a word": ({"config": "sha256:"}, "is not an image's manifest"),
    "no layers": ({"layers": None}, "is not an image's manifest"),
    "layers of words": ({"layers": ["x"]}, "is not an image's manifest"),
    "layers of a number": ({"layers": 5}, "is not an image's manifest"),
    "annotations of a list": ({"annotations": ["x"]}, "is not an image's manifest"),
    "one layer too many": ({"layers": [{"mediaType": GZIP, "digest": "x", "size": 0}]}, "lists 1 layers, and"),
    "ten thousand layers": ({"layers": [{"mediaType": GZIP, "digest": "", "size": 0}] * 10_000}, "lists 10000 layers"),
}


@pytest.mark.parametrize(("lies", "words"), BAD_MANIFESTS.values(), ids=BAD_MANIFESTS.keys())
def test_a_manifest_that_is_none_is_refused(made: HandMade, lies: dict[str, Any], words: str) -> None:
    with pytest.raises(BarehullError, match=words) as caught:
        read(made, made.manifest(made.config(), **lies))
    assert helpful(caught.value)


@pytest.mark.parametrize(
    ("lies", "words"),
    [
        ({"size": 1}, "not 1 as promised"),
        ({"size": -1}, "is not an image's manifest"),
        ({"size": 1.5}, "is not an image's manifest"),
        ({"size": True}, "is not an image's manifest"),
        ({"size": 10**4000}, "is not an image's manifest"),
        ({"size": None}, "is not an image's manifest"),
        ({"mediaType": "application/vnd.wasm.config.v0+json"}, "not an image"),
        ({"digest": "sha256:" + "0" * 64}, "lacks the blob"),
        ({"digest": "sha256:../../../../etc/passwd"}, "is not a digest that barehull knows"),
        ({"digest": "sha512:" + "0" * 128}, "is not a digest that barehull knows"),
        ({"digest": "sha256:" + "A" * 64}, "is not a digest that barehull knows"),
        ({"digest": "\x1b" * (1 << 18)}, "is not a digest that barehull knows"),
    ],
)
def test_a_description_that_lies_is_found(made: HandMade, lies: dict[str, Any], words: str) -> None:
    with pytest.raises(BarehullError, match=words) as caught:
        read(made, made.manifest(lied(made.config(), lies)))
    assert helpful(caught.value)


@pytest.mark.parametrize("media_type", ["application/vnd.oci.empty.v1+json", "x" * (1 << 20), GZIP + "\n", ""])
def test_a_layer_of_an_unknown_media_type_is_refused(made: HandMade, media_type: str) -> None:
    with pytest.raises(InputError, match="a layer has the unknown media type") as caught:
        read(made, made.manifest(made.config(ONE), [made.layer(ONE, mediaType=media_type)]))
    assert helpful(caught.value)


def test_a_blob_with_other_content_is_damaged(made: HandMade) -> None:
    manifest = made.image(ONE)
    made.path(manifest["digest"]).write_bytes(b"{}")
    with pytest.raises(IntegrityError, match="has other content than its digest says") as caught:
        read(made, manifest)
    assert helpful(caught.value)


NOT_JSON = {
    "nothing": b"",
    "no JSON": b"<html>",
    "half": b'{"a": ',
    "two": b"{}{}",
    "no object": b"[]",
    "a number": b"1",
    "no UTF-8": b'{"a": "\xff"}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "infinity in digits": b'{"a": 1e999}',
    "a number of many digits": b'{"a": ' + b"9" * 100_000 + b"}",
    "lists without end": b'{"a": ' + b"[" * 100_000,
    "deep lists": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}


@pytest.mark.parametrize("data", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_no_json_object_is_refused(made: HandMade, data: bytes) -> None:
    with pytest.raises(InputError, match="is not (JSON|a JSON object)") as caught:
        read(made, made.blob(data, MANIFEST))
    assert helpful(caught.value)


@pytest.mark.parametrize("depth", range(900, 1000, 3))
def test_json_as_deep_as_can_be_read_is_a_value_or_refused(made: HandMade, depth: int) -> None:
    deep = b'{"architecture": "a", "os": "b", "rootfs": {}, "config": {"Env": ' + b"[" * depth + b"]" * depth + b"}}"
    with pytest.raises(InputError) as caught:
        read(made, made.manifest(made.blob(deep, CONFIG)))
    assert helpful(caught.value)


def test_json_larger_than_registries_allow_is_refused(made: HandMade) -> None:
    fits = b'{"a": "' + b"x" * (MAX_JSON - 9) + b'"}'
    assert parse_json(made.path(made.blob(fits, MANIFEST)["digest"]).read_bytes(), "it")
    with pytest.raises(InputError, match="is not an image's manifest"):
        read(made, made.blob(fits, MANIFEST))
    with pytest.raises(InputError, match="larger than the 4 MiB") as caught:
        read(made, made.blob(fits + b" ", MANIFEST))
    assert helpful(caught.value)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, (dict, list)):
        for name, it in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(it, (*at, name))


def changed(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    value = copy.copy(value)
    value[at[0]] = changed(value[at[0]], at[1:], new)
    return value


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_any_change_to_the_json_is_an_image_or_a_known_error(store: Store, data: st.DataObject) -> None:
    config = Config(env=(("A", "1"),), labels=(("a", "b"),), exposed_ports=("80/tcp",))
    good = image(store, [file("a", b"content")], config=config)
    manifest = json.loads(store.path(good.digest).read_bytes())
    body = json.loads(store.path(manifest["config"]["digest"]).read_bytes())
    if data.draw(st.booleans()):
        body = changed(body, data.draw(st.sampled_from(list(places(body)))), data.draw(ANYTHING))
    else:
        manifest = changed(manifest, data.draw(st.sampled_from(list(places(manifest)))), data.draw(ANYTHING))
    if isinstance(manifest, dict) and isinstance(manifest.get("config"), dict):
        raw = json.dumps(body).encode()
        manifest["config"] = {**manifest["config"], "digest": f"sha256:{store.put(raw)}", "size": len(raw)}
    with value_or_known_error():
        found = read_image(f"sha256:{store.put(json.dumps(manifest).encode())}", store)
        assert found.config.platform
        assert all(isinstance(it, str) for it in (*found.config.cmd, found.config.user, found.layers[0].digest))


@given(st.binary(max_size=60) | st.text('{}[]",:0eE+-tN\\u', max_size=30).map(str.encode))
def test_any_bytes_are_a_json_object_or_a_known_error(data: bytes) -> None:
    with value_or_known_error():
        value = parse_json(data, "it")
        assert json.loads(canonical(value)) == value
