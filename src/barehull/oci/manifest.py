"""An image's manifest and configuration, written canonically and read with distrust (OCI image specification 1.1)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from barehull.core.errors import InputError, IntegrityError
from barehull.files import Store, reading
from barehull.oci.model import CONFIG, INDEX, LAYER_GZIP, LAYER_ZSTD, MANIFEST, MAX_LAYERS, Blobs, Config, Image, Layer

MAX_JSON = 4 << 20  # bytes, as registries bound it
MAX_LAYERS_READ = 512
MAX_SIZE = 1 << 63  # bytes of a blob, as the specification bounds them
_MAX_TEXT = 500  # characters of an image's own words in one of our messages
EPOCH = "1970-01-01T00:00:00Z"
_DOCKER = "application/vnd.docker.distribution.manifest"
INDEXES = (INDEX, f"{_DOCKER}.list.v2+json")
MANIFESTS = (MANIFEST, f"{_DOCKER}.v2+json")
CONFIGS = (CONFIG, "application/vnd.docker.container.image.v1+json")
LAYERS = (
    LAYER_GZIP,
    "application/vnd.oci.image.layer.v1.tar",
    LAYER_ZSTD,
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
)
_BROKEN = "The image is damaged or was not made by the specification: fetch it or build it again."


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces, in ASCII: the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def make_image(
    config: Config, layers: Sequence[Layer], blobs: Store, *, annotations: Mapping[str, str] | None = None
) -> Image:
    """Put configuration and manifest into `blobs`, where the layers are. InputError for more than 64 layers."""
    if len(layers) > MAX_LAYERS:
        raise InputError(
            f"the image would have {len(layers)} layers, and engines stop at about 125; the limit here is {MAX_LAYERS}",
            advice="Ask for fewer packages.",
        )
    body = canonical(_config_json(config, layers))
    notes = dict(annotations or {})
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": f"sha256:{blobs.put(body)}", "size": len(body)},
        "layers": [{"mediaType": it.media_type, "digest": it.digest, "size": it.size} for it in layers],
        **({"annotations": notes} if notes else {}),
    }
    digest = blobs.put(canonical(manifest))
    return Image(f"sha256:{digest}", config, tuple(layers), blobs, tuple(sorted(notes.items())))


def read_image(digest: str, blobs: Blobs, *, size: int | None = None) -> Image:
    """The image whose manifest has `digest`, and `size` where it was promised. Layers are checked when they are read.

    Errors: IntegrityError when sizes or digests lie, InputError for what is not an image's manifest.
    """
    manifest = read_json(blobs, digest, size=size)
    try:
        described = _Descriptor.of(manifest["config"])
        for kind, known in ((manifest.get("mediaType") or MANIFEST, MANIFESTS), (described.media_type, CONFIGS)):
            if kind not in known:
                raise InputError(
                    f"{digest} is {brief(repr(kind))}, not an image", advice="Name the image itself, by its tag."
                )
        config = read_json(blobs, described.digest, size=described.size)
        listed = [_Descriptor.of(layer) for layer in manifest["layers"]]
        diff_ids = _strings(config["rootfs"]["diff_ids"])
        if not len(listed) == len(diff_ids) <= MAX_LAYERS_READ:
            what = f"{digest} lists {len(listed)} layers, and its configuration {len(diff_ids)}"
            raise IntegrityError(what, advice=_BROKEN)
        steps = [step for step in config.get("history") or () if not step.get("empty_layer")]
        made = [str(step.get("created_by") or "") for step in steps] + [""] * len(listed)
        layers = tuple(_layer(*each) for each in zip(listed, diff_ids, made, strict=False))
        notes = (manifest.get("annotations") or {}).items()
        annotations = tuple(sorted((str(name), str(text)) for name, text in notes))
        return Image(digest, _config(config), layers, blobs, annotations)
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise InputError(f"{digest} is not an image's manifest: {brief(repr(error))}", advice=_BROKEN) from error


def read_json(blobs: Blobs, digest: str, *, size: int | None = None) -> dict[str, Any]:
    """The JSON object with `digest`, and `size` where it was promised. Errors: IntegrityError, InputError."""
    data = read_bounded(blobs.path(digest))
    if size is not None and len(data) != size:
        raise IntegrityError(f"{digest} has {len(data)} bytes, not {size} as promised", advice=_BROKEN)
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
        raise IntegrityError(f"{digest} has other content than its digest says", advice=_BROKEN)
    return parse_json(data, digest)


def brief(text: str) -> str:
    """An image's own words, fit for a message: cut where they are long, without what would steer a terminal."""
    short = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}..."
    return "".join(letter if letter.isprintable() else "?" for letter in short)


def read_bounded(path: Path) -> bytes:
    """A JSON file's bytes. InputError when it cannot be read, or is larger than registries allow."""
    with reading(path), path.open("rb") as file:
        data = file.read(MAX_JSON + 1)
    if len(data) > MAX_JSON:
        raise InputError(f"{path} is larger than the {MAX_JSON >> 20} MiB that a manifest may have", advice=_BROKEN)
    return data


def parse_json(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object. InputError when it is not one."""
    value = parse_any_json(data, what)
    if not isinstance(value, dict):
        raise InputError(f"{what} is not a JSON object", advice=_BROKEN)
    return value


def parse_any_json(data: bytes, what: str) -> object:
    """A JSON value. InputError when it is not one."""
    try:
        value: object = json.loads(data, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what} is not JSON: {error}", advice=_BROKEN) from error
    return value


@dataclass(frozen=True, slots=True)
class _Descriptor:
    """What a manifest says of a blob (OCI image specification, descriptor.md)."""

    media_type: str
    digest: str
    size: int

    @classmethod
    def of(cls, value: dict[str, Any]) -> Self:
        found = value["mediaType"], value["digest"], value["size"]
        if tuple(map(type, found)) != (str, str, int) or not 0 <= found[2] < MAX_SIZE:
            raise ValueError(f"{found} is not a descriptor")
        return cls(*found)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _finite(text: str) -> float:
    """A number, not the infinity that 1e999 would be: written again, that is no JSON."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{brief(text)} is too large a number")
    return number


def _layer(described: _Descriptor, diff_id: str, created_by: str) -> Layer:
    if described.media_type not in LAYERS:
        raise InputError(
            f"a layer has the unknown media type {brief(repr(described.media_type))}",
            advice="Convert the image first: `skopeo copy --format oci FROM oci:DIR`.",
        )
    return Layer(described.digest, diff_id, described.size, created_by, described.media_type)


def _config_json(config: Config, layers: Sequence[Layer]) -> dict[str, Any]:
    runs: dict[str, Any] = {
        "Env": [f"{name}={value}" for name, value in config.env],
        "Entrypoint": list(config.entrypoint),
        "Cmd": list(config.cmd),
        "User": config.user,
        "WorkingDir": config.working_dir,
        "ExposedPorts": {port: {} for port in config.exposed_ports},
        "Labels": dict(config.labels),
        "StopSignal": config.stop_signal,
    }
    return {
        "architecture": config.architecture,
        "os": config.os,
        **({"variant": config.variant} if config.variant else {}),
        "created": EPOCH,
        "config": {name: value for name, value in runs.items() if value},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created": EPOCH, "created_by": layer.created_by} for layer in layers],
    }


def _config(value: dict[str, Any]) -> Config:
    runs = value.get("config") or {}
    return Config(
        architecture=str(value["architecture"]),
        os=str(value["os"]),
        variant=str(value.get("variant") or ""),
        env=tuple(_pair(item) for item in _strings(runs.get("Env"))),
        entrypoint=_strings(runs.get("Entrypoint")),
        cmd=_strings(runs.get("Cmd")),
        user=str(runs.get("User") or ""),
        working_dir=str(runs.get("WorkingDir") or "/"),
        exposed_ports=tuple(sorted(str(port) for port in runs.get("ExposedPorts") or {})),
        labels=tuple(sorted((str(name), str(text)) for name, text in (runs.get("Labels") or {}).items())),
        stop_signal=str(runs.get("StopSignal") or ""),
    )


def _strings(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{value!r} is not a list of words")
    return tuple(value)


def _pair(item: str) -> tuple[str, str]:
    name, _, text = item.partition("=")
    return name, text
