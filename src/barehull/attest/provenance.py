"""How an image came about: an in-toto statement with SLSA's provenance v1 as predicate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packageurl import PackageURL

from barehull.attest.statement import statement
from barehull.base.pull import registry_name
from barehull.lock import Lock, LockedBase, LockedDeb, LockedWheel, to_json

PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://github.com/barehull/barehull/attest/build/v1"
UNVERIFIED = "unverified"
BUILDER = "https://github.com/barehull/barehull/attest/builder/local"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run: when it began and ended (ISO 8601 UTC), "" where that is not said, so that runs can be compared."""

    started: str = ""
    finished: str = ""


def to_provenance(
    digest: str, name: str, lock: Lock, inputs: Mapping[str, bytes], invocation: Invocation | None = None
) -> str:
    """The provenance of the image with `digest`, made by the program itself on whatever machine it ran.

    `inputs` are the files beside the application that said what to build, by name, e.g. barehull.toml and Dockerfile.
    """
    run = invocation or Invocation()
    times = {"startedOn": run.started, "finishedOn": run.finished}
    predicate = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "application": name,
                "inputs": [{"name": path, "digest": _sha256(inputs[path])} for path in sorted(inputs)],
            },
            "internalParameters": {"recipe": lock.recipe, "debian": lock.debian, "platform": lock.platform},
            "resolvedDependencies": _dependencies(lock),
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": {"barehull": lock.tool_version}},
            "metadata": {key: time for key, time in times.items() if time},
        },
    }
    return statement(digest, name, PREDICATE, predicate)


def _dependencies(lock: Lock) -> list[dict[str, Any]]:
    described = [{"name": "barehull.lock", "digest": _sha256(to_json(lock).encode())}]
    described += [
        {"name": f"{suite.archive}/dists/{suite.suite}/InRelease", "digest": {"sha256": suite.sha256}}
        for suite in sorted(lock.suites)
    ]
    if lock.base:
        described.append(_base(lock.base))
    described += [_deb(deb, lock.debian) for deb in sorted(lock.debs)]
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
