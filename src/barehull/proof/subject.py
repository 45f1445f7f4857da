"""What a proof looks at: an image's files and how the image runs."""

from __future__ import annotations

from dataclasses import dataclass

from barehull.oci.model import Config
from barehull.oci.rootfs import Rootfs


@dataclass(frozen=True, slots=True)
class Subject:
    """The merged files of an image and its configuration."""

    rootfs: Rootfs
    config: Config

    @property
    def env(self) -> dict[str, str]:
        """The environment that the image sets."""
        return dict(self.config.env)

    @property
    def working_dir(self) -> str:
        """The working directory without leading slash; "" is the root."""
        return self.config.working_dir.strip("/")
