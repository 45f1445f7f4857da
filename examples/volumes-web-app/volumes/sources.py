"""Where volumes are read from: a JSON file, or the Kubernetes API by plain HTTP (as `kubectl proxy` serves it)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote
from urllib.request import urlopen

EXAMPLES = Path(__file__).parent / "volumes.json"
TIMEOUT = 5  # seconds


@dataclass(frozen=True)
class Volume:
    """One PersistentVolumeClaim, as far as the page shows it."""

    name: str
    namespace: str
    size: str
    mode: str
    storage_class: str
    status: str


class Source(Protocol):
    def volumes(self, namespace: str) -> list[Volume]: ...


@dataclass(frozen=True)
class FileSource:
    """Volumes from a file with a PersistentVolumeClaimList."""

    path: Path

    def volumes(self, namespace: str) -> list[Volume]:
        listed = (volume(item) for item in json.loads(self.path.read_text())["items"])
        return [each for each in listed if each.namespace == namespace]


@dataclass(frozen=True)
class KubernetesSource:
    """Volumes from the Kubernetes API at `address`, e.g. http://127.0.0.1:8001."""

    address: str

    def volumes(self, namespace: str) -> list[Volume]:
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/persistentvolumeclaims"
        with urlopen(self.address.rstrip("/") + path, timeout=TIMEOUT) as response:
            return [volume(item) for item in json.load(response)["items"]]


def volume(item: Mapping[str, Any]) -> Volume:
    """A PersistentVolumeClaim's JSON as a Volume."""
    spec, metadata = item["spec"], item["metadata"]
    return Volume(
        name=metadata["name"],
        namespace=metadata["namespace"],
        size=spec["resources"]["requests"]["storage"],
        mode=", ".join(spec.get("accessModes", [])),
        storage_class=spec.get("storageClassName", ""),
        status=item.get("status", {}).get("phase", "Unknown"),
    )


def from_environment() -> Source:
    """KUBERNETES_API's cluster where it is set, else the file VOLUMES_FILE, else the examples."""
    if address := os.environ.get("KUBERNETES_API"):
        return KubernetesSource(address)
    return FileSource(Path(os.environ.get("VOLUMES_FILE", EXAMPLES)))
