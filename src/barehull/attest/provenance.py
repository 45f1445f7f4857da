"""How an image came about: an in-toto statement with SLSA's provenance v1 as predicate."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from packageurl import PackageURL

from barehull.attest.statement import statement
from barehull.base.pull import registry_name
from barehull.build.engine import EngineRun
from barehull.core.version import VERSION
from barehull.lock import Lock, LockedBase, LockedDeb, LockedWheel, to_json

PREDICATE = "https://slsa.dev/provenance/v1"
ENGINE_BUILD_TYPE = "https://github.com/barehull/barehull/attest/engine/v1"
BUILD_TYPE = "https://github.com/barehull/barehull/attest/build/v1"
UNVERIFIED = "unverified"
UNKNOWN = "unknown"
SOURCES = "sources"  # the application's own files
BUILDER = "https://github.com/barehull/barehull/attest/builder/local"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run: when it began and ended (ISO 8601 UTC), "" where that is not said, so that runs can be compared."""

    started: str = ""
    finished: str = ""


@dataclass(frozen=True, slots=True)
class Making:
    """What an image was made of: by a lock, or by an engine.

    `inputs` are the files beside the application that said what to build, by name, e.g. barehull.toml and Dockerfile;
    `sources` the application's own files in the image, by their paths, with their SHA-256s.
    """

    inputs: Mapping[str, bytes] = field(default_factory=dict)
    lock: Lock | None = None
    engine: EngineRun | None = None
    sources: tuple[tuple[str, str], ...] = ()
    invocation: Invocation = Invocation()
    tool_version: str = VERSION


def to_provenance(digest: str, name: str, making: Making) -> str:
    """The provenance of the image with `digest`, made by the program itself on whatever machine it ran.

    What was made alike has the same provenance but for the times of its invocation.
    """
    times = {"startedOn": making.invocation.started, "finishedOn": making.invocation.finished}
    kind, outside, inside = BUILD_TYPE, dict[str, Any](), dict[str, Any]()
    tools = {"barehull": making.tool_version}
    if lock := making.lock:
        inside = {"recipe": lock.recipe, "debian": lock.debian, "platform": lock.platform}
    if run := making.engine:
        kind, inside = ENGINE_BUILD_TYPE, {"platform": run.platform}
        outside = {"dockerfile": run.dockerfile, "target": run.target, "buildArguments": list(run.build_args)}
        tools[run.program] = run.version or UNKNOWN
    listed = [{"name": path, "digest": _sha256(making.inputs[path])} for path in sorted(making.inputs)]
    predicate = {
        "buildDefinition": {
            "buildType": kind,
            "externalParameters": {"application": name, "inputs": listed, **outside},
            "internalParameters": inside,
            "resolvedDependencies": _resolved(making),
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": tools},
            "metadata": {key: time for key, time in times.items() if time},
        },
    }
    return statement(digest, name, PREDICATE, predicate)


def _resolved(making: Making) -> list[dict[str, Any]]:
    found = _dependencies(making.lock) if making.lock else []
    if making.engine:
        found.append({"name": making.engine.dockerfile, "digest": {"sha256": making.engine.sha256}})
    if making.sources:
        notes = {"barehull:files": len(making.sources)}
        found.append({"name": SOURCES, "digest": _sha256(_as_sha256sum(making.sources)), "annotations": notes})
    return found


def _as_sha256sum(sources: Iterable[tuple[str, str]]) -> bytes:
    """What the program sha256sum prints of the files in the order of their paths: anyone can make it again."""
    lines = (f"{sha256}  {path}\n" for path, sha256 in sorted(sources))
    return "".join(lines).encode("utf-8", "surrogateescape")


def _dependencies(lock: Lock) -> list[dict[str, Any]]:
    described = [{"name": "barehull.lock", "digest": _sha256(to_json(lock).encode())}]
    described += [
        {"name": f"{suite.archive}/dists/{suite.suite}/InRelease", "digest": {"sha256": suite.sha256}}
        for suite in sorted(lock.suites)
    ]
    if lock.base:
        described.append(_base(lock.base))
    described += [_deb(deb, lock.debian) for deb in sorted((*lock.debs, *lock.tools))]
    return described + [_wheel(wheel) for wheel in sorted(lock.wheels)]


def _base(base: LockedBase) -> dict[str, Any]:
    """The image that it is built on, and who was found to have signed that."""
    kind, _, digest = base.digest.partition(":")
    notes = {"barehull:signer": base.signer or UNVERIFIED, "barehull:manifest": base.manifest}
    uri = {}
    if (name := registry_name(base.name)) is not None:
        qualifiers = {"repository_url": f"{name.registry}/{name.repository}", "tag": name.tag}
        found = {key: value for key, value in qualifiers.items() if value}
        uri["uri"] = PackageURL("oci", None, name.repository.rpartition("/")[2], base.digest, found).to_string()
    return {**uri, "name": base.name, "digest": {kind: digest}, "annotations": notes}


def _deb(deb: LockedDeb, debian: int) -> dict[str, Any]:
    qualifiers = {"arch": deb.architecture, "distro": f"debian-{debian}"}
    purl = PackageURL("deb", "debian", deb.name, deb.version, qualifiers).to_string()
    return {"uri": purl, "name": f"{deb.archive}/{deb.path}", "digest": {"sha256": deb.sha256}}


def _wheel(wheel: LockedWheel) -> dict[str, Any]:
    purl = PackageURL("pypi", None, wheel.name, wheel.version).to_string()
    return {"uri": purl, "name": wheel.file, "digest": {"sha256": wheel.sha256}}


def _sha256(content: bytes) -> dict[str, str]:
    return {"sha256": hashlib.sha256(content).hexdigest()}
