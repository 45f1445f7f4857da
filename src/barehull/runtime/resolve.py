"""A recipe's packages, each in the newest version that the archive has -> what is locked."""

from __future__ import annotations

from collections.abc import Iterable

from barehull.core.errors import InputError
from barehull.debian.archive import Archive
from barehull.debian.closure import closure
from barehull.debian.index import Package
from barehull.lock import LockedDeb, LockedSuite
from barehull.runtime.recipe import Recipe


def resolve(recipe: Recipe, archive: Archive, extra: Iterable[str] = ()) -> tuple[LockedDeb, ...]:
    """The packages of `recipe` and `extra`, in the order of their layers.

    A minimal recipe's list is explicit, as distroless' is: dependencies on shells and configuration tools are left out
    on purpose, and the proof of the finished image shows that nothing is missing. InputError when one is not to be had.
    """
    extra = tuple(extra)
    if recipe.closure:
        return tuple(_locked(package) for package in closure(archive, [*recipe.packages, *extra], essential=True))
    if extra:
        raise InputError(
            f"the runtime {recipe.name!r} takes no further packages yet: {', '.join(extra)}",
            advice="Leave `packages` out of [runtime], or use the runtime `debian`.",
        )
    missing = [name for name in recipe.packages if name not in archive.packages]
    if missing:
        suites = ", ".join(release.suite for release in archive.releases)
        raise InputError(
            f"{', '.join(missing)}: not in {suites} for {archive.architecture}", advice="Use a mirror that is whole."
        )
    return tuple(_locked(archive.packages[name]) for name in recipe.packages)


def locked_suites(archive: Archive) -> tuple[LockedSuite, ...]:
    """The signed Release files that the archive was opened from."""
    return tuple(
        LockedSuite(release.archive, release.suite, release.date.strftime("%Y-%m-%dT%H:%M:%SZ"), release.sha256)
        for release in archive.releases
    )


def _locked(package: Package) -> LockedDeb:
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
