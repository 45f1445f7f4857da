"""Go programs: the modules that the linker writes into each (`go version -m` shows the same), and Go's own libraries.

The blob is found as Go's debug/buildinfo does it, so that section headers are not needed, in both forms: strings behind
the header since Go 1.18, pointers to strings before. A version that advisories cannot be asked about, that of a program
built from a folder ("(devel)") or of a module replaced by one, is shown and is no `source_version`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packageurl import PackageURL

from barehull.inventory.catalogue import Catalogue
from barehull.inventory.model import Component, Gap
from barehull.inventory.reading.go_buildinfo import GO_BUILD, GoBuild, GoModule
from barehull.inventory.reading.machine_code import by_content
from barehull.oci.rootfs import Rootfs

ECOSYSTEM = "Go"
_RELEASE = re.compile(r"go(\d+)\.(\d+)(?:\.(\d+))?(?:(rc|beta)(\d+))?(?![\d.])")
_VERSION = re.compile(r"v\d+\.\d+\.\d+(?:[-+].*)?")
_OF_A_FOLDER = ("", "(devel)")  # what stands for the version of a replacement that is a folder
_TOOLCHAIN = "cmd/"  # import paths of Go's own commands, which are no module


def catalogue(rootfs: Rootfs) -> Catalogue:
    """The modules in Go programs and Go libraries."""
    components: list[Component] = []
    gaps: list[Gap] = []
    identified: list[str] = []
    whole: list[str] = []
    for build, paths in by_content(rootfs.facts(GO_BUILD)):
        if build.broken:
            gaps += (Gap(path, f"its Go build information cannot be read: {build.broken}") for path in paths)
            continue
        components += _components(build, paths)
        if build.path or build.modules:
            identified += paths
            whole += paths if build.pure else ()
    return Catalogue(tuple(components), gaps=tuple(gaps), identified=tuple(identified), whole=tuple(whole))


def _components(build: GoBuild, paths: tuple[str, ...]) -> Iterator[Component]:
    """What is in the program, its own module first."""
    for module in build.modules:
        yield from _of_module(module, paths)
    shown = build.version.split(" ")[0].removeprefix("go")
    yield _component("stdlib", shown, _release(build.version), paths)
    if build.path.startswith(_TOOLCHAIN):
        yield _component("toolchain", shown, _release(build.version), paths)


def _of_module(module: GoModule, paths: tuple[str, ...]) -> Iterator[Component]:
    if not module.replacement:
        yield _component(module.path, module.version, _asked(module.version), paths)
        return
    by = None
    if module.replacement_version not in _OF_A_FOLDER:
        by = _component(module.replacement, module.replacement_version, _asked(module.replacement_version), paths)
        yield by
    if by is None or module.replacement != module.path:
        # Another module in its place, or a folder: which of its vulnerabilities are in there nobody can tell.
        yield _component(module.path, "", "", paths, vendored_in=by.purl if by else "")


def _component(name: str, version: str, asked: str, paths: tuple[str, ...], vendored_in: str = "") -> Component:
    purl = go_purl(name, version)
    return Component(purl, name, version, ECOSYSTEM, name, asked, paths, vendored_in)


def go_purl(module: str, version: str) -> str:
    """The purl of a module as Syft writes it: what follows the third part of a path is a subpath."""
    parts = module.strip("/").split("/")
    path = "/".join(parts[3:]) or None
    return PackageURL("golang", "/".join(parts[:3][:-1]), parts[:3][-1], version or None, None, path).to_string()


def _asked(version: str) -> str:
    """A module's version as advisories have it, "" where it is none."""
    return version.removeprefix("v") if _VERSION.fullmatch(version) else ""


def _release(version: str) -> str:
    """Go's version in the order of its advisories: "go1.21rc2" is 1.21.0-rc.2; vendors' suffixes are builds of it."""
    match = _RELEASE.match(version)
    if match is None:  # of a development tree: "devel go1.26-0a1b2c3 ..."
        return ""
    before = f"-{match[4]}.{match[5]}" if match[4] else ""
    return f"{match[1]}.{match[2]}.{match[3] or 0}{before}"
