"""What a language's build gives."""

from __future__ import annotations

from dataclasses import dataclass

from barehull.oci.model import Layer


@dataclass(frozen=True, slots=True)
class Contribution:
    """What an application adds to its runtime: layers, lowest first, and how it runs."""

    layers: tuple[Layer, ...]
    entrypoint: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    working_dir: str
    ports: tuple[int, ...]
