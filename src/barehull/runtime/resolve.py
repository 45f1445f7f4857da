"""A recipe's packages, each in the newest version that the archive has -> what is locked."""

from __future__ import annotations

from collections.abc import Sequence

from barehull.core.errors import InputError
from barehull.debian.archive import Archive
from barehull.debian.closure import closure
from barehull.debian.index import Package
from barehull.lock import LockedDeb, LockedSuite
from barehull.runtime.additions import Packages, additions
from barehull.runtime.recipe import Recipe


def resolve(recipe: Recipe, archive: Archive, extra: Sequence[str], packages: Packages) -> tuple[LockedDeb, ...]:
    """The packages of `recipe` and `extra`, in the order of their layers.

    A minimal recipe's list is explicit, as distroless' is: dependencies on shells and configuration tools are left out
    on purpose, and the proof of the finished image shows that nothing is missing. What `extra` needs on top of it is
    found by looking into `packages`. Errors: InputError when something is not to be had, those of `additions`.
    """
    if recipe.closure:
        return tuple(locked(package) for package in closure(archive, [*recipe.packages, *extra], essential=True))
    missing = [name for name in recipe.packages if name not in archive.packages]
    if missing:
        suites = ", ".join(release.suite for release in archive.releases)
        raise InputError(
            f"{', '.join(missing)}: not in {suites} for {archive.architecture}", advice="Use a mirror that is whole."
        )
    base = [archive.packages[name] for name in recipe.packages]
    added = additions(base, extra, archive, packages) if extra else ()
    return tuple(locked(package) for package in (*base, *added))


def locked_suites(archive: Archive) -> tuple[LockedSuite, ...]:
    """The signed Release files that the archive was opened from."""
    return tuple(
        LockedSuite(release.archive, release.suite, release.date.strftime("%Y-%m-%dT%H:%M:%SZ"), release.sha256)
        for release in archive.releases
    )


def locked(package: Package) -> LockedDeb:
    """A package of an archive as it is locked."""
    return LockedDeb(
        name=package.name,
        version=package.version,
        architecture=package.architecture,
        source=package.source,
        source_version=package.source_version,
        archive=package.archive,
        suite=package.suite,
        path=package.path,
        sha256=package.sha256,
        size=package.size,
    )
