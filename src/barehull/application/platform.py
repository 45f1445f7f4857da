"""An application for another platform than its configuration names."""

from __future__ import annotations

from dataclasses import replace

from barehull.application.config import PLATFORMS
from barehull.application.model import Application
from barehull.core.errors import UsageError


def for_platform(application: Application, platform: str) -> Application:
    """The application for `platform` ("linux/arm64"; "" is the configuration's).

    Errors: UsageError for a platform that nothing is built for.
    """
    if platform in ("", application.runtime.platform):
        return application
    if platform not in PLATFORMS:
        raise UsageError(f"the platform {platform[:80]!r} is not known", advice=f"There are: {', '.join(PLATFORMS)}.")
    return replace(application, runtime=replace(application.runtime, platform=platform))
