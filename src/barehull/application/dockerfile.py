"""A folder whose Dockerfile an engine builds: nothing of it has to be understood but its configuration."""

from __future__ import annotations

import re
from pathlib import Path

from barehull.application.config import FILE_NAME, Settings, read_settings
from barehull.application.model import Application
from barehull.core.errors import InputError

_NAME = re.compile(r"[^a-z0-9._-]+")


def read_dockerfile_application(folder: Path, configuration: Path | None = None) -> Application:
    """The application in `folder` by its name, platform and policy; all else is the Dockerfile's.

    Errors: InputError without the folder, and those of `read_settings`.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", advice="Name the folder of the application.")
    path = configuration or folder / FILE_NAME
    settings = read_settings(path) if configuration or path.exists() else Settings()
    return Application(
        name=settings.application.name or _NAME.sub("-", folder.resolve().name.lower()).strip("-") or "application",
        folder=folder,
        language="",
        requirements=(),
        sources=(),
        entrypoint=(),
        origin="Dockerfile",
        env=(),
        ports=(),
        runtime=settings.runtime,
        policy=settings.policy,
        lock=path.with_suffix(".lock"),
    )
