"""What is known of an application before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from barehull.application.config import RuntimeSettings
from barehull.application.policy import PolicySettings


@dataclass(frozen=True, slots=True)
class Requirement:
    """One dependency as it is written, and where: "requirements.txt:3"."""

    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Application:
    """An application's folder, understood.

    `sources` are its files, relative to `folder`, sorted. `entrypoint` is the command as it runs in the image, `origin`
    where it was found. `lock` is the path of the lock beside the configuration. `env` is what the application sets.
    """

    name: str
    folder: Path
    language: str
    requirements: tuple[Requirement, ...]
    sources: tuple[str, ...]
    entrypoint: tuple[str, ...]
    origin: str
    env: tuple[tuple[str, str], ...]
    ports: tuple[int, ...]
    runtime: RuntimeSettings
    policy: PolicySettings
    lock: Path
