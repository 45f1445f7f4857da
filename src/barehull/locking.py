"""Step 2 of a release: what exactly goes into an image, of what there is now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from barehull.application.config import RuntimeSettings
from barehull.application.model import Application
from barehull.base.contents import provided, read_contents
from barehull.base.pull import find_base
from barehull.build import python as language
from barehull.core.progress import Progress
from barehull.core.version import VERSION
from barehull.debian.archive import Archive, open_archive
from barehull.debian.mirror import Mirror
from barehull.files import Store
from barehull.lock import Lock, LockedDeb
from barehull.net import Fetcher
from barehull.oci.rootfs import Rootfs
from barehull.runtime.additions import Present, additions
from barehull.runtime.compiler import resolve_tools, tools_for
from barehull.runtime.recipe import Recipe
from barehull.runtime.resolve import locked, locked_suites, resolve
from barehull.runtime.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Sources:
    """Where packages come from, and the time that their signatures must hold at."""

    mirror: Mirror
    fetcher: Fetcher
    store: Store
    now: datetime
    progress: Progress

    def archive(self, settings: RuntimeSettings, architecture: str) -> Archive:
        """The archive of the settings' Debian for an architecture ("amd64"). Errors: those of `open_archive`."""
        return open_archive(
            self.mirror,
            settings.debian,
            architecture,
            self.fetcher,
            self.store,
            self.now,
            suites=settings.suites or None,
            progress=self.progress,
        )

    def shelf(self, architecture: str) -> Shelf:
        """Where packages are looked into."""
        return Shelf(self.mirror, self.fetcher, self.store, architecture, self.progress)


def lock_recipe(application: Application, recipe: Recipe, inputs: str, sources: Sources) -> Lock:
    """The newest packages that the archive signs for, and the wheels that the application asks for."""
    settings = application.runtime
    architecture = settings.platform.partition("/")[2]
    archive = sources.archive(settings, architecture)
    debs = resolve(recipe, archive, settings.packages, sources.shelf(architecture))
    sources.progress(f"resolving {len(application.requirements)} requirements for Python {recipe.python}")
    wheels = language.lock_dependencies(application, recipe.python, architecture, sources.store)
    return Lock(
        tool_version=VERSION,
        platform=settings.platform,
        recipe=recipe.name,
        debian=recipe.debian,
        suites=locked_suites(archive),
        debs=debs,
        wheels=wheels,
        inputs=inputs,
        tools=resolve_tools(
            debs,
            recipe.python if recipe.bytecode else "",
            archive,
            lambda kind: sources.archive(settings, kind),
        ),
    )


def lock_base(application: Application, inputs: str, sources: Sources) -> Lock:
    """What the base's name means now, the packages and wheels on top of it, and the Python that compiles for it.

    Errors: those of `find_base`, `read_contents` and `additions`.
    """
    platform = application.runtime.platform
    architecture = platform.partition("/")[2]
    base = find_base(application.runtime, application.lock.parent, sources.store, sources.progress)
    with Rootfs.of(base.image, sources.store) as rootfs:
        contents = read_contents(rootfs, base.locked.name)
        present = Present(contents.packages, provided(rootfs, architecture))
    # The base says which Debian it is, whatever the settings' default.
    settings = replace(application.runtime, debian=contents.debian)
    sources.progress(f"resolving {len(application.requirements)} requirements for Python {contents.python}")
    wheels = language.lock_dependencies(
        replace(application, runtime=settings), contents.python, architecture, sources.store
    )
    archive = sources.archive(settings, architecture)
    return Lock(
        tool_version=VERSION,
        platform=platform,
        recipe="",
        debian=contents.debian,
        suites=locked_suites(archive),
        debs=_on_top(settings, present, archive, sources),
        wheels=wheels,
        inputs=inputs,
        tools=tools_for(contents.python, contents.debian, archive, lambda kind: sources.archive(settings, kind)),
        base=base.locked,
    )


def _on_top(settings: RuntimeSettings, present: Present, archive: Archive, sources: Sources) -> tuple[LockedDeb, ...]:
    """The packages that are asked for and are not in the base, with what their files need and it lacks."""
    names = [name for name in settings.packages if name not in present.names]
    if not names:
        return ()
    return tuple(map(locked, additions((), names, archive, sources.shelf(archive.architecture), present)))
